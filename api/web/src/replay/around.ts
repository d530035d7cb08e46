// Tiles, loudness and quality of the recording on screen: fetched once when it is closed, again and again while it grows.

import { computed, onBeforeUnmount, ref, watch, type Ref } from "vue"
import { get, send } from "../wire/http"
import type { Quality, QualityMark, Recording, Track } from "../wire/recordings"
import { loudestOf, ownMarks, tilesOf, type Tile } from "./glimpses"

const AGAIN_MS = 15_000

export function useAround(id: string, recording: Ref<Recording | null>, picture: Ref<string>, sounds: Ref<Track[]>) {
  const tiles = ref<Tile[]>([])
  const levels = ref<Record<string, Uint8Array>>({})
  const found = ref<Quality | null>(null)
  const loud = computed(() => loudestOf(Object.values(levels.value)))
  const quality = computed<Quality | null>(() => found.value && { ...found.value, marks: ownMarks(found.value.marks, recording.value?.start_ms ?? 0) })
  const base = `/api/recordings/${id}`

  // Each is a comfort: what can't be had is left out, and asked for again.
  async function tilesNow(): Promise<void> {
    const own = picture.value
    if (!own) return
    const text = await (await send("GET", `${base}/tiles/${own}.vtt`, { quiet: true })).text()
    if (picture.value === own) tiles.value = tilesOf(text, `${base}/tiles/`)
  }
  async function loudNow(): Promise<void> {
    const all = await Promise.all(
      sounds.value.map(async (track) => [track.id, new Uint8Array(await (await send("GET", `${base}/loudness/${track.id}`, { quiet: true })).arrayBuffer())] as const),
    )
    levels.value = Object.fromEntries(all)
  }
  async function qualityNow(): Promise<void> {
    found.value = await get<Quality>(`${base}/quality`, { quiet: true })
  }
  const tried = (what: () => Promise<void>): void => void what().catch(() => undefined)
  function look(): void {
    if (!recording.value || recording.value.deleted_wall) return
    tried(tilesNow)
    tried(loudNow)
    tried(qualityNow)
  }
  let last = ""
  const timer = window.setInterval(() => {
    const state = recording.value?.state ?? ""
    if (state !== "closed" || last !== "closed") look()
    else if (!found.value?.measured) {
      // The worker's last look at it comes a moment after the end.
      tried(qualityNow)
      tried(tilesNow)
    }
    last = state
  }, AGAIN_MS)
  watch(picture, () => {
    tiles.value = []
    tried(tilesNow)
  })
  watch(() => sounds.value.map((track) => track.id).join(), () => tried(loudNow))
  watch(() => recording.value !== null, (there) => there && look())
  onBeforeUnmount(() => window.clearInterval(timer))

  function answered(mark: QualityMark): void {
    if (found.value) found.value = { ...found.value, marks: found.value.marks.map((one) => (one.id === mark.id ? mark : one)) }
  }
  return { tiles, loud, quality, answered }
}
