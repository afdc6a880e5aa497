/** Close `<details data-closes>` on Escape and on a click elsewhere, as people expect of a menu. */
export function closeMenusFromOutside(): void {
  const open = () => document.querySelectorAll<HTMLDetailsElement>('details[data-closes][open]')
  document.addEventListener('click', (event) => {
    for (const menu of open()) if (!menu.contains(event.target as Node)) menu.open = false
  })
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape') return
    for (const menu of open()) {
      menu.open = false
      menu.querySelector('summary')?.focus()
    }
  })
}
