import { type Plant, type SiteFacts, type SpanFacts, capitalised, facts, isSite, metres, siteKindWords } from './plant'

const INVITATION = 'Choose a site or a span on the map, or find one by name.'

/** Acts that the page offers on a chosen site, such as "From here". */
export interface SiteAct { words: string; act: (code: string) => void }

/** A link that the page offers on what is chosen: its words, and the start of its address, which the thing's kind and code end. */
export interface CutLink { words: string; url: string }

/** The panel that says in words what is chosen; it is read out when it changes. */
export class Details {
  readonly element = document.createElement('div')

  constructor(private readonly siteAct: SiteAct[], private readonly nameOf: (code: string) => string, private readonly cut: CutLink | null, private readonly marksOf: (feature: Plant) => string[]) {
    this.element.className = 'map-details'
    this.element.setAttribute('aria-live', 'polite')
    this.clear()
  }

  clear(): void {
    this.element.replaceChildren(paragraph(INVITATION, 'muted'))
  }

  show(feature: Plant): void {
    if (isSite(feature)) this.showSite(facts<SiteFacts>(feature))
    else this.showSpan(facts<SpanFacts>(feature))
    this.tellMarks(this.marksOf(feature))
    this.offerCuts(feature)
  }

  private showSite(site: SiteFacts): void {
    this.fill(site.name, [['Site', site.code], ['Kind', siteKindWords(site.kind)], ['Status', capitalised(site.status)], ['Owner', site.owner]], site.url)
    if (this.siteAct.length === 0) return
    const acts = document.createElement('p')
    acts.className = 'actions'
    for (const { words, act } of this.siteAct) acts.append(button(words, () => act(site.code)))
    this.element.append(acts)
  }

  private showSpan(span: SpanFacts): void {
    const pairs = span.free_pairs === null ? 'Not disclosed' : `${span.free_pairs} of ${span.offered_pairs} offered`
    this.fill(`${this.nameOf(span.a)} – ${this.nameOf(span.z)}`, [
      ['Span', span.code], ['Length', `${metres(span.length_m)}${span.length_basis ? `, ${span.length_basis.replaceAll('_', '-')}` : ''}`],
      ['Status', capitalised(span.status)], ['Free pairs', pairs], ['Fibre', span.fibre_owner], ['Duct', span.duct_owner || span.fibre_owner],
      ['Risk groups', span.risks.join(', ') || 'None recorded'],
    ], span.url)
  }

  private tellMarks(marks: string[]): void {
    const list = this.element.querySelector('dl')
    for (const words of marks) list?.append(part('dt', 'Marked'), part('dd', words))
  }

  /** Links that take it, or a risk group it is in, out of service. */
  private offerCuts(feature: Plant): void {
    if (!this.cut) return
    const { words, url } = this.cut
    const { code, risks = [], risk_codes = [] } = facts<SpanFacts>(feature)
    const offer = (kind: string, id: string, name: string) => this.element.append(link(`${url}${kind}:${encodeURIComponent(id)}`, `${words} ${name}`))
    offer(isSite(feature) ? 'site' : 'span', code, isSite(feature) ? 'this site' : 'this span')
    risk_codes.forEach((id, index) => offer('risk', id, risks[index] ?? id))
  }

  private fill(title: string, rows: [string, string][], url?: string): void {
    const list = document.createElement('dl')
    for (const [name, value] of rows) {
      list.append(part('dt', name), part('dd', value))
    }
    this.element.replaceChildren(paragraph(title, 'map-details-title'), list, ...(url ? [link(url, `Open ${title}`)] : []))
  }
}

function part(tag: string, words: string): HTMLElement {
  const element = document.createElement(tag)
  element.textContent = words
  return element
}

function paragraph(words: string, kind: string): HTMLParagraphElement {
  const element = document.createElement('p')
  element.className = kind
  element.textContent = words
  return element
}

function link(url: string, words: string): HTMLElement {
  const holder = document.createElement('p')
  const anchor = document.createElement('a')
  anchor.href = url
  anchor.textContent = words
  holder.append(anchor)
  return holder
}

export function button(words: string, act: () => void): HTMLButtonElement {
  const element = document.createElement('button')
  element.type = 'button'
  element.className = 'btn btn-secondary'
  element.textContent = words
  element.addEventListener('click', act)
  return element
}
