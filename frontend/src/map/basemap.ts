import Feature, { type FeatureLike } from 'ol/Feature'
import { LineString, Point } from 'ol/geom'
import VectorLayer from 'ol/layer/Vector'
import VectorSource from 'ol/source/Vector'
import { Fill, Stroke, Style, Text } from 'ol/style'
import places from 'virtual:towns'
import type { Palette } from './palette'
import { squareLetters, toGrid } from './projection'

const CITY = 150_000
const LARGE_TOWN = 40_000

/** The town names and the National Grid: a base map that needs no other host. */
export function baseLayers(palette: () => Palette): VectorLayer[] {
  return [...gridLayers(palette), townLayer(palette)]
}

function townLayer(palette: () => Palette): VectorLayer {
  const source = new VectorSource({
    features: places.map(([name, lon, lat, population]) => new Feature({ geometry: new Point(toGrid([lon, lat])), name, population })),
  })
  return new VectorLayer({
    source,
    declutter: 'words',
    style: (feature, mPerPx) => {
      const population = feature.get('population') as number
      if (population < smallestShown(mPerPx)) return undefined
      const size = population >= CITY ? 15 : population >= LARGE_TOWN ? 13.5 : 12.5
      return new Style({
        text: new Text({
          text: feature.get('name') as string, font: `italic 500 ${size}px system-ui, sans-serif`, padding: [4, 8, 4, 8],
          fill: new Fill({ color: palette().town }), stroke: new Stroke({ color: palette().halo, width: 3 }),
        }),
        zIndex: Math.min(population, 1_000_000),
      })
    },
  })
}

function smallestShown(mPerPx: number): number {
  if (mPerPx > 200) return CITY
  return mPerPx > 70 ? LARGE_TOWN : 0
}

const EAST_M = 700_000
const NORTH_M = 1_300_000

/** Lines each 10 km, and each 1 km when near, each square named at its south-west corner. */
function gridLayers(palette: () => Palette): VectorLayer[] {
  const lines = (width: number) => () => new Style({ stroke: new Stroke({ color: palette().grid, width }) })
  const name = (feature: FeatureLike) => new Style({
    text: new Text({
      text: feature.get('name') as string, font: '500 11px system-ui, sans-serif', textAlign: 'left', offsetX: 5, offsetY: -9,
      fill: new Fill({ color: palette().town }), stroke: new Stroke({ color: palette().halo, width: 3 }),
    }),
  })
  return [
    new VectorLayer({ source: new VectorSource({ features: gridLines(1_000) }), style: lines(0.6), maxResolution: 30 }),
    new VectorLayer({ source: new VectorSource({ features: gridLines(10_000) }), style: lines(1.25), maxResolution: 400 }),
    new VectorLayer({ source: new VectorSource({ features: squareNames() }), style: name, maxResolution: 110, declutter: 'words' }),
  ]
}

function gridLines(step: number): Feature[] {
  const lines: LineString[] = []
  for (let east = 0; east <= EAST_M; east += step) lines.push(new LineString([[east, 0], [east, NORTH_M]]))
  for (let north = 0; north <= NORTH_M; north += step) lines.push(new LineString([[0, north], [EAST_M, north]]))
  return lines.map((geometry) => new Feature({ geometry }))
}

/** "SJ 89" at the south-west corner of each 10 km square. */
function squareNames(): Feature[] {
  const names: Feature[] = []
  for (let east = 0; east < EAST_M; east += 10_000) {
    for (let north = 0; north < NORTH_M; north += 10_000) {
      const figures = `${Math.floor((east % 100_000) / 10_000)}${Math.floor((north % 100_000) / 10_000)}`
      names.push(new Feature({ geometry: new Point([east, north]), name: `${squareLetters(east, north)} ${figures}` }))
    }
  }
  return names
}
