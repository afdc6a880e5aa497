/** What every page loads: the styles, htmx, and three small behaviours. Without it each page still works. */
import './cni.css'
import 'htmx.org'
import { closeMenusFromOutside } from './menus'
import { focusFirstProblem } from './problems'
import { offerThemes } from './theme-switch'

offerThemes()
closeMenusFromOutside()
focusFirstProblem(document)
document.addEventListener('htmx:after:swap', () => focusFirstProblem(document))
