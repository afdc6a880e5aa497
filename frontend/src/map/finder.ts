import { type Plant, type SiteFacts, type SpanFacts, facts, isSite } from './plant'

let count = 0

/** A box that finds a site or span by name or code: the keyboard's way onto the map. */
export function finder(plant: Plant[], onFound: (feature: Plant) => void): HTMLElement {
  count += 1
  const byWords = new Map(plant.map((feature) => [wordsOf(feature), feature]))
  const label = document.createElement('label')
  const input = document.createElement('input')
  const list = document.createElement('datalist')
  list.id = `map-finder-${count}`
  list.append(...[...byWords.keys()].sort().map((words) => new Option(words, words)))
  label.className = 'map-finder'
  label.append('Find', input, list)
  input.setAttribute('list', list.id)
  input.className = 'form-control'
  input.placeholder = 'Site or span'
  let sought = ''
  input.addEventListener('change', () => {
    const typed = input.value.trim().toLowerCase()
    // Leaving the box after Enter changes nothing: what was found must not be drawn anew under the pointer.
    if (typed === sought) return
    sought = typed
    const found = typed && [...byWords].find(([words]) => words.toLowerCase() === typed) || typed && [...byWords].find(([words]) => words.toLowerCase().includes(typed))
    input.setAttribute('aria-invalid', String(Boolean(typed && !found)))
    if (found) onFound(found[1])
  })
  // Enter chooses here; it must not send the form around the map.
  input.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter') return
    event.preventDefault()
    sought = ''
    input.dispatchEvent(new Event('change'))
  })
  return label
}

function wordsOf(feature: Plant): string {
  if (isSite(feature)) {
    const site = facts<SiteFacts>(feature)
    return `${site.name} (${site.code})`
  }
  return `Span ${facts<SpanFacts>(feature).code}`
}
