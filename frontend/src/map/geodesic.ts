import type { Coordinate } from 'ol/coordinate'

const MAJOR_M = 6_378_137
const FLATTENING = 1 / 298.257223563
const MINOR_M = MAJOR_M * (1 - FLATTENING)
const radians = (degrees: number) => (degrees * Math.PI) / 180

/** The geodesic length in metres of a line of WGS84 [lon, lat] points. */
export function lineLength(line: Coordinate[]): number {
  return line.slice(1).reduce((length, point, index) => length + distance(line[index]!, point), 0)
}

/**
 * The geodesic distance in metres between two WGS84 points (not for points nearly opposite on the globe).
 * Source: T. Vincenty, "Direct and inverse solutions of geodesics on the ellipsoid", Survey Review 23 (1975), formulae 13-19.
 */
export function distance([lonA = 0, latA = 0]: Coordinate, [lonZ = 0, latZ = 0]: Coordinate): number {
  const difference = radians(lonZ - lonA)
  const reducedA = Math.atan((1 - FLATTENING) * Math.tan(radians(latA)))
  const reducedZ = Math.atan((1 - FLATTENING) * Math.tan(radians(latZ)))
  const [sinA, cosA, sinZ, cosZ] = [Math.sin(reducedA), Math.cos(reducedA), Math.sin(reducedZ), Math.cos(reducedZ)]
  let lambda = difference
  for (let round = 0; round < 50; round += 1) {
    const sinSigma = Math.hypot(cosZ * Math.sin(lambda), cosA * sinZ - sinA * cosZ * Math.cos(lambda))
    if (sinSigma === 0) return 0
    const cosSigma = sinA * sinZ + cosA * cosZ * Math.cos(lambda)
    const sigma = Math.atan2(sinSigma, cosSigma)
    const sinAlpha = (cosA * cosZ * Math.sin(lambda)) / sinSigma
    const cosSqAlpha = 1 - sinAlpha ** 2
    const cos2Mid = cosSqAlpha === 0 ? 0 : cosSigma - (2 * sinA * sinZ) / cosSqAlpha
    const c = (FLATTENING / 16) * cosSqAlpha * (4 + FLATTENING * (4 - 3 * cosSqAlpha))
    const next = difference + (1 - c) * FLATTENING * sinAlpha
      * (sigma + c * sinSigma * (cos2Mid + c * cosSigma * (2 * cos2Mid ** 2 - 1)))
    if (Math.abs(next - lambda) < 1e-12) return arc(sigma, sinSigma, cosSigma, cosSqAlpha, cos2Mid)
    lambda = next
  }
  return Number.NaN
}

function arc(sigma: number, sinSigma: number, cosSigma: number, cosSqAlpha: number, cos2Mid: number): number {
  const u = (cosSqAlpha * (MAJOR_M ** 2 - MINOR_M ** 2)) / MINOR_M ** 2
  const a = 1 + (u / 16384) * (4096 + u * (-768 + u * (320 - 175 * u)))
  const b = (u / 1024) * (256 + u * (-128 + u * (74 - 47 * u)))
  const correction = b * sinSigma * (cos2Mid + (b / 4) * (cosSigma * (2 * cos2Mid ** 2 - 1)
    - (b / 6) * cos2Mid * (4 * sinSigma ** 2 - 3) * (4 * cos2Mid ** 2 - 3)))
  return MINOR_M * a * (sigma - correction)
}
