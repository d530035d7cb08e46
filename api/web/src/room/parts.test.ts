import { expect, test } from "vitest"
import type { Meeting, Part } from "../wire/meetings"
import { current, kindsOf, nameOf, needed, partsOf } from "./parts"

const part = (number: number, begun_ms: number | null, unit = "a"): Part =>
  ({ number, begun_ms, kind_name: `kind ${number}`, unit: { id: unit, name: unit } }) as unknown as Part
const meeting = (...parts: Part[]): Meeting => ({ unit: { id: "a", name: "a" }, parts }) as unknown as Meeting

test("the part that began last is on, and before the opening the first", () => {
  expect(current(meeting(part(1, null), part(2, null)))?.number).toBe(1)
  expect(current(meeting(part(1, 0), part(2, null)))?.number).toBe(1)
  expect(current(meeting(part(1, 0), part(2, 90), part(3, 50)))?.number).toBe(2)
  expect(partsOf({} as Meeting)).toEqual([])
})

test("whose a part is stands where the meeting has several units", () => {
  const alone = meeting(part(1, null), part(2, null))
  expect(nameOf(alone, part(2, null))).toBe("kind 2")
  const joint = meeting(part(1, null), part(2, null, "b"))
  expect(nameOf(joint, part(1, null))).toBe("a kind 1")
  expect(kindsOf(joint)).toBe("a kind 1、b kind 2")
})

test("a quorum at its border", () => {
  const two_thirds = { numerator: 2, denominator: 3, at_least: true }
  const half = { numerator: 1, denominator: 2, at_least: false }
  expect([15, 16, 17, 18].map((due) => needed(due, two_thirds))).toEqual([10, 11, 12, 12])
  expect([4, 5, 6].map((due) => needed(due, half))).toEqual([3, 3, 4])
})
