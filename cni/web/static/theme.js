// Runs before the first paint, so that a chosen appearance never flashes. Without a choice the system's setting holds.
try {
  const chosen = localStorage.getItem('cni-theme')
  if (chosen === 'light' || chosen === 'dark') document.documentElement.dataset.bsTheme = chosen
} catch { /* storage may be forbidden: the system's setting holds */ }
