import { expect, test } from "vitest"
import type { QualityMark } from "../wire/recordings"
import { columnsOf, loudestOf, ownMarks, tileAt, tilesOf } from "./glimpses"

const LIST = "WEBVTT\n\n00:00:00.000 --> 00:00:10.000\ntrk/sheet-000000-3.jpg#xywh=160,90,160,90\n\n01:00:10.000 --> 01:00:20.000\ntrk/000361.jpg\n\nrubbish --> here\nx\n"

test("tiles stand on a sheet or alone", () => {
  const tiles = tilesOf(LIST, "/api/tiles/")
  expect(tiles).toHaveLength(2)
  expect(tiles[0]).toMatchObject({ start: 0, end: 10_000, url: "/api/tiles/trk/sheet-000000-3.jpg", left: 160, top: 90 })
  expect(tiles[1]).toMatchObject({ start: 3_610_000, url: "/api/tiles/trk/000361.jpg", left: null, width: 160, height: 90 })
  expect(tileAt(tiles, 9_999)).toBe(tiles[0])
  expect(tileAt(tiles, 10_000)).toBeNull()
})

test("the loudest microphone is drawn, and nothing where nothing was recorded", () => {
  const levels = loudestOf([Uint8Array.of(1, 255, 0), Uint8Array.of(128, 2, 0, 0)])
  expect([...levels]).toEqual([128, 255, 0, 0])
  expect(columnsOf(levels, 400, 4)).toEqual([0.5, 1, null, null])
  expect(columnsOf(levels, 400, 2)).toEqual([1, null])
  // More columns than steps: a step is drawn twice.
  expect(columnsOf(Uint8Array.of(1, 255), 200, 4)).toEqual([0, 0, 1, 1])
  expect(loudestOf([])).toHaveLength(0)
})

test("marks of a later part stand on its own time line", () => {
  const mark = (start_ms: number, end_ms: number): QualityMark => ({ id: "q", track: null, kind: "silent", start_ms, end_ms, state: "proposed", answered_as: null, answered_wall: null, remark: null })
  expect(ownMarks([mark(0, 50), mark(90, 130)], 100).map((one) => [one.start_ms, one.end_ms])).toEqual([[0, 30]])
})
