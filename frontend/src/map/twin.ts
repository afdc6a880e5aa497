const LIT = 'is-lit'

/** The table that says the same as the map: rows `data-site` or `data-span` light up with their features, and the other way. */
export class TwinTable {
  constructor(private readonly table: HTMLElement | null, private readonly onPoint: (code: string | null) => void) {
    table?.addEventListener('pointerover', (event) => this.point(event.target))
    table?.addEventListener('pointerleave', () => this.onPoint(null))
    table?.addEventListener('focusin', (event) => this.point(event.target))
    table?.addEventListener('focusout', () => this.onPoint(null))
  }

  light(key: string | null): void {
    for (const row of this.table?.querySelectorAll<HTMLElement>('[data-site], [data-span]') ?? []) {
      row.classList.toggle(LIT, key !== null && keyOf(row) === key)
    }
  }

  /** The keys of what the table says blocks a search. */
  blocking(): string[] {
    return [...(this.table?.querySelectorAll<HTMLElement>('[data-blocks]') ?? [])].map(keyOf)
  }

  private point(target: EventTarget | null): void {
    const row = (target as HTMLElement | null)?.closest<HTMLElement>('[data-site], [data-span]')
    if (row) this.onPoint(keyOf(row))
  }
}

const keyOf = (row: HTMLElement) => (row.dataset.site ? `site ${row.dataset.site}` : `span ${row.dataset.span}`)
