import type { FeatureLike } from 'ol/Feature'
import MVT from 'ol/format/MVT'
import VectorTileLayer from 'ol/layer/VectorTile'
import VectorTileSource from 'ol/source/VectorTile'
import { Stroke, Style } from 'ol/style'
import TileGrid from 'ol/tilegrid/TileGrid'
import type { Palette } from './palette'
import { type Plant, type SpanFacts, fetchFeatures } from './plant'
import { GRID, toGrid } from './projection'
import { siteStyle, spanLine } from './styles'

const DEEPEST = 16
const WIDTH_M = 2 ** 24
const CORNER = [0, 2 ** 21]
const TILE_PX = 512
const LIVE = { status: 'live', free_pairs: null } as SpanFacts
const SITES_BELOW_M_PER_PX = 30

/** Where a page with much plant says that it is. */
export interface TiledData { url: string; thingsUrl: string; findUrl: string; box: number[]; kinds: string[] }

/** Plant that is too much to be sent at once: drawn from tiles, each thing fetched when it is asked for. */
export class TiledPlant {
  readonly layers: VectorTileLayer[]

  constructor(private readonly data: TiledData, palette: () => Palette) {
    const resolutions = Array.from({ length: DEEPEST + 1 }, (_, zoom) => WIDTH_M / 2 ** zoom / TILE_PX)
    const tileGrid = new TileGrid({ origin: CORNER, resolutions, tileSize: TILE_PX })
    const source = new VectorTileSource({ format: new MVT(), url: data.url, projection: GRID, tileGrid, cacheSize: 128 })
    const spans = () => new Style({ stroke: new Stroke({ lineCap: 'round', ...spanLine(LIVE, palette()) }) })
    this.layers = [
      new VectorTileLayer({ source, style: (feature) => (feature.get('layer') === 'spans' ? spans() : undefined) }),
      new VectorTileLayer({
        source, declutter: 'words', zIndex: 5, maxResolution: SITES_BELOW_M_PER_PX,
        style: (feature, mPerPx) => (feature.get('layer') === 'sites' ? siteStyle(live(feature), palette(), null, mPerPx) : undefined),
      }),
    ]
  }

  /** Where all of it lies, in metres of the grid. */
  get extent(): number[] {
    const [west = 0, south = 0, east = 0, north = 0] = this.data.box
    const corners = [[west, south], [west, north], [east, south], [east, north]].map(toGrid)
    const [x, y] = [0, 1].map((axis) => corners.map((corner) => corner[axis]!)) as [number[], number[]]
    return [Math.min(...x), Math.min(...y), Math.max(...x), Math.max(...y)]
  }

  /** Fetch a thing by its key, with its neighbours. */
  fetch(key: string): Promise<Plant[]> {
    const [kind = '', ...code] = key.split(' ')
    return fetchFeatures(`${this.data.thingsUrl}?${new URLSearchParams({ kind, code: code.join(' ') })}`)
  }

  /** The first things whose names or codes hold what is typed: words, and the key. */
  async find(typed: string): Promise<[string, string][]> {
    const answer = await fetch(`${this.data.findUrl}?${new URLSearchParams({ q: typed })}`)
    return answer.ok ? (await answer.json()) as [string, string][] : []
  }

  /** The key of a feature of a tile. */
  static keyOf(feature: FeatureLike): string {
    return `${feature.get('layer') === 'sites' ? 'site' : 'span'} ${feature.get('code')}`
  }
}

/** Read where a page says that its tiles are; null: it has none. */
export function readTiled({ tilesUrl, thingsUrl, findUrl, box, kinds }: DOMStringMap): TiledData | null {
  if (!tilesUrl) return null
  return { url: tilesUrl, thingsUrl: thingsUrl!, findUrl: findUrl!, box: box!.split(',').map(Number), kinds: kinds!.split(',') }
}

/** A site of a tile as the styles expect one; what is in tiles is live. */
function live(feature: FeatureLike): FeatureLike {
  return { getProperties: () => ({ ...feature.getProperties(), status: 'live' }) } as unknown as FeatureLike
}
