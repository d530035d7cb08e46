// The app: what it is made of, and what runs on every page.

import { createApp } from "vue"
import App from "./App.vue"
import "./frame/elements"
import { deliverWhatIsThere } from "./copy/delivering"
import { startEarly } from "./copy/running"
import { startWorker } from "./copy/worker"
import { router } from "./router"
import "./tokens.css"
import "./base.css"

// Outside of a meeting there are no figures.
window.huilu = { stats: () => Promise.resolve(null) }

startEarly()

createApp(App).use(router).mount("#app")
startWorker()
deliverWhatIsThere()
