import './css/map.css'
