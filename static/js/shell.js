// What every page runs. A page's own module is loaded beside it (block page_scripts).

import "../vendor/htmx.js";
import "./copy-button.js";
import { start as startForms } from "./forms.js";
import { start as startOverlays } from "./overlays.js";
import { start as startTimes } from "./relative-time.js";
import { start as startRequests } from "./requests.js";
import { start as startShortcuts } from "./shortcuts.js";
import { start as startTheme } from "./theme.js";
import { start as startToasts } from "./toasts.js";

startRequests();
startToasts();
startForms();
startOverlays();
startTimes();
startTheme();
startShortcuts();
