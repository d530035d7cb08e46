import { expect, test } from "vitest"
import { differs } from "./sizes"

test("a size is told first, when it changes by more than a tenth, and when it is out of sight", () => {
  expect(differs(undefined, [0, 0])).toBe(true)
  expect(differs([640, 360], [660, 371])).toBe(false)
  expect(differs([640, 360], [640, 420])).toBe(true)
  expect(differs([640, 360], [0, 0])).toBe(true)
  expect(differs([0, 0], [0, 0])).toBe(false)
})
