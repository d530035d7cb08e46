// Reads the app, unless public/old.js has told the browser that it is too old; of a page that was reloaded in a running
// meeting its camera is open first.

import "./older"
import { earlyRuns } from "./copy/early"

if (!window.huiluTooOld) void earlyRuns().then(() => import("./app"))
