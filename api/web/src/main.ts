import "./older"
import { createApp } from "vue"
import App from "./App.vue"
import "./frame/elements"
import { router } from "./router"
import "./tokens.css"
import "./base.css"

// Outside of a meeting there are no figures.
window.huilu = { stats: () => Promise.resolve(null) }

createApp(App).use(router).mount("#app")
