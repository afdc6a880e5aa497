/** Tabs that scroll sideways: the current one is brought into view, and the page stays where it is. */
export function showCurrentTab(within: ParentNode): void {
  for (const tab of within.querySelectorAll<HTMLElement>('.tabs [aria-current]')) {
    const row = tab.closest<HTMLElement>('.tabs')!
    const beyond = tab.getBoundingClientRect().right - row.getBoundingClientRect().right
    if (beyond > 0) row.scrollLeft += beyond
  }
}
