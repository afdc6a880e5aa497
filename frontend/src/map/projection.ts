import proj4 from 'proj4'
import { register } from 'ol/proj/proj4'
import { fromLonLat, toLonLat } from 'ol/proj'
import type { Coordinate } from 'ol/coordinate'

export const GRID = 'EPSG:27700'

// The seven-parameter shift is good to about 2 m, enough to look at; lengths and stored places never go through it.
proj4.defs(GRID, '+proj=tmerc +lat_0=49 +lon_0=-2 +k=0.9996012717 +x_0=400000 +y_0=-100000 +ellps=airy '
  + '+towgs84=446.448,-125.157,542.06,0.15,0.247,0.842,-20.489 +units=m +no_defs')
register(proj4)

/** WGS84 degrees to metres on the National Grid. */
export const toGrid = (lonLat: Coordinate): Coordinate => fromLonLat(lonLat, GRID)

/** Metres on the National Grid to WGS84 degrees. */
export const toWgs84 = (metres: Coordinate): Coordinate => toLonLat(metres, GRID)

const LETTERS = 'ABCDEFGHJKLMNOPQRSTUVWXYZ'

/** The two letters of the 100 km square with this south-west corner; empty outside the grid. */
export function squareLetters(easting: number, northing: number): string {
  const column = Math.floor(easting / 100_000)
  const row = Math.floor(northing / 100_000)
  if (column < 0 || column > 6 || row < 0 || row > 12) return ''
  const down = 19 - row
  const outer = down - (down % 5) + Math.floor((column + 10) / 5)
  const inner = ((down * 5) % 25) + (column % 5)
  return `${LETTERS[outer] ?? ''}${LETTERS[inner] ?? ''}`
}

/** A grid reference to 10 m, such as "SJ 8432 9781"; empty outside the grid. */
export function gridReference([easting = 0, northing = 0]: Coordinate): string {
  const letters = squareLetters(easting, northing)
  const figures = (metres: number) => String(Math.floor((metres % 100_000) / 10)).padStart(4, '0')
  return letters && `${letters} ${figures(easting)} ${figures(northing)}`
}
