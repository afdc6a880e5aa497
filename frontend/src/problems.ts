const SEEN = 'seen'

/** Move the focus to a new error summary, so that it is read out and its links are one Tab away. */
export function focusFirstProblem(root: ParentNode): void {
  const summary = root.querySelector<HTMLElement>(`[data-focus]:not([data-focus='${SEEN}'])`)
  if (!summary) return
  summary.dataset.focus = SEEN
  summary.focus()
}
