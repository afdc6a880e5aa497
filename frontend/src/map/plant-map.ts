import { Canvas } from './canvas'
import { type CutLink, Details, type SiteAct } from './details'
import { Drawing } from './drawing'
import { SitePair } from './fields'
import { amongAll, finder } from './finder'
import { legend } from './legend'
import { type MarkData, markFeatures, readMarks } from './marks'
import { type Palette, onThemeChange, readPalette } from './palette'
import { type Drawn, type Plant, fetchFeatures, isSite, keyOf } from './plant'
import { gridReference } from './projection'
import { type TiledData, TiledPlant, readTiled } from './tiles'
import { TwinTable } from './twin'
import type { Coordinate } from 'ol/coordinate'
import type { Point } from 'ol/geom'

const HELP = 'Arrow keys move the map, plus and minus zoom, Enter chooses what is under the cross.'

/** `<plant-map>`: the plant behind `data-url`, or, where there is too much of it, in tiles behind `data-tiles-url`. `data-state` says loading, ready or failed. See templates/_macros/map.html. */
export class PlantMap extends HTMLElement {
  private canvas: Canvas | null = null
  private palette!: Palette
  private plant = new Map<string, Plant>()
  private chosen: Plant | null = null
  private tiledData: TiledData | null = null
  private tiled: TiledPlant | null = null
  private pointed: string | null = null
  private details!: Details
  private twin!: TwinTable
  private drawing: Drawing | null = null
  private sites!: SitePair
  private marks: MarkData | null = null
  private readonly readOut = part('output', 'map-read-out')
  private stopListening = () => {}

  async connectedCallback(): Promise<void> {
    if (this.dataset.state) return
    this.dataset.state = 'loading'
    try {
      const { url, routesUrl } = this.dataset
      this.tiledData = readTiled(this.dataset)
      const [plant, routes] = await Promise.all([this.tiledData ? [] : fetchFeatures(url!), routesUrl ? fetchFeatures(routesUrl) : []])
      if (this.isConnected) this.build(plant, routes)
    } catch (error) {
      this.fail(error)
    }
  }

  disconnectedCallback(): void {
    this.stopListening()
    this.canvas?.map.setTarget(undefined)
  }

  private fail(error: unknown): void {
    this.dataset.state = 'failed'
    const words = part('p', 'map-fallback')
    words.setAttribute('role', 'alert')
    words.textContent = `${error instanceof Error ? error.message : 'The map could not be drawn.'} The table has the same facts; load the page again to try once more.`
    this.replaceChildren(words)
  }

  private build(plant: Plant[], routes: Plant[]): void {
    this.plant = new Map(plant.map((feature) => [keyOf(feature), feature]))
    this.sites = new SitePair(this.dataset.fromField, this.dataset.toField)
    this.marks = readMarks(this.dataset.marks)
    this.details = new Details(this.siteActs(), (code) => this.nameOf(code), this.cutLink(), (feature) => this.marksOf(feature))
    this.twin = new TwinTable(document.getElementById(this.dataset.table ?? ''), (key) => this.light(key))
    this.palette = readPalette(this)
    const marks = this.marks ? markFeatures(this.marks, this.plant) : []
    const drawn = { plant, routes, blocked: this.known(this.twin.blocking()), ends: this.known(this.ends()), marks }
    if (this.tiledData) this.tiled = new TiledPlant(this.tiledData, () => this.palette)
    const view = this.layOut(drawn)
    this.canvas = new Canvas(view, drawn, this.marks?.fit ?? false, () => this.palette, this.tiled)
    this.startDrawing()
    this.listen(view)
    this.dataset.state = 'ready'
  }

  private layOut(drawn: Drawn): HTMLElement {
    const view = part('div', 'map-view')
    view.tabIndex = 0
    view.setAttribute('role', 'application')
    view.setAttribute('aria-label', `${this.dataset.label ?? 'Map'}. ${HELP}`)
    const frame = part('div', 'map-frame')
    const side = part('div', 'map-side')
    frame.append(view, this.readOut)
    const search = this.tiled ? (typed: string) => this.tiled!.find(typed) : amongAll(drawn.plant)
    side.append(finder(search, (key) => void this.goTo(key)), this.details.element, legend(drawn, this.marks, this.tiledData?.kinds))
    this.replaceChildren(frame, side)
    return view
  }

  private siteActs(): SiteAct[] {
    if (!this.dataset.fromField || this.dataset.drawField) return []
    return [
      { words: 'From here', act: (code) => this.sites.setFrom(code) },
      { words: 'To here', act: (code) => this.sites.setTo(code) },
    ]
  }

