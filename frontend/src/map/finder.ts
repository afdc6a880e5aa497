import { type Plant, type SiteFacts, type SpanFacts, facts, isSite, keyOf } from './plant'

let count = 0

/** What may be found: words, and the key of what they stand for. */
export type Found = [string, string]
const PAUSE_MS = 200

/** A box that finds a site or span by name or code: the keyboard's way onto the map. */
export function finder(search: (typed: string) => Found[] | Promise<Found[]>, onFound: (key: string) => void): HTMLElement {
  count += 1
  const label = document.createElement('label')
  const input = document.createElement('input')
  const list = document.createElement('datalist')
  list.id = `map-finder-${count}`
  const offer = async () => list.replaceChildren(...(await search(input.value.trim())).map(([words]) => new Option(words, words)))
  label.className = 'map-finder'
  label.append('Find', input, list)
  input.setAttribute('list', list.id)
  input.className = 'form-control'
  input.placeholder = 'Site or span'
  let sought = ''
  const seek = async () => {
    const typed = input.value.trim().toLowerCase()
    // Leaving the box after Enter changes nothing: what was found must not be drawn anew under the pointer.
    if (typed === sought) return
    sought = typed
    const found = typed ? await search(typed) : []
    const best = found.find(([words]) => words.toLowerCase() === typed) ?? found[0]
    input.setAttribute('aria-invalid', String(Boolean(typed && !best)))
    if (best) onFound(best[1])
  }
  input.addEventListener('change', () => void seek())
  let waiting = 0
  input.addEventListener('input', () => {
    clearTimeout(waiting)
    waiting = window.setTimeout(() => void offer(), PAUSE_MS)
  })
  // Enter chooses here; it must not send the form around the map.
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    sought = ''
    void seek()
  })
  void offer()
  return label
}

/** A search among what the page has: all of it where nothing is typed. */
export function amongAll(plant: Plant[]): (typed: string) => Found[] {
  const all = plant.map((feature): Found => [wordsOf(feature), keyOf(feature)]).sort()
  return (typed) => all.filter(([words]) => words.toLowerCase().includes(typed.toLowerCase()))
}

function wordsOf(feature: Plant): string {
  if (isSite(feature)) {
    const site = facts<SiteFacts>(feature)
    return `${site.name} (${site.code})`
  }
  return `Span ${facts<SpanFacts>(feature).code}`
}
