import { expect, test } from "vitest"
import { joined } from "./delivering"

test("takes that overlap, or lie within one another, count once", () => {
  expect(joined([])).toBe(0)
  expect(joined([{ start: 0, last: 20 }, { start: 17, last: 40 }, { start: 50, last: 60 }])).toBe(50)
  expect(joined([{ start: 17, last: 40 }, { start: 0, last: 50 }])).toBe(50)
})
