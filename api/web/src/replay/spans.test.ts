import { expect, test } from "vitest"
import type { Item } from "../wire/types"
import { chapterAt, chapterFrom, chaptersOf, percent, Watched } from "./spans"

const item = (id: string, start: number | null, end: number | null): Item => ({
  id, position: 0, title: id, matter: null, access_class: "open", start_ms: start, end_ms: end, decision: null, votes: [],
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
