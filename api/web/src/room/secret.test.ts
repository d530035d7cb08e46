import { expect, test } from "vitest"
import type { Item, Meeting, Vote } from "../wire/meetings"
import { secretVote } from "./secret"

const item = (more: Partial<Item>): Item => ({ id: "a", start_ms: 1_000, end_ms: null, asked_ms: null, votes: [], voting: { secret: true, election: false, written: false }, ...more }) as Item
const meeting = (items: Item[], state: Meeting["state"] = "open"): Meeting => ({ state, items }) as Meeting
const voted = [{}] as Vote[]

test("a secret vote is due from its item's beginning until it was counted, and while it is taken again", () => {
  expect(secretVote(meeting([item({})]))?.id).toBe("a")
  expect(secretVote(meeting([item({})], "break"))?.id).toBe("a")
  expect(secretVote(meeting([item({ start_ms: null })]))).toBeNull()
  expect(secretVote(meeting([item({ votes: voted })]))).toBeNull()
  expect(secretVote(meeting([item({ votes: voted, asked_ms: 9_000 })]))?.id).toBe("a")
  expect(secretVote(meeting([item({ end_ms: 9_000 })]))).toBeNull()
  expect(secretVote(meeting([item({})], "ended"))).toBeNull()
})
test("where nothing asks for it, it is secret once its form says so, and open hands never are", () => {
  const hands = { secret: false, election: false, written: false }
  expect(secretVote(meeting([item({ voting: hands }), item({ id: "b", voting: null, asked_ms: 9_000 })]))).toBeNull()
  expect(secretVote(meeting([item({ voting: hands }), item({ id: "b", voting: null, asked_ms: 9_000 })]), "b")?.id).toBe("b")
  expect(secretVote(meeting([item({ id: "b", voting: null })]), "b")).toBeNull()
})
