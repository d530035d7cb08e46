import { expect, test } from "vitest"
import type { Item } from "../wire/meetings"
import type { Recording } from "../wire/recordings"
import { beginning, chapterAt, chapterFrom, chaptersOf, heldAt, heldOf, landing, leftOut, ownTime, percent, Watched } from "./spans"

const item = (id: string, start: number | null, end: number | null): Item => ({
  id, position: 0, part: 1, title: id, matter: null, access_class: "open", start_ms: start, end_ms: end, decision: null, votes: [], asked_ms: null, confirmed: false, hidden: false, opens_bids: false, voting: null,
})

test("chapters are the opened items in time's order, the running one until now", () => {
  const chapters = chaptersOf([item("b", 5_000, null), item("x", null, null), item("a", 0, 5_000)], 9_000)
  expect(chapters.map((c) => [c.id, c.start, c.end])).toEqual([["a", 0, 5_000], ["b", 5_000, 9_000]])
  expect(chapterAt(chapters, 4_999)?.id).toBe("a")
  expect(chapterAt(chapters, 5_000)?.id).toBe("b")
  expect(chapterAt(chapters, 9_000)).toBeNull()
})

test("chapter by chapter, forwards and back", () => {
  const chapters = chaptersOf([item("a", 10_000, 20_000), item("b", 30_000, 40_000)], 60_000)
  expect(chapterFrom(chapters, 0, 1, 60_000)).toBe(10_000)
  expect(chapterFrom(chapters, 10_000, 1, 60_000)).toBe(30_000)
  expect(chapterFrom(chapters, 35_000, 1, 60_000)).toBe(60_000)
  expect(chapterFrom(chapters, 35_000, -1, 60_000)).toBe(30_000)
  expect(chapterFrom(chapters, 31_000, -1, 60_000)).toBe(10_000)
  expect(chapterFrom(chapters, 5_000, -1, 60_000)).toBe(0)
})

test("a percentage stays inside", () => {
  expect(percent(50, 0)).toBe(0)
  expect(percent(-5, 100)).toBe(0)
  expect(percent(150, 100)).toBe(100)
  expect(percent(25, 100)).toBe(25)
})

test("watched spans end at a seek, and add up to what was played", () => {
  const watched = new Watched()
  for (let at = 0; at <= 3_000; at += 250) expect(watched.feed(at)).toBeNull()
  expect(watched.feed(60_000)).toEqual([0, 3_000])
  watched.feed(60_250)
  expect(watched.cut()).toEqual([60_000, 60_250])
  watched.feed(60_500)
  expect(watched.feed(10_000)).toEqual([60_250, 60_500])
  expect(watched.flush()).toBeNull()
})

test("a replay begins at the first picture, when that comes within a second", () => {
  expect(beginning(181)).toBe(182)
  expect(beginning(0)).toBe(0)
  expect(beginning(1_000)).toBe(0)
  expect(beginning(undefined)).toBe(0)
})

test("a move never ends in a part that is held back, nor sticks at it", () => {
  const held = heldOf([{ start_ms: 20_000, end_ms: 40_000 }, { start_ms: 90_000, end_ms: null }], 100_000)
  expect(held).toEqual([{ start: 20_000, end: 40_000 }, { start: 90_000, end: 100_000 }])
  expect(heldAt(held, 39_999)).toBe(held[0])
  expect(heldAt(held, 40_000)).toBeNull()
  expect(landing(held, 0, 10_000, 100_000)).toBe(10_000)
  expect(landing(held, 0, 25_000, 100_000)).toBe(40_001)
  // Five seconds back from just behind it.
  expect(landing(held, 41_000, 36_000, 100_000)).toBe(15_000)
  // Nothing follows the last one.
  expect(landing(held, 50_000, 95_000, 100_000)).toBeNull()
  // Nothing stands before the first one.
  expect(landing(heldOf([{ start_ms: 0, end_ms: 10_000 }], 60_000), 12_000, 7_000, 60_000)).toBe(10_001)
})

test("a later part of a meeting has a time line of its own", () => {
  const part = ownTime({
    start_ms: 60_000, duration_ms: 30_000, gaps: [], tracks: [], coverage: null,
    marks: [{ id: "m1", kind: "mark", label: "", start_ms: 10_000, end_ms: null, item: null, decision: null }, { id: "m2", kind: "vote", label: "", start_ms: 70_000, end_ms: null, item: null, decision: null }],
    restricted: [{ start_ms: 80_000, end_ms: null }],
    meeting: { items: [item("a", 0, 50_000), item("b", 55_000, 65_000), item("c", 70_000, null), item("x", null, null)], breaks: [] },
  } as unknown as Recording)
  expect(part.meeting.items.map((one) => [one.id, one.start_ms, one.end_ms])).toEqual([["b", 0, 5_000], ["c", 10_000, null]])
  expect(part.marks.map((one) => [one.id, one.start_ms])).toEqual([["m2", 10_000]])
  expect(part.restricted).toEqual([{ start_ms: 20_000, end_ms: null }])
})

test("a camera that was not shown is left out, one of a meeting that keeps all is a gap or nothing", () => {
  const tracks = [{ id: "c", kind: "camera", start_ms: 60_000, end_ms: 90_000, spans: [{ start_ms: 60_000, end_ms: 62_000 }, { start_ms: 80_000, end_ms: 90_000 }] }, { id: "m", kind: "microphone", start_ms: 0, end_ms: 0, spans: [] }]
  const recording = (pictures: string): Recording =>
    ownTime({ start_ms: 60_000, duration_ms: 30_000, pictures, gaps: [], tracks, coverage: null, marks: [], restricted: [], meeting: { items: [], breaks: [] } } as unknown as Recording)
  const shown = recording("shown")
  expect(shown.tracks[0]?.spans).toEqual([{ start_ms: 0, end_ms: 2_000 }, { start_ms: 20_000, end_ms: 30_000 }])
  expect([0, 1_999, 2_000, 19_999, 20_000].map((at) => leftOut(shown, "c", at))).toEqual([false, false, true, true, false])
  expect(leftOut(shown, "m", 5_000)).toBe(false)
  expect(leftOut(recording("all"), "c", 5_000)).toBe(false)
})
