declare module 'virtual:towns' {
  /** Name, longitude, latitude, inhabitants; the largest first. */
  const towns: [name: string, lon: number, lat: number, population: number][]
  export default towns
}
