import Feature from 'ol/Feature'
import { LineString, Point } from 'ol/geom'
import { Circle, Fill, RegularShape, Stroke, Style, Text } from 'ol/style'
import type { Palette } from './palette'
import { type Plant, isSite } from './plant'
import { toGrid } from './projection'

/** A line that is not plant (yet), such as a candidate span. */
interface MarkedLine { kind: string; words: string; line: [number, number][] }

/** What a page says of the plant, by the codes of spans and sites; `kinds` in the order of the key, `fit` to begin near. */
export interface MarkData {
  kinds: { kind: string; words: string }[]
  spans?: Record<string, string[]>
  sites?: Record<string, string[]>
  lines?: MarkedLine[]
  fit?: boolean
}

/** How a kind of mark looks. No two that stand on one page differ in colour alone: dashes, rails, crosses and rings tell them apart. */
interface Look {
  colour: keyof Palette
  width: number
  dash?: number[]
  /** Two thin lines beside each other. */
  rails?: boolean
  /** A cross in the middle of the line. */
  crossed?: boolean
  /** Dots, drawn over other marks. */
  dots?: boolean
}

const LINES: Record<string, Look> = {
  bridge: { colour: 'shared', width: 8, rails: true },
  two_cut: { colour: 'proposed', width: 4.5, dash: [14, 6] },
  risk: { colour: 'risk', width: 8, dash: [0.1, 14], dots: true },
  cut: { colour: 'shared', width: 5, dash: [3, 7], crossed: true },
  survives: { colour: 'route-1', width: 5.5 },
  rerouted: { colour: 'route-2', width: 5.5, dash: [11, 6] },
  one_user: { colour: 'shared', width: 8, rails: true },
  few_users: { colour: 'proposed', width: 5, dash: [12, 6] },
  many_users: { colour: 'route-1', width: 6 },
  no_user: { colour: 'over', width: 3, dash: [1, 7] },
  candidate: { colour: 'over', width: 2.5, dash: [3, 6] },
  chosen: { colour: 'route-2', width: 5.5, dash: [13, 8] },
}

/** Rings and signs around sites, as [ring's radius, colour, sign]. */
const SITES: Record<string, { colour: keyof Palette; square?: boolean; sign?: string; dash?: number[] }> = {
  articulation: { colour: 'shared' },
  cut_off: { colour: 'proposed', square: true },
  cut: { colour: 'shared', sign: '×' },
  one_user: { colour: 'shared' },
  few_users: { colour: 'proposed', dash: [4, 3] },
  here: { colour: 'route-1', square: true },
}

/** The marks as features to draw over the plant, each with its `mark`. */
export function markFeatures(data: MarkData, plant: Map<string, Plant>): Plant[] {
  const of = (type: string, marked: Record<string, string[]> = {}) =>
    Object.entries(marked).flatMap(([code, kinds]) => {
      const geometry = plant.get(`${type} ${code}`)?.getGeometry()
      return geometry ? kinds.map((mark) => new Feature({ geometry, mark, type })) : []
    })
  const lines = (data.lines ?? []).map(({ kind, words, line }) => new Feature({ geometry: new LineString(line.map(toGrid)), mark: kind, type: 'span', words }))
  return [...of('span', data.spans), ...of('site', data.sites), ...lines]
}

/** Read the data of the marks from the page itself. */
export function readMarks(id: string | undefined): MarkData | null {
  return id ? JSON.parse(document.getElementById(id)?.textContent ?? 'null') as MarkData | null : null
}

export function markStyle(feature: Plant, palette: Palette): Style[] {
  const mark = feature.get('mark') as string
  return isSite(feature) ? ringStyle(mark, palette) : lineStyle(feature, mark, palette)
}

function lineStyle(feature: Plant, mark: string, palette: Palette): Style[] {
  const look = LINES[mark]
  if (!look) return []
  const order = look.dots ? 6 : 3
  const line = (colour: string, width: number, zIndex: number, lineDash?: number[]) =>
    new Style({ stroke: new Stroke({ color: colour, width, lineDash, lineCap: look.dots || !lineDash ? 'round' : 'butt' }), zIndex })
  return [
    line(palette.halo, look.width + 3, order, look.dots ? look.dash : undefined),
    line(palette[look.colour], look.width, order + 1, look.dash),
    ...(look.rails ? [line(palette.halo, look.width - 4.5, order + 2)] : []),
    ...(look.crossed ? [cross(new Point((feature.getGeometry() as LineString).getCoordinateAt(0.5)), palette)] : []),
  ]
}

function cross(geometry: Point | undefined, palette: Palette): Style {
  return new Style({
    ...(geometry ? { geometry } : {}),
    image: new Circle({ radius: 9, fill: new Fill({ color: palette.shared }), stroke: new Stroke({ color: palette.halo, width: 2 }), declutterMode: 'none' }),
    text: new Text({ text: '×', font: '700 17px system-ui, sans-serif', offsetY: 0.5, fill: new Fill({ color: palette.halo }), declutterMode: 'none' }),
    zIndex: 9,
  })
}

function ringStyle(mark: string, palette: Palette): Style[] {
  const look = SITES[mark]
  if (!look) return []
  if (look.sign) return [cross(undefined, palette)]
  const stroke = new Stroke({ color: palette[look.colour], width: 3, ...(look.dash ? { lineDash: look.dash } : {}) })
  const fill = new Fill({ color: palette.halo })
  const image = look.square
    ? new RegularShape({ points: 4, angle: Math.PI / 4, radius: 14, fill, stroke, declutterMode: 'none' })
    : new Circle({ radius: 10.5, fill, stroke, declutterMode: 'none' })
  return [new Style({ image, zIndex: look.square ? 6 : 7 })]
}

/** The drawing of a kind of mark in the key: the same dashes, rails and rings. */
export function markKey(kind: string, onSites: boolean): string {
  const box = (inner: string) => `<svg viewBox="0 0 32 20" width="32" height="20" aria-hidden="true">${inner}</svg>`
  const site = SITES[kind]
  if (onSites && site) {
    if (site.sign) return box(`<g class="mark mark--${site.colour}"><path d="M10 4l12 12M22 4L10 16" stroke-width="3.5"/></g>`)
    const dash = site.dash ? ` stroke-dasharray="${site.dash.join(' ')}"` : ''
    const shape = site.square ? '<rect x="8" y="2" width="16" height="16"' : '<circle cx="16" cy="10" r="7.5"'
    return box(`<g class="mark mark--${site.colour}">${shape} stroke-width="2.75"${dash}/></g>`)
  }
  const look = LINES[kind]
  if (!look) return box('')
  const dash = look.dash ? ` stroke-dasharray="${look.dash.join(' ')}"` : ''
  const cap = look.dots ? ' stroke-linecap="round"' : ''
  return box(`<g class="mark mark--${look.colour}">${look.rails
    ? '<path d="M1 7h30M1 13h30" stroke-width="2"/>'
    : `<path d="M2 10h29" stroke-width="${Math.min(look.width, 7)}"${dash}${cap}/>`}${look.crossed ? '<path d="M12 5l9 10M21 5l-9 10" stroke-width="2.5"/>' : ''}</g>`)
}
