import Feature, { type FeatureLike } from 'ol/Feature'
import { LineString, Point } from 'ol/geom'
import { Circle, Fill, RegularShape, Stroke, Style, Text } from 'ol/style'
import type ImageStyle from 'ol/style/Image'
import { type Plant, type RouteFacts, type SiteFacts, type SpanFacts, facts, isFull, isSite } from './plant'
import type { Palette } from './palette'

const FONT = 'system-ui, sans-serif'
const LABELS_BELOW_M_PER_PX = 32
const BIG_KINDS = new Set(['data_centre', 'exchange'])

/** How a span is drawn: colour and dash say the same, so that neither is needed alone. */
export function spanLine(span: SpanFacts, palette: Palette): { color: string; width: number; lineDash?: number[] } {
  if (span.status === 'proposed') return { color: palette.proposed, width: 2.5, lineDash: [8, 5] }
  if (span.status !== 'live') return { color: palette.over, width: 2, lineDash: [1, 6] }
  if (isFull(span)) return { color: palette.full, width: 2.5, lineDash: [10, 5, 1, 5] }
  return { color: palette.span, width: 2.75 }
}

export function spanStyle(feature: FeatureLike, palette: Palette, lit: boolean): Style[] {
  const line = spanLine(facts<SpanFacts>(feature), palette)
  const drawn = new Style({ stroke: new Stroke({ lineCap: 'round', ...line }) })
  if (!lit) return [drawn]
  return [new Style({ stroke: new Stroke({ color: palette.chosen, width: line.width + 7, lineCap: 'round' }) }), drawn]
}

/** A shape for each kind of site; the legend draws the same ones. */
function siteShape(kind: string, colour: string, halo: string, radius: number): ImageStyle {
  const paint = { declutterMode: 'none' as const, fill: new Fill({ color: colour }), stroke: new Stroke({ color: halo, width: 1.5 }) }
  const hollow = { declutterMode: 'none' as const, fill: new Fill({ color: halo }), stroke: new Stroke({ color: colour, width: 2 }) }
  switch (kind) {
    case 'data_centre': return new RegularShape({ points: 4, angle: Math.PI / 4, radius: radius + 3, ...paint })
    case 'exchange': return new RegularShape({ points: 4, radius: radius + 3, ...paint })
    case 'cabinet': return new RegularShape({ points: 4, angle: Math.PI / 4, radius: radius + 1, ...hollow })
    case 'building_entry': return new RegularShape({ points: 3, radius: radius + 2, ...paint })
    case 'mast': return new RegularShape({ points: 3, radius: radius + 2, ...hollow })
    case 'street_furniture': return new Circle({ radius: radius - 1.5, ...hollow })
    default: return new Circle({ radius: radius - 1, ...paint })
  }
}

/** Why a site's name goes before others: it is pointed at or asked for, or it stands in the way. */
export type Emphasis = 'lit' | 'blocked' | null

/** A name gives way to shapes, to names of bigger sites and to emphasised ones: words that lie on words say nothing. */
export function siteStyle(feature: FeatureLike, palette: Palette, emphasis: Emphasis, mPerPx: number): Style[] {
  const site = facts<SiteFacts>(feature)
  const radius = mPerPx > 60 ? 4 : 5.5
  const colour = site.status === 'live' ? palette.site : palette.proposed
  const lit = emphasis === 'lit'
  const labelled = emphasis || mPerPx < LABELS_BELOW_M_PER_PX || BIG_KINDS.has(site.kind)
  const shape = new Style({
    image: siteShape(site.kind, colour, palette.halo, radius),
    zIndex: lit ? 9 : 2,
  })
  // Shapes are drawn before all names; this keeps the other names off them.
  const keepOff = new Style({ image: new Circle({ radius: radius + 1, declutterMode: 'obstacle', fill: new Fill({ color: 'transparent' }) }), zIndex: 5 })
  const label = new Style({
    text: new Text({
      text: site.name, font: `${lit ? 650 : 550} 12.5px ${FONT}`, offsetY: -radius - 13, padding: [0, 4, 0, 4],
      fill: new Fill({ color: palette.words }), stroke: new Stroke({ color: palette.halo, width: 3.5 }),
    }),
    zIndex: lit ? 9 : emphasis ? 8 : BIG_KINDS.has(site.kind) ? 4 : 3,
  })
  const ring = new Style({ image: new Circle({ radius: radius + 6, declutterMode: 'none', fill: new Fill({ color: palette.chosen }) }), zIndex: 1 })
  return [...(lit ? [ring] : []), shape, keepOff, ...(labelled ? [label] : [])]
}

