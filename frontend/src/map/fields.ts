/** A form field by id; the page may do without it. */
export function field(id: string | undefined): HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement | null {
  return id ? document.getElementById(id) as HTMLInputElement | null : null
}

/** Set a field as if the person had: those who listen hear of it. */
export function enter(id: string | undefined, value: string): void {
  const target = field(id)
  if (!target || target.value === value) return
  target.value = value
  target.dispatchEvent(new Event('input', { bubbles: true }))
  target.dispatchEvent(new Event('change', { bubbles: true }))
}

/** Two fields that hold the codes of a first and a second site; clicks on sites fill them in turn. */
export class SitePair {
  constructor(private readonly fromId: string | undefined, private readonly toId: string | undefined) {}

  get from(): string { return field(this.fromId)?.value ?? '' }
  get to(): string { return field(this.toId)?.value ?? '' }

  /** A route leads somewhere else: the site leaves the other field. */
  setFrom(code: string): void {
    if (code && code === this.to) enter(this.toId, '')
    enter(this.fromId, code)
  }

  setTo(code: string): void {
    if (code && code === this.from) enter(this.fromId, '')
    enter(this.toId, code)
  }

  /** First the one, then the other; a third click starts again. */
  choose(code: string): void {
    if (!this.from || (this.from && this.to)) {
      this.setFrom(code)
      this.setTo('')
    } else if (code !== this.from) this.setTo(code)
  }

  onChange(callback: () => void): void {
    for (const id of [this.fromId, this.toId]) field(id)?.addEventListener('change', callback)
  }
}
