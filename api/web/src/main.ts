import "./older"
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

// Before anything else: each moment counts that nobody records.
startEarly()

createApp(App).use(router).mount("#app")
startWorker()
deliverWhatIsThere()
