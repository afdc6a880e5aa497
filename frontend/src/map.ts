/** What pages with a map load besides: the `<plant-map>` and `<plant-editor>` elements. */
import 'ol/ol.css'
import './css/map.css'
import { PlantEditor } from './map/editing'
import { PlantMap } from './map/plant-map'

customElements.define('plant-map', PlantMap)
customElements.define('plant-editor', PlantEditor)
