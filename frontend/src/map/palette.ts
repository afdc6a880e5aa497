const NAMES = ['span', 'proposed', 'full', 'over', 'route-1', 'route-2', 'shared', 'risk', 'site', 'words', 'halo', 'grid', 'town', 'chosen'] as const

/** The map's colours of the theme in force, as the canvas takes them. */
export type Palette = Record<(typeof NAMES)[number], string>

/** Read the `--map-…` colours that hold at an element; a probe turns `light-dark()` into the one that counts. */
export function readPalette(near: HTMLElement): Palette {
  const probe = near.appendChild(document.createElement('i'))
  const colour = (name: string) => {
    probe.style.color = `var(--map-${name})`
    return getComputedStyle(probe).color
  }
  const palette = Object.fromEntries(NAMES.map((name) => [name, colour(name)])) as Palette
  probe.remove()
  return palette
}

/** Call back whenever the theme changes, by the switch or by the system. Returns how to stop. */
export function onThemeChange(callback: () => void): () => void {
  const system = matchMedia('(prefers-color-scheme: dark)')
  const watcher = new MutationObserver(callback)
  watcher.observe(document.documentElement, { attributeFilter: ['data-bs-theme'] })
  system.addEventListener('change', callback)
  return () => {
    watcher.disconnect()
    system.removeEventListener('change', callback)
  }
}