  private cutLink(): CutLink | null {
    const { cutUrl, cutWords } = this.dataset
    return cutUrl && cutWords ? { words: cutWords, url: cutUrl } : null
  }

  /** What the key says of the marks on a thing. */
  private marksOf(feature: Plant): string[] {
    const marked = isSite(feature) ? this.marks?.sites : this.marks?.spans
    const own = marked?.[feature.get('code') as string] ?? []
    return own.flatMap((mark) => this.marks?.kinds.find(({ kind }) => kind === mark)?.words ?? [])
  }

  private startDrawing(): void {
    const { drawField, lengthField } = this.dataset
    if (!drawField) return
    const form = { ends: this.sites, geometryField: drawField, lengthField, placeOf: (code: string) => this.placeOf(code), nameOf: (code: string) => this.nameOf(code) }
    this.drawing = new Drawing(form, () => this.palette)
    this.canvas!.map.addLayer(this.drawing.layer)
    this.prepend(this.drawing.bar)
  }

  private listen(view: HTMLElement): void {
    const { map } = this.canvas!
    map.on('click', (event) => void this.press(event.pixel, event.coordinate))
    map.on('pointermove', (event) => {
      if (!event.dragging) this.hover(event.pixel, event.coordinate)
    })
    map.on('moveend', () => { this.readOut.textContent = gridReference(map.getView().getCenter() ?? []) })
    view.addEventListener('keydown', (event) => {
      if (event.key !== 'Enter' && event.key !== ' ') return
      event.preventDefault()
      const pixel = this.canvas!.centrePixel()
      void this.press(pixel, map.getCoordinateFromPixel(pixel))
    })
    this.sites.onChange(() => this.light(null))
    const stop = onThemeChange(() => {
      this.palette = readPalette(this)
      this.canvas!.redraw()
      this.drawing?.layer.changed()
    })
    this.stopListening = stop
    this.light(null)
  }

  private async press(pixel: number[], place: Coordinate): Promise<void> {
    const feature = await this.thing(this.canvas!.at(pixel))
    const site = feature && isSite(feature) ? feature : null
    if (this.drawing) this.drawing.click(place, site && (site.get('code') as string))
    else if (site && this.dataset.fromField) this.sites.choose(site.get('code') as string)
    this.choose(feature)
  }

  /** The thing of a key; what lies in tiles is fetched the first time. */
  private async thing(key: string | null): Promise<Plant | null> {
    if (key && this.tiled && !this.plant.has(key)) {
      for (const feature of await this.tiled.fetch(key).catch(() => [])) this.plant.set(keyOf(feature), feature)
    }
    return this.plant.get(key ?? '') ?? null
  }

  private choose(feature: Plant | null): void {
    this.chosen = feature
    if (feature) this.details.show(feature)
    else this.details.clear()
    this.light(null)
  }

  private async goTo(key: string): Promise<void> {
    const feature = await this.thing(key)
    if (!feature) return
    this.choose(feature)
    this.canvas!.bringIntoView(feature)
  }

  private hover(pixel: number[], place: Coordinate): void {
    const key = this.canvas!.at(pixel)
    this.canvas!.view.classList.toggle('is-over', key !== null)
    this.readOut.textContent = gridReference(place)
    this.drawing?.follow(place)
    this.twin.light(key ?? (this.chosen && keyOf(this.chosen)))
  }

  /** Light what is pointed at in the table, what is chosen, and the sites that the form names. */
  private light(key: string | null): void {
    this.pointed = key
    this.canvas?.light([this.plant.get(key ?? '') ?? null, this.chosen, ...this.known(this.ends())])
    this.twin.light(key ?? (this.chosen && keyOf(this.chosen)))
    if (key && this.tiled && !this.plant.has(key)) void this.lightFetched(key)
  }

  private async lightFetched(key: string): Promise<void> {
    if (await this.thing(key) && this.pointed === key) this.light(key)
  }

  private ends(): string[] {
    return [this.sites.from, this.sites.to].map((code) => `site ${code}`)
  }

  private known(keys: string[]): Plant[] {
    return [...new Set(keys)].flatMap((key) => this.plant.get(key) ?? [])  // a thing may stand in the way for two reasons
  }

  private placeOf(code: string): Coordinate | undefined {
    return (this.plant.get(`site ${code}`)?.getGeometry() as Point | undefined)?.getCoordinates()
  }

  private nameOf(code: string): string {
    return (this.plant.get(`site ${code}`)?.get('name') as string | undefined) ?? code
  }
}

function part(tag: string, kind: string): HTMLElement {
  const element = document.createElement(tag)
  element.className = kind
  return element
}
