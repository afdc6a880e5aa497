import Feature from 'ol/Feature'
import type { Coordinate } from 'ol/coordinate'
import { LineString, MultiPoint } from 'ol/geom'
import VectorLayer from 'ol/layer/Vector'
import VectorSource from 'ol/source/Vector'
import { Circle, Fill, Stroke, Style } from 'ol/style'
import { button } from './details'
import { type SitePair, enter, field } from './fields'
import { lineLength } from './geodesic'
import type { Palette } from './palette'
import { metres } from './plant'
import { toGrid, toWgs84 } from './projection'

/** Where the line, its ends and its length go, and how to find a site's place. */
export interface DrawingForm {
  ends: SitePair
  geometryField: string
  lengthField: string | undefined
  placeOf: (code: string) => Coordinate | undefined
  nameOf: (code: string) => string
}

/** Draws one span from site to site: a click on a site starts or ends it, clicks between are its bends. */
export class Drawing {
  readonly layer: VectorLayer
  readonly bar = document.createElement('div')
  private readonly line = new Feature<LineString>()
  private readonly words = document.createElement('p')
  private points: Coordinate[] = []

  constructor(private readonly form: DrawingForm, private readonly palette: () => Palette) {
    this.layer = new VectorLayer({ source: new VectorSource({ features: [this.line] }), style: () => this.style(), zIndex: 4 })
    this.words.setAttribute('role', 'status')
    this.bar.className = 'map-drawing'
    this.bar.append(this.words, button('Undo the last point', () => this.undo()), button('Start again', () => this.restart()))
    this.form.ends.onChange(() => this.joinTypedEnds())
    field(form.geometryField)?.addEventListener('change', () => this.readTyped(true))
    this.readTyped(false)
  }

  /** Take a click: on a site (its code) or between sites. */
  click(place: Coordinate, site: string | null): void {
    const { ends } = this.form
    if (this.finished || (this.points.length === 0 && !site)) return this.tell()
    if (site && site === ends.from) return
    this.points.push((site && this.form.placeOf(site)) || place)
    if (site && this.points.length === 1) {
      ends.setTo('')
      ends.setFrom(site)
    } else if (site) ends.setTo(site)
    this.show()
  }

  /** Let the line follow the pointer until it ends at a site. */
  follow(place: Coordinate): void {
    if (this.points.length > 0 && !this.finished) this.line.setGeometry(new LineString([...this.points, place]))
  }

  private get finished(): boolean {
    return this.points.length > 1 && this.form.ends.to !== ''
  }

  private undo(): void {
    if (this.form.ends.to) this.form.ends.setTo('')
    else if (this.points.length === 1) this.form.ends.setFrom('')
    this.points.pop()
    this.show()
  }

  private restart(): void {
    this.points = []
    this.form.ends.setFrom('')
    this.form.ends.setTo('')
    this.show()
  }

  /** Both ends chosen in the form and nothing drawn between: the straight line. Other ends than drawn: the line is bent to them. */
  private joinTypedEnds(): void {
    const [from, to] = [this.form.placeOf(this.form.ends.from), this.form.placeOf(this.form.ends.to)]
    if (!from || !to) return
    this.points = [from, ...this.points.slice(1, -1), to]
    this.show()
  }

  /** Take the line in the form; only a line typed anew changes the length, which may have been measured otherwise. */
  private readTyped(anew: boolean): void {
    const typed = field(this.form.geometryField)?.value ?? ''
    const pairs = [...typed.matchAll(/(-?\d+(?:\.\d+)?)\s+(-?\d+(?:\.\d+)?)/g)].map(([, lon, lat]) => toGrid([Number(lon), Number(lat)]))
    if (typed && pairs.length > 1) {
      this.points = pairs
      this.draw()
      if (anew) enter(this.form.lengthField, lineLength(pairs.map(toWgs84)).toFixed(1))
    } else this.tell()
  }

  private show(): void {
    const line = this.points.map(toWgs84)
    enter(this.form.geometryField, line.length > 1 ? wkt(line) : '')
    enter(this.form.lengthField, line.length > 1 ? lineLength(line).toFixed(1) : '')
    this.draw()
  }

  private draw(): void {
    this.line.setGeometry(this.points.length > 1 ? new LineString(this.points) : undefined)
    this.layer.changed()
    this.tell()
  }

  private tell(): void {
    const { ends, nameOf } = this.form
    const length = metres(lineLength(this.points.map(toWgs84)))
    if (this.finished) this.words.textContent = `${nameOf(ends.from)} – ${nameOf(ends.to)}: ${length} along the line.`
    else if (this.points.length) this.words.textContent = `From ${nameOf(ends.from)}, ${length} so far. Click each bend, then the site where the span ends.`
    else this.words.textContent = 'Click the site where the span begins.'
    this.bar.querySelectorAll('button').forEach((each) => { each.disabled = this.points.length === 0 })
  }

  private style(): Style[] {
    const palette = this.palette()
    return [
      new Style({ stroke: new Stroke({ color: palette.halo, width: 8 }) }),
      new Style({ stroke: new Stroke({ color: palette['route-1'], width: 4, ...(this.finished ? {} : { lineDash: [9, 6] }) }) }),
      new Style({
        geometry: new MultiPoint(this.points),
        image: new Circle({ radius: 5, fill: new Fill({ color: palette.halo }), stroke: new Stroke({ color: palette['route-1'], width: 2.5 }) }),
      }),
    ]
  }
}

/** Well-known text in WGS84, to the sixth decimal: a tenth of a metre. */
function wkt(line: Coordinate[]): string {
  return `LINESTRING (${line.map(([lon = 0, lat = 0]) => `${lon.toFixed(6)} ${lat.toFixed(6)}`).join(', ')})`
}
