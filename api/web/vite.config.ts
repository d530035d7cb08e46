import vue from "@vitejs/plugin-vue"
import { defineConfig, type Plugin } from "vite"

// The api that `npm run dev` speaks to; a built page is served by the api itself.
const hub = process.env.HUILU_URL ?? "https://localhost:8443"

/** What public/sw.js keeps on a device. */
const filesList: Plugin = {
  name: "files-list",
  generateBundle(_, bundle) {
    const names = ["early.js", "old.js", "seal.svg", ...Object.keys(bundle).filter((name) => name !== "index.html")]
    this.emitFile({ type: "asset", fileName: "files.json", source: JSON.stringify(names) })
  },
}

export default defineConfig({
  plugins: [vue(), filesList],
  build: {
    // 360, 奇安信 and UOS browsers stand on Chromium 87 and later; iPhones of 2020 on Safari 14.
    target: ["chrome87", "safari14"],
    cssTarget: ["chrome87", "safari14"],
    sourcemap: false,
    chunkSizeWarningLimit: 700,
    // A content policy without `data:` for scripts and fonts: nothing is inlined.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
  server: { proxy: { "/api": { target: hub, secure: false, ws: true } } },
})
