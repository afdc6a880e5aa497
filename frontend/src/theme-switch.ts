const KEY = 'cni-theme'
type Theme = 'light' | 'dark' | 'system'

/** Show the appearance choice (it needs a script, so it is hidden until now) and obey it. `static/theme.js` reads it back. */
export function offerThemes(): void {
  for (const fieldset of document.querySelectorAll<HTMLFieldSetElement>('[data-theme-switch]')) {
    fieldset.hidden = false
    for (const choice of fieldset.querySelectorAll<HTMLInputElement>('input')) {
      choice.checked = choice.value === current()
      choice.addEventListener('change', () => choose(choice.value as Theme))
    }
  }
}

function current(): Theme {
  return (document.documentElement.dataset.bsTheme as Theme | undefined) ?? 'system'
}

function choose(theme: Theme): void {
  if (theme === 'system') delete document.documentElement.dataset.bsTheme
  else document.documentElement.dataset.bsTheme = theme
  try {
    localStorage.setItem(KEY, theme)
  } catch {
    // Storage may be forbidden: the choice then lasts as long as the page.
  }
}
