import { expect, test } from "vitest"
import { dayBefore, daysBetween } from "./notices"

test("days are counted over the ends of months and years", () => {
  expect(daysBetween("2026-11-28", "2026-12-14")).toBe(16)
  expect(daysBetween("2026-12-31", "2027-01-01")).toBe(1)
  expect(daysBetween("2026-11-28", "2026-11-28")).toBe(0)
  expect(dayBefore("2027-03-01")).toBe("2027-02-28")
})
