// Hears of a changed network from the browser, as far as it tells. Estimates of speed alone are no change.

type Line = EventTarget & { readonly type?: string }

/** Calls `changed` when the browser is online again or another kind of network; gives back how to stop. */
export function followNetwork(changed: () => void): () => void {
  const line = (navigator as Navigator & { connection?: Line }).connection
  let kind = line?.type
  const moved = (): void => {
    if (line?.type === kind) return
    kind = line?.type
    if (kind !== "none") changed()
  }
  window.addEventListener("online", changed)
  line?.addEventListener("change", moved)
  return () => {
    window.removeEventListener("online", changed)
    line?.removeEventListener("change", moved)
  }
}
