// Keeps the app's own files (never an answer of the api), so that a page that is reloaded without a line comes back.
/* global self, caches, fetch, URL, Response, setTimeout */
const CACHE = "huilu-app"
const DOWN = "/__line-is-down"
const PATIENCE_MS = 2000

self.addEventListener("install", (event) => {
  event.waitUntil(refresh().then(() => self.skipWaiting()))
})
self.addEventListener("activate", (event) => event.waitUntil(self.clients.claim()))
self.addEventListener("message", (event) => {
  if (event.data && event.data.type === "refresh") event.waitUntil(refresh().catch(() => undefined))
})

// The files of the release that the hub serves now; those of older ones go.
async function refresh() {
  const cache = await caches.open(CACHE)
  const listed = await fetch("/files.json", { cache: "no-cache" })
  if (!listed.ok) throw new Error(String(listed.status))
  const files = (await listed.json()).map((name) => "/" + name)
  const there = new Set((await cache.keys()).map((request) => new URL(request.url).pathname))
  await cache.addAll(files.filter((name) => !there.has(name) || !name.startsWith("/assets/")))
  await cache.add(new Request("/", { cache: "no-cache" }))
  const wanted = new Set([...files, "/", DOWN])
  for (const name of there) if (!wanted.has(name)) await cache.delete(name)
}

self.addEventListener("fetch", (event) => {
  const { request } = event
  const url = new URL(request.url)
  if (request.method !== "GET" || url.origin !== self.location.origin) return
  if (/^\/(api|public|robots|trust|metrics|healthz|sw\.js)/.test(url.pathname)) return
  if (url.pathname.startsWith("/assets/")) event.respondWith(kept(request).then((found) => found || fetch(request)))
  else if (request.mode === "navigate") event.respondWith(page(request, "/"))
  else event.respondWith(page(request, url.pathname))
})

const kept = async (what) => (await caches.open(CACHE)).match(what)

// The hub's own answer where it comes soon, else what is kept.
async function page(request, name) {
  const own = await kept(name)
  if (!own) return fetch(request)
  if (await kept(DOWN)) return own
  const asked = fetch(request).then((answer) => (answer.status < 500 ? answer : own))
  const late = new Promise((resolve) => setTimeout(() => resolve(own), PATIENCE_MS))
  return Promise.race([asked, late]).catch(() => own)
}
