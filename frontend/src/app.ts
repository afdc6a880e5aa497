/** What every page loads: the styles, htmx, and five small behaviours. Without it each page still works. */
import './cni.css'
import 'htmx.org'
import { closeMenusFromOutside } from './menus'
import { focusFirstProblem } from './problems'
import { labelStackedTables } from './tables'
import { showCurrentTab } from './tabs'
import { offerThemes } from './theme-switch'

offerThemes()
closeMenusFromOutside()
afterEachChange()
document.addEventListener('htmx:after:swap', afterEachChange)

function afterEachChange(): void {
  focusFirstProblem(document)
  labelStackedTables(document)
  showCurrentTab(document)
}
