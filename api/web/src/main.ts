import "./older"
import { createApp } from "vue"
import App from "./App.vue"
import "./frame/elements"
import { router } from "./router"
import "./tokens.css"
import "./base.css"

createApp(App).use(router).mount("#app")
