import { expect, test } from "vitest"
import type { Gap } from "../wire/coverage"
import type { Item, Meeting, Vote } from "../wire/meetings"
import { brokenVote } from "./broken"

const gap = (start_ms: number, end_ms: number, cause = "recorder"): Gap => ({ track: null, start_ms, end_ms, cause, cause_zh: "", cause_en: "", packets: null })
const vote = (asked_ms: number | null, at_ms: number): Vote => ({ asked_ms, at_ms }) as Vote
const meeting = (asked_ms: number | null, votes: Vote[] = [], recorded = true): Meeting =>
  ({ recorded, items: [{ id: "a", asked_ms: null, votes: [] } as unknown as Item, { id: "b", asked_ms, votes } as unknown as Item] }) as Meeting

test("an open vote is broken as soon as the recording is unwell, and stays so by a hole", () => {
  expect(brokenVote(meeting(10_000), [], false)).toBeNull()
  expect(brokenVote(meeting(10_000), [], true)?.item.id).toBe("b")
  expect(brokenVote(meeting(10_000), [gap(12_000, 14_000)], false)).toMatchObject({ voted: false })
  expect(brokenVote(meeting(10_000), [gap(8_000, 10_000)], false)).toBeNull() // before the question was read
  expect(brokenVote(meeting(10_000), [gap(12_000, 12_900)], false)).toBeNull()
  expect(brokenVote(meeting(10_000), [gap(12_000, 30_000, "unknown")], false)).toBeNull()
})
test("of a vote that was taken the last span counts", () => {
  expect(brokenVote(meeting(null, [vote(10_000, 20_000)]), [gap(19_000, 21_000)], false)).toMatchObject({ voted: true })
  expect(brokenVote(meeting(null, [vote(10_000, 20_000), vote(30_000, 40_000)]), [gap(19_000, 21_000)], false)).toBeNull()
  expect(brokenVote(meeting(null, [vote(null, 50_000)]), [gap(19_000, 21_000)], false)).toMatchObject({ voted: true })
  expect(brokenVote(meeting(null, [vote(10_000, 20_000)]), [], true)).toBeNull() // unwell afterwards is no matter of the vote
})
test("a vote that was begun anew is looked at from there on, one that isn't recorded never", () => {
  expect(brokenVote(meeting(30_000, [vote(10_000, 20_000)]), [gap(15_000, 17_000)], false)).toBeNull()
  expect(brokenVote(meeting(10_000, [], false), [], true)).toBeNull()
})
