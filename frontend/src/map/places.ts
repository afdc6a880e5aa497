import type { Coordinate } from 'ol/coordinate'
import { squareLetters, toGrid, toWgs84 } from './projection'

const REFERENCE = /^([a-hj-z]{2})((?:\s*\d){2,10})$/i
const METRES = /^(\d{4,7}(?:\.\d+)?)[\s,]+(\d{4,7}(?:\.\d+)?)$/
const DEGREES = /^([+-]?\d{1,2}(?:\.\d+)?)[\s,]+([+-]?\d{1,2}(?:\.\d+)?)$/
const DECIMALS = 7

/** Where a typed text is, in metres of the grid; null where the map cannot tell: the server reads more ways of writing. */
export function readPlace(text: string): Coordinate | null {
  const words = text.trim().replace('−', '-')
  const degrees = DEGREES.exec(words)
  if (degrees) return toGrid([Number(degrees[2]), Number(degrees[1])])
  const metres = METRES.exec(words)
  if (metres) return [Number(metres[1]), Number(metres[2])]
  return readReference(words)
}

/** A place as it is typed: latitude, longitude. */
export function writePlace(place: Coordinate): string {
  const [longitude = 0, latitude = 0] = toWgs84(place)
  return `${latitude.toFixed(DECIMALS)}, ${longitude.toFixed(DECIMALS)}`
}

/** The south-west corner of the square that a grid reference names. */
function readReference(words: string): Coordinate | null {
  const found = REFERENCE.exec(words)
  const figures = found?.[2]?.replaceAll(/\s/g, '') ?? ''
  if (!found || figures.length % 2) return null
  for (let east = 0; east < 7; east += 1) {
    for (let north = 0; north < 13; north += 1) {
      if (squareLetters(east * 100_000, north * 100_000) !== found[1]!.toUpperCase()) continue
      const half = figures.length / 2
      const step = 10 ** (5 - half)
      return [east * 100_000 + Number(figures.slice(0, half)) * step, north * 100_000 + Number(figures.slice(half)) * step]
    }
  }
  return null
}
