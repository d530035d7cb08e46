import { expect, test } from "vitest"
import type { Slot } from "../wire/messages"
import { seen } from "./slots"

const track = (kind: string): MediaStreamTrack => ({ kind }) as MediaStreamTrack
const slot = (mid: string, publisher: string | null, kind: "audio" | "video" = "video"): Slot => ({ mid, kind, publisher, source: null, unit: null, source_kind: null })

test("a slot is shown when its track is there; every audio slot is played", () => {
  const tracks = new Map([["3", track("video")], ["12", track("audio")], ["13", track("audio")]])
  const views = seen([slot("3", "a"), slot("4", "b"), slot("12", "a", "audio")], tracks)
  expect(views.map((view) => [view.mid, view.publisher])).toEqual([["3", "a"], ["12", "a"], ["13", null]])
})
