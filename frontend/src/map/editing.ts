import Feature from 'ol/Feature'
import type { Coordinate } from 'ol/coordinate'
import { LineString, MultiPoint, Point } from 'ol/geom'
import { Modify, Snap } from 'ol/interaction'
import VectorLayer from 'ol/layer/Vector'
import VectorSource from 'ol/source/Vector'
import { Circle, Fill, Stroke, Style } from 'ol/style'
import { Canvas } from './canvas'
import { button } from './details'
import { enter, field } from './fields'
import { lineLength } from './geodesic'
import { type Palette, onThemeChange, readPalette } from './palette'
import { readPlace, writePlace } from './places'
import { type Plant, fetchFeatures, isSite } from './plant'
import { gridReference, toWgs84 } from './projection'

const SNAP_PX = 12
const HELP = 'Arrow keys move the map, plus and minus zoom, Control and Z undoes, Control and Y makes again.'
const metres = (length: number) => `${length.toLocaleString('en-GB', { minimumFractionDigits: 1, maximumFractionDigits: 1 })} m`

/**
 * `<plant-editor>`: a line (one place to a text line) or a point of a form, edited on the map. The form's field is the one
 * truth: the map writes it and follows it, so that typing does all that dragging does. See templates/editing/_parts.html.
 */
export class PlantEditor extends HTMLElement {
  private canvas: Canvas | null = null
  private palette!: Palette
  private plant: Plant[] = []
  private readonly line = new Feature<LineString>()
  private readonly point = new Feature<Point>()
  private readonly words = document.createElement('p')
  private readonly readOut = document.createElement('output')
  private readonly undoing = button('Undo', () => this.step(-1))
  private readonly redoing = button('Redo', () => this.step(1))
  private layer!: VectorLayer
  /** What the fields held (the place or line, the site), oldest first, and where in it we are. */
  private past: [string, string][] = []
  private now = 0
  private stepping = false
  private startLength = 0
  private stopListening = () => {}

  async connectedCallback(): Promise<void> {
    if (this.dataset.state) return
    this.dataset.state = 'loading'
    this.plant = await fetchFeatures(this.dataset.url!)
    if (this.isConnected) this.build()
  }

  disconnectedCallback(): void {
    this.stopListening()
    this.canvas?.map.setTarget(undefined)
  }

  private get isLine(): boolean { return this.dataset.mode === 'line' }

  private build(): void {
    this.palette = readPalette(this)
    const view = this.layOut()
    // The line that is edited is drawn by the editor alone.
    const shown = this.isLine ? this.plant.filter(isSite) : this.plant
    this.canvas = new Canvas(view, { plant: shown, routes: [], blocked: [], ends: [], marks: [] }, false, () => this.palette)
    const source = new VectorSource<Feature>({ features: [this.isLine ? this.line : this.point] })
    this.layer = new VectorLayer({ source, style: () => this.look(), zIndex: 4 })
    this.canvas.map.addLayer(this.layer)
    this.readField()
    this.past = [this.held]
    this.startLength = this.length
    this.addInteractions(source)
    this.listen(view)
    this.canvas.fit()
    this.tell()
    this.dataset.state = 'ready'
  }

  private layOut(): HTMLElement {
    const view = document.createElement('div')
    view.className = 'map-view'
    view.tabIndex = 0
    view.setAttribute('role', 'application')
    view.setAttribute('aria-label', `${this.dataset.label ?? 'Map'}. ${this.isLine ? HELP : `Enter puts the point under the cross. ${HELP}`}`)
    const frame = document.createElement('div')
    frame.className = 'map-frame map-frame--whole'
    this.readOut.className = 'map-read-out'
    frame.append(view, this.readOut)
    const bar = document.createElement('div')
    bar.className = 'map-drawing'
    this.words.setAttribute('role', 'status')
    bar.append(this.words, this.undoing, this.redoing)
    this.replaceChildren(bar, frame)
    return view
  }

  private addInteractions(source: VectorSource<Feature>): void {
    const { map } = this.canvas!
    const modify = new Modify({ source, pixelTolerance: SNAP_PX })
    modify.on('modifyend', () => this.writeField())
    map.addInteraction(modify)
    const along = this.plant.filter((feature) => isSite(feature) || (!this.isLine && feature.get('code') === this.dataset.along))
    // Last: it moves the pointer for those before it.
    map.addInteraction(new Snap({ source: new VectorSource({ features: along }), pixelTolerance: SNAP_PX }))
  }

  private listen(view: HTMLElement): void {
    const { map } = this.canvas!
    map.on('pointermove', (event) => { this.readOut.textContent = gridReference(event.coordinate) })
    map.on('moveend', () => { this.readOut.textContent = gridReference(map.getView().getCenter() ?? []) })
    if (!this.isLine) map.on('click', (event) => this.put(event.coordinate, event.pixel))
    this.line.on('change', () => this.tell())
    this.point.on('change', () => this.tell())
    view.addEventListener('keydown', (event) => this.press(event))
    field(this.dataset.field)?.addEventListener('change', () => this.take())
    field(this.dataset.siteField)?.addEventListener('change', () => this.take())
    this.stopListening = onThemeChange(() => {
      this.palette = readPalette(this)
      this.canvas!.redraw()
      this.layer.changed()
    })
  }

