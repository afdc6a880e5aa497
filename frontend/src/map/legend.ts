import { type MarkData, markKey } from './marks'
import { type Drawn, type Plant, type RouteFacts, type SiteFacts, type SpanFacts, facts, isFull, isSite, siteKindWords } from './plant'

const SHAPES: Record<string, string> = {
  data_centre: '<rect class="full" x="4" y="4" width="12" height="12"/>',
  exchange: '<path class="full" d="M10 2l8 8-8 8-8-8z"/>',
  cabinet: '<rect class="hollow" x="5" y="5" width="10" height="10"/>',
  building_entry: '<path class="full" d="M10 3l7 13H3z"/>',
  mast: '<path class="hollow" d="M10 4l6 11H4z"/>',
  street_furniture: '<circle class="hollow" cx="10" cy="10" r="4"/>',
}
const CHAMBER = '<circle class="full" cx="10" cy="10" r="5"/>'

/** What the map shows, in words: only what is really on it. `tiled` are the kinds of site in its tiles, if it has any. */
export function legend({ plant, routes, blocked }: Drawn, marks: MarkData | null, tiled: string[] = []): HTMLElement {
  const box = document.createElement('details')
  box.className = 'map-legend'
  box.open = matchMedia('(min-width: 48rem)').matches
  box.innerHTML = `<summary>Key</summary><ul>${[...markKeys(marks), ...routeKeys(routes), ...blockedKeys(blocked), ...spanKeys(plant), ...(tiled.length ? [line('span', 'Span')] : []), ...siteKeys(plant, tiled)].join('')}</ul>`
  return box
}

function line(kind: string, words: string): string {
  return `<li><svg viewBox="0 0 32 20" width="32" height="20" aria-hidden="true"><path class="line line--${kind}" d="M2 10h28"/></svg>${words}</li>`
}

/** A kind that is on spans and on sites has a key for each. */
function markKeys(marks: MarkData | null): string[] {
  const used = (marked: Record<string, string[]> = {}) => new Set(Object.values(marked).flat())
  const [spans, sites] = [used(marks?.spans), used(marks?.sites)]
  for (const { kind } of marks?.lines ?? []) spans.add(kind)
  const key = (kind: string, words: string, onSites: boolean) => `<li>${markKey(kind, onSites)}${escaped(words)}</li>`
  return (marks?.kinds ?? []).flatMap(({ kind, words }) => [
    ...(spans.has(kind) ? [key(kind, words, false)] : []),
    ...(sites.has(kind) ? [key(kind, words, true)] : []),
  ])
}

function routeKeys(routes: Plant[]): string[] {
  const shown = routes.map((feature) => facts<RouteFacts>(feature))
  return [
    ...(shown.some(({ route }) => route === 1) ? [line('route-1', 'Route 1')] : []),
    ...(shown.some(({ route }) => route === 2) ? [line('route-2', 'Route 2')] : []),
    ...(shown.some(({ shared }) => shared.length)
      ? ['<li><svg viewBox="0 0 32 20" width="32" height="20" aria-hidden="true"><path class="shared" d="M16 2l10 17H6z"/></svg>Shared by both routes</li>'] : []),
  ]
}

function blockedKeys(blocked: Plant[]): string[] {
  return [
    ...(blocked.some((feature) => !isSite(feature)) ? [line('blocked', 'Span in the way')] : []),
    ...(blocked.some(isSite)
      ? ['<li><svg viewBox="0 0 32 20" width="32" height="20" aria-hidden="true"><circle class="ring" cx="16" cy="10" r="7.5"/></svg>Site in the way</li>'] : []),
  ]
}

function spanKeys(plant: Plant[]): string[] {
  const spans = plant.filter((feature) => !isSite(feature)).map((feature) => facts<SpanFacts>(feature))
  const live = spans.filter(({ status }) => status === 'live')
  return [
    ...(live.some((span) => !isFull(span)) ? [line('span', 'Span')] : []),
    ...(live.some(isFull) ? [line('full', 'Span, no free pair')] : []),
    ...(spans.some(({ status }) => status === 'proposed') ? [line('proposed', 'Span, proposed')] : []),
    ...(spans.some(({ status }) => status !== 'live' && status !== 'proposed') ? [line('over', 'Span, no longer live')] : []),
  ]
}

function siteKeys(plant: Plant[], tiled: string[]): string[] {
  const kinds = new Set([...tiled, ...plant.filter(isSite).map((feature) => facts<SiteFacts>(feature).kind)])
  return [...kinds].sort().map((kind) =>
    `<li><svg viewBox="0 0 20 20" width="32" height="20" aria-hidden="true">${SHAPES[kind] ?? CHAMBER}</svg>${escaped(siteKindWords(kind))}</li>`)
}

/** Words of the data as text, never as markup. */
export function escaped(words: string): string {
  const holder = document.createElement('i')
  holder.textContent = words
  return holder.innerHTML
}