/** Route 1 is a whole line, route 2 a dashed one beside it, so that both are seen where they share a span. */
export function routeStyle(feature: FeatureLike, palette: Palette, mPerPx: number): Style[] {
  const { route, shared } = facts<RouteFacts>(feature)
  const line = (feature as Feature<LineString>).getGeometry()!
  const aside = shared.length ? besideLine(line, (route === 1 ? 3.5 : -3.5) * mPerPx) : line
  const stroke = route === 1
    ? new Stroke({ color: palette['route-1'], width: 5.5, lineCap: 'round' })
    : new Stroke({ color: palette['route-2'], width: 5.5, lineCap: 'butt', lineDash: [11, 6] })
  return [
    new Style({ geometry: aside, stroke: new Stroke({ color: palette.halo, width: 9 }), zIndex: 1 }),
    new Style({ geometry: aside, stroke, zIndex: 2 }),
  ]
}

/** Red, dashed on a span and a ring around a site: what no route can do without, or what lacks free pairs. */
export function blockedStyle(feature: Plant, palette: Palette): Style[] {
  if (isSite(feature)) {
    return [
      new Style({ image: new Circle({ radius: 11, fill: new Fill({ color: palette.halo }), stroke: new Stroke({ color: palette.shared, width: 3 }) }), zIndex: 3 }),
    ]
  }
  return [
    new Style({ stroke: new Stroke({ color: palette.halo, width: 9 }), zIndex: 1 }),
    new Style({ stroke: new Stroke({ color: palette.shared, width: 5, lineDash: [7, 5], lineCap: 'butt' }), zIndex: 2 }),
  ]
}

/** A warning sign on what both routes share, with its kind and code on the side of the map's middle, where there is room. */
export function sharedStyle(feature: FeatureLike, palette: Palette, middleX: number): Style[] {
  const { route, shared } = facts<RouteFacts>(feature)
  if (route !== 1 || shared.length === 0) return []
  const middle = new Point((feature as Feature<LineString>).getGeometry()!.getCoordinateAt(0.5))
  const side = middle.getCoordinates()[0]! < middleX ? 1 : -1
  return [
    new Style({ geometry: middle, image: new RegularShape({ points: 3, radius: 13, declutterMode: 'none', fill: new Fill({ color: palette.shared }), stroke: new Stroke({ color: palette.halo, width: 2.5 }) }), zIndex: 5 }),
    new Style({ geometry: middle, image: new Circle({ radius: 8, declutterMode: 'obstacle', fill: new Fill({ color: 'transparent' }) }), zIndex: 5 }),
    new Style({ geometry: middle, text: new Text({ text: '!', font: `700 13px ${FONT}`, offsetY: 1, fill: new Fill({ color: palette.halo }), declutterMode: 'none' }), zIndex: 6 }),
    new Style({
      geometry: middle,
      text: new Text({ text: shared.join('\n'), font: `650 12.5px ${FONT}`, textAlign: side > 0 ? 'left' : 'right', offsetX: side * 17, padding: [2, 5, 2, 5], fill: new Fill({ color: palette.shared }), stroke: new Stroke({ color: palette.halo, width: 4 }) }),
      zIndex: 6,
    }),
  ]
}

/** The line moved sideways by some metres, each point along the mean normal of its two pieces. */
function besideLine(line: LineString, offset: number): LineString {
  const points = line.getCoordinates()
  return new LineString(points.map(([x = 0, y = 0], index) => {
    const [beforeX = 0, beforeY = 0] = points[Math.max(index - 1, 0)]!
    const [afterX = 0, afterY = 0] = points[Math.min(index + 1, points.length - 1)]!
    const length = Math.hypot(afterX - beforeX, afterY - beforeY) || 1
    return [x - ((afterY - beforeY) / length) * offset, y + ((afterX - beforeX) / length) * offset]
  }))
}
