// Follows a recording that is being closed: soon at first, then rarely, and not for ever. Pure but for the timer.

import { onBeforeUnmount, ref, watch } from "vue"

const FIRST_MS = 1_000
const MOST_MS = 15_000
const SLOWER = 1.5
/** After so many looks (about ten minutes) somebody has to ask again by hand. */
const LOOKS = 45
/** From this look on (about 20 s) the page says that it takes long. */
const LONG = 6

/** How long to wait before look number `look` (from 0); null when it is enough. */
export function pauseBefore(look: number): number | null {
  return look < LOOKS ? Math.min(MOST_MS, FIRST_MS * SLOWER ** look) : null
}

/** `waiting` tells whether it is still being closed; `load` asks the hub and never throws. */
export function useArchiving(waiting: () => boolean, load: () => Promise<void>) {
  const long = ref(false)
  const stopped = ref(false)
  let look = 0
  let timer: number | null = null
  let alive = true

  function next(): void {
    const pause = pauseBefore(look)
    stopped.value = pause === null
    if (pause === null) return
    timer = window.setTimeout(async () => {
      timer = null
      look += 1
      long.value = look >= LONG
      await load()
      if (timer === null && alive && waiting()) next()
    }, pause)
  }
  function stop(): void {
    if (timer !== null) window.clearTimeout(timer)
    timer = null
  }
  async function again(): Promise<void> {
    stop()
    look = Math.min(look, LONG)
    await load()
    if (timer === null && alive && waiting()) next()
  }
  /** Somebody came back to the page: it may be done by now, or opened again elsewhere. */
  const back = (): void => void (document.visibilityState === "visible" && again())

  watch(
    waiting,
    (now) => {
      stop()
      look = 0
      long.value = stopped.value = false
      if (now) next()
    },
    { immediate: true },
  )
  document.addEventListener("visibilitychange", back)
  onBeforeUnmount(() => {
    alive = false
    stop()
    document.removeEventListener("visibilitychange", back)
  })
  return { long, stopped, again }
}
