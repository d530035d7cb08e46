// Reads the app; of a page that was reloaded in a running meeting its camera is open first.

import "./older"
import { earlyRuns } from "./copy/early"

void earlyRuns().then(() => import("./app"))
