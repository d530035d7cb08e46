// The service worker, by which a page comes back without a line, and the word that tells it how the line is.

const CACHE = "huilu-app"
const DOWN = "/__line-is-down"

export function startWorker(): void {
  if (!("serviceWorker" in navigator) || !import.meta.env.PROD) return
  navigator.serviceWorker
    .register("/sw.js")
    .then(() => navigator.serviceWorker.ready)
    .then((ready) => ready.active?.postMessage({ type: "refresh" }))
    // A browser that doesn't trust the certificate has none: then a reload needs the line.
    .catch((error: unknown) => console.info("no service worker:", error))
}

/** While the line is down nobody is asked first: a page that is reloaded is there at once. */
export async function lineIs(down: boolean): Promise<void> {
  if (typeof caches === "undefined") return
  try {
    const cache = await caches.open(CACHE)
    if (down) await cache.put(DOWN, new Response("1"))
    else await cache.delete(DOWN)
  } catch {
    // No cache, no worker.
  }
}