  private press(event: KeyboardEvent): void {
    if (event.key === 'Enter' && !this.isLine) {
      const pixel = this.canvas!.centrePixel()
      this.put(this.canvas!.map.getCoordinateFromPixel(pixel), pixel)
    } else if ((event.ctrlKey || event.metaKey) && ['z', 'y'].includes(event.key.toLowerCase())) {
      this.step(event.key.toLowerCase() === 'y' || event.shiftKey ? 1 : -1)
    } else return
    event.preventDefault()
  }

  /** Put the point at a place: at a site that is there and can be chosen, or on the line that is split, or just there. */
  private put(place: Coordinate, pixel: number[]): void {
    const found = this.canvas!.at(pixel)
    const code = found?.startsWith('site ') ? found.slice('site '.length) : ''
    const choice = field(this.dataset.siteField) as HTMLSelectElement | null
    if (choice && [...choice.options].some((option) => code && option.value === code)) {
      this.set('', code)
      return
    }
    this.set(writePlace(this.along()?.getClosestPoint(place) ?? place), '')
  }

  /** Write both fields as one step. */
  private set(text: string, site: string): void {
    this.stepping = true
    enter(this.dataset.siteField, site)
    enter(this.dataset.field, text)
    this.stepping = false
    this.take()
  }

  private along(): LineString | undefined {
    const span = this.plant.find((feature) => !isSite(feature) && feature.get('code') === this.dataset.along)
    return span?.getGeometry() as LineString | undefined
  }

  private get text(): string { return field(this.dataset.field)?.value ?? '' }

  private get held(): [string, string] { return [this.text, field(this.dataset.siteField)?.value ?? ''] }

  private get length(): number {
    return lineLength((this.line.getGeometry()?.getCoordinates() ?? []).map(toWgs84))
  }

  /** Draw what the field says; what cannot be read is left to the server to judge. */
  private readField(): void {
    const places = this.text.split('\n').filter((words) => words.trim()).map(readPlace)
    const known = places.filter((place) => place !== null)
    if (this.isLine) this.line.setGeometry(known.length > 1 && known.length === places.length ? new LineString(known) : undefined)
    else this.point.setGeometry(this.sitePoint() ?? (known[0] ? new Point(known[0]) : undefined))
    this.tell()
  }

  private sitePoint(): Point | null {
    const code = field(this.dataset.siteField)?.value
    const site = code && this.plant.find((feature) => isSite(feature) && feature.get('code') === code)
    return site ? new Point((site.getGeometry() as Point).getCoordinates()) : null
  }

  private writeField(): void {
    if (!this.isLine) {
      const place = this.point.getGeometry()!.getCoordinates()
      this.put(place, this.canvas!.map.getPixelFromCoordinate(place))
      return
    }
    enter(this.dataset.field, this.line.getGeometry()!.getCoordinates().map(writePlace).join('\n'))
  }

  /** The field was changed, here or by typing: a new state to go back from. */
  private take(): void {
    this.readField()
    if (this.stepping || String(this.held) === String(this.past[this.now])) return
    this.past = [...this.past.slice(0, this.now + 1), this.held]
    this.now += 1
    this.tell()
  }

  private step(by: 1 | -1): void {
    const held = this.past[this.now + by]
    if (!held) return
    this.now += by
    this.stepping = true
    enter(this.dataset.field, held[0])
    enter(this.dataset.siteField, held[1])
    this.stepping = false
    this.readField()
  }

  private tell(): void {
    this.undoing.disabled = this.now === 0
    this.redoing.disabled = this.now >= this.past.length - 1
    this.words.textContent = this.isLine ? this.lineWords() : this.pointWords()
  }

  private lineWords(): string {
    if (!this.line.getGeometry()) return 'The map cannot read the line as it is typed; it can be checked all the same.'
    const { length, startLength } = this
    const difference = this.startLength && Math.abs(length - startLength) >= 0.05 ? ` (${metres(startLength)} before)` : ''
    return `${metres(length)} along the line${difference}. Drag the line to bend it; hold Alt and click a bend to take it away.`
  }

  private pointWords(): string {
    const place = this.point.getGeometry()?.getCoordinates()
    const line = this.along()
    if (!place) return line ? 'Click where the span is split.' : 'Click where the site is.'
    if (!line) return `At ${gridReference(place)}.`
    const [before, after] = parts(line, line.getClosestPoint(place))
    return `${metres(before)} of the line before it, ${metres(after)} after.`
  }

  private look(): Style[] {
    const { palette } = this
    const place = this.point.getGeometry()
    const dot = (radius: number, width: number) => new Circle({ radius, fill: new Fill({ color: palette.halo }), stroke: new Stroke({ color: palette['route-1'], width }) })
    if (!this.isLine) return place ? [new Style({ geometry: place, image: dot(8, 4) })] : []
    return [
      new Style({ stroke: new Stroke({ color: palette.halo, width: 8 }) }),
      new Style({ stroke: new Stroke({ color: palette['route-1'], width: 4 }) }),
      new Style({ geometry: new MultiPoint(this.line.getGeometry()?.getCoordinates() ?? []), image: dot(5, 2.5) }),
    ]
  }
}

/** The lengths in metres of a line before and after a point on it. */
function parts(line: LineString, at: Coordinate): [number, number] {
  const points = line.getCoordinates()
  const off = points.slice(1).map((end, index) => new LineString([points[index]!, end]).getClosestPoint(at)).map((foot) => Math.hypot(foot[0]! - at[0]!, foot[1]! - at[1]!))
  const piece = off.indexOf(Math.min(...off))
  const before = [...points.slice(0, piece + 1), at].map(toWgs84)
  const after = [at, ...points.slice(piece + 1)].map(toWgs84)
  return [lineLength(before), lineLength(after)]
}
