import Feature from 'ol/Feature'
import GeoJSON from 'ol/format/GeoJSON'
import type { Geometry } from 'ol/geom'
import { GRID } from './projection'

/** What the server says of a site. */
export interface SiteFacts { type: 'site'; code: string; name: string; kind: string; status: string; owner: string; url?: string }

/** What the server says of a span; pairs are null where they are not disclosed. */
export interface SpanFacts {
  type: 'span'; code: string; a: string; z: string; length_m: number; length_basis?: string; fibre_owner: string; duct_owner?: string | null
  offered_pairs: number | null; free_pairs: number | null; risks: string[]; risk_codes?: string[]; status: string; url?: string
}

/** A span as part of an answer: on which route, and what both routes share there. */
export interface RouteFacts { route: 1 | 2; span: string; shared: string[] }

export type Plant = Feature<Geometry>

/** What a map draws: the plant, routes over it, those of its features that block a search, the ends of that search, and marks. */
export interface Drawn { plant: Plant[]; routes: Plant[]; blocked: Plant[]; ends: Plant[]; marks: Plant[] }

const format = new GeoJSON({ dataProjection: 'EPSG:4326', featureProjection: GRID })

/** Fetch features, or read them from the page itself where the address is `#id`; a failure is told in a sentence. */
export async function fetchFeatures(url: string): Promise<Plant[]> {
  if (url.startsWith('#')) return format.readFeatures(JSON.parse(document.querySelector(url)?.textContent ?? 'null')) as Plant[]
  const answer = await fetch(url, { headers: { Accept: 'application/geo+json, application/json' } })
  if (!answer.ok) throw new Error(`The map's data could not be fetched (${answer.status}).`)
  return format.readFeatures(await answer.json()) as Plant[]
}

export const facts = <T extends object>(feature: { getProperties(): object }): T => feature.getProperties() as T
export const isSite = (feature: Feature): boolean => feature.get('type') === 'site'
export const keyOf = (feature: Plant): string => `${feature.get('type')} ${feature.get('code')}`
export const isFull = (span: SpanFacts): boolean => span.free_pairs === 0
export const siteKindWords = (kind: string): string => capitalised(kind.replaceAll('_', ' '))
export const capitalised = (words: string): string => words.charAt(0).toUpperCase() + words.slice(1)
export const metres = (length: number): string => `${Math.round(length).toLocaleString('en-GB')} m`
