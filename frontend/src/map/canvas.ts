import OlMap from 'ol/Map'
import View from 'ol/View'
import { ScaleLine, Zoom } from 'ol/control'
import { createEmpty, extend, getCenter, isEmpty } from 'ol/extent'
import { MouseWheelZoom, defaults } from 'ol/interaction'
import VectorLayer from 'ol/layer/Vector'
import type VectorTileLayer from 'ol/layer/VectorTile'
import VectorSource from 'ol/source/Vector'
import { baseLayers } from './basemap'
import { markStyle } from './marks'
import type { Palette } from './palette'
import { type Drawn, type Plant, isSite, keyOf } from './plant'
import { GRID } from './projection'
import { TiledPlant } from './tiles'
import { type Emphasis, blockedStyle, routeStyle, sharedStyle, siteStyle, spanStyle } from './styles'

const BRITAIN = [80_000, 5_000, 656_000, 1_000_000]
const CLICK_PX = 8
const WIDEST_MARGIN_PX = 104

/** The drawn map: layers, view and what lies under a pixel. It knows no form and no words. */
export class Canvas {
  readonly map: OlMap
  private readonly layers: (VectorLayer | VectorTileLayer)[]
  private readonly plant: VectorSource
  private readonly sources: VectorSource[]
  private lit = new Set<Plant>()

  constructor(readonly view: HTMLElement, private readonly drawn: Drawn, private readonly near: boolean, palette: () => Palette, private readonly tiled: TiledPlant | null = null) {
    const { plant, routes, blocked, marks } = drawn
    this.plant = new VectorSource({ features: plant })
    const routeSource = new VectorSource({ features: routes })
    const spans = new VectorSource({ features: plant.filter((feature) => !isSite(feature)) })
    const sites = new VectorSource({ features: plant.filter(isSite) })
    this.sources = [spans, sites]
    this.layers = [
      ...baseLayers(palette),
      ...(tiled?.layers ?? []),
      new VectorLayer({ source: spans, opacity: routes.length || blocked.length || marks.length ? 0.5 : 1, style: (feature) => spanStyle(feature, palette(), this.lit.has(feature as Plant)) }),
      new VectorLayer({ source: new VectorSource({ features: marks }), style: (feature) => markStyle(feature as Plant, palette()), zIndex: 2 }),
      new VectorLayer({ source: routeSource, style: (feature, mPerPx) => routeStyle(feature, palette(), mPerPx), zIndex: 3 }),
      new VectorLayer({ source: new VectorSource({ features: blocked }), style: (feature) => blockedStyle(feature as Plant, palette()), zIndex: 4 }),
      new VectorLayer({ source: routeSource, declutter: 'words', style: (feature) => sharedStyle(feature, palette(), getCenter(routeSource.getExtent() ?? BRITAIN)[0]!), zIndex: 6 }),
      new VectorLayer({ source: sites, declutter: 'words', style: (feature, mPerPx) => siteStyle(feature, palette(), this.emphasisOf(feature as Plant), mPerPx), zIndex: 5 }),
    ]
    this.map = new OlMap({
      target: view,
      layers: this.layers,
      controls: [new Zoom({ zoomInTipLabel: 'Nearer', zoomOutTipLabel: 'Farther' }), new ScaleLine()],
      // The page scrolls over a map that nobody is using.
      interactions: defaults({ mouseWheelZoom: false }).extend([new MouseWheelZoom({ onFocusOnly: true })]),
      view: new View({ projection: GRID, center: [368_000, 460_000], resolution: 900, minResolution: 0.25, maxResolution: 2_500, extent: [-400_000, -300_000, 1_100_000, 1_500_000] }),
    })
    this.fit()
  }

  /** Show all of the routes, or else what blocks them between their ends, or what is marked if asked to, or else all of the plant, or else Britain. */
  fit(): void {
    const { plant, routes, blocked, ends, marks } = this.drawn
    const extent = createEmpty()
    for (const feature of [routes, blocked.length ? [...blocked, ...ends] : [], this.near ? marks : [], plant].find((some) => some.length) ?? []) {
      extend(extent, feature.getGeometry()!.getExtent())
    }
    if (this.tiled && isEmpty(extent)) extend(extent, this.tiled.extent)
    this.map.updateSize()
    // A margin for the words of what lies at the edge.
    const [width = 0] = this.map.getSize() ?? []
    const aside = Math.min(WIDEST_MARGIN_PX, width / 6)
    this.map.getView().fit(isEmpty(extent) ? BRITAIN : extent, { padding: [56, aside, 48, aside], minResolution: 1 })
  }

  light(features: (Plant | null)[]): void {
    this.lit = new Set(features.filter((feature) => feature !== null))
    if (this.tiled) this.drawAlone(this.lit)
    this.redraw()
  }

  /** Over tiles nothing is drawn as a feature of its own but what is lit. */
  private drawAlone(features: Set<Plant>): void {
    const [spans, sites] = this.sources as [VectorSource, VectorSource]
    spans.clear()
    sites.clear()
    for (const feature of features) (isSite(feature) ? sites : spans).addFeature(feature)
  }

  redraw(): void {
    for (const layer of this.layers) layer.changed()
  }

  private emphasisOf(site: Plant): Emphasis {
    if (this.lit.has(site)) return 'lit'
    return this.drawn.blocked.includes(site) ? 'blocked' : null
  }

  /** The key of the plant under a pixel; a site goes before a span. */
  at(pixel: number[]): string | null {
    const found = this.map.getFeaturesAtPixel(pixel, { hitTolerance: CLICK_PX }).flatMap((feature) => {
      if (this.tiled && feature.get('layer')) return TiledPlant.keyOf(feature)
      return this.plant.hasFeature(feature as Plant) ? keyOf(feature as Plant) : []
    })
    return found.find((key) => key.startsWith('site ')) ?? found[0] ?? null
  }

  centrePixel(): number[] {
    const [width = 0, height = 0] = this.map.getSize() ?? []
    return [width / 2, height / 2]
  }

  bringIntoView(feature: Plant): void {
    const extent = feature.getGeometry()!.getExtent()
    this.map.getView().fit(extent, { padding: [80, 80, 80, 80], minResolution: Math.min(12, this.map.getView().getResolution() ?? 12) })
  }
}
