/** Tables whose rows become cards on a telephone: each cell is told its heading, and the roles that `display` takes away. */
export function labelStackedTables(within: ParentNode): void {
  for (const table of within.querySelectorAll<HTMLTableElement>('table.table--stack')) {
    const headings = [...(table.tHead?.rows[0]?.cells ?? [])].map((heading) => heading.textContent.trim())
    table.setAttribute('role', 'table')
    for (const part of table.querySelectorAll('thead, tbody, tfoot')) part.setAttribute('role', 'rowgroup')
    for (const row of table.rows) labelCells(row, headings)
  }
}

function labelCells(row: HTMLTableRowElement, headings: string[]): void {
  row.setAttribute('role', 'row')
  let column = 0
  for (const cell of row.cells) {
    if (cell.tagName === 'TD') cell.dataset.label = headings[column] ?? ''
    cell.setAttribute('role', cell.tagName === 'TD' ? 'cell' : cell.scope === 'row' ? 'rowheader' : 'columnheader')
    column += cell.colSpan
  }
}
