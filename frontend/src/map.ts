/** What pages with a map load besides: the `<plant-map>` element. */
import 'ol/ol.css'
import './css/map.css'
import { PlantMap } from './map/plant-map'

customElements.define('plant-map', PlantMap)
