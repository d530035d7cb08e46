// What the hub made of a recording for its time line: tiles (WebVTT), loudness, quality marks. Milliseconds from the
// recording's start.

import type { QualityMark } from "../wire/recordings"

export interface Tile {
  start: number
  end: number
  url: string
  /** Its place on a sheet, in pixels; none: the picture is the tile. */
  left: number | null
  top: number
  width: number
  height: number
}

export const STEP_MS = 100
const TILE = { width: 160, height: 90 }

const CUE = /^(\d+):(\d\d):(\d\d)\.(\d{3}) --> (\d+):(\d\d):(\d\d)\.(\d{3})$/

/** The cues of a list whose own address ends at `base`; what can't be read is left out. */
export function tilesOf(text: string, base: string): Tile[] {
  const lines = text.split("\n")
  const tiles: Tile[] = []
  lines.forEach((line, at) => {
    const cue = CUE.exec(line.trim())
    const target = lines[at + 1]?.trim()
    if (!cue || !target) return
    const [, h1, m1, s1, f1, h2, m2, s2, f2] = cue.map(Number) as number[]
    const ms = (h = 0, m = 0, s = 0, f = 0): number => ((h * 60 + m) * 60 + s) * 1000 + f
    const [url, place] = target.split("#xywh=")
    const xywh = place?.split(",").map(Number)
    tiles.push({
      start: ms(h1, m1, s1, f1),
      end: ms(h2, m2, s2, f2),
      url: base + (url ?? ""),
      left: xywh?.[0] ?? null,
      top: xywh?.[1] ?? 0,
      width: xywh?.[2] ?? TILE.width,
      height: xywh?.[3] ?? TILE.height,
    })
  })
  return tiles
}

export function tileAt(tiles: Tile[], at: number): Tile | null {
  return tiles.find((tile) => at >= tile.start && at < tile.end) ?? null
}

/** Of several microphones the loudest, moment by moment. */
export function loudestOf(all: Uint8Array[]): Uint8Array {
  const out = new Uint8Array(Math.max(0, ...all.map((one) => one.length)))
  for (const one of all) one.forEach((value, at) => (out[at] = Math.max(out[at] ?? 0, value)))
  return out
}

/** The loudest of each of `count` equal parts of the whole, 0 to 1; null where nothing was recorded. */
export function columnsOf(levels: Uint8Array, duration: number, count: number): (number | null)[] {
  const steps = duration / STEP_MS
  return Array.from({ length: count }, (_, column) => {
    const from = Math.floor((column * steps) / count)
    const until = Math.max(from + 1, Math.floor(((column + 1) * steps) / count))
    let most = 0
    for (let at = from; at < until && at < levels.length; at += 1) most = Math.max(most, levels[at] ?? 0)
    return most === 0 ? null : (most - 1) / 254
  })
}

/** On the recording's own time line, and inside it. */
export function ownMarks(marks: QualityMark[], start: number): QualityMark[] {
  return marks
    .map((mark) => ({ ...mark, start_ms: Math.max(0, mark.start_ms - start), end_ms: mark.end_ms - start }))
    .filter((mark) => mark.end_ms > mark.start_ms)
}
