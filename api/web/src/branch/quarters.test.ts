import { expect, test } from "vitest"
import { dayIn, quarterOf, shifted } from "./quarters"

test("quarters follow each other over the year's end", () => {
  expect([quarterOf("2026-12-31"), quarterOf("2027-01-01"), quarterOf("2026-03-31")]).toEqual(["2026Q4", "2027Q1", "2026Q1"])
  expect([shifted("2026Q4", 1), shifted("2027Q1", -1), shifted("2026Q2", -4)]).toEqual(["2027Q1", "2026Q4", "2025Q2"])
})

test("the 31st of a short month is its last day", () => {
  expect([dayIn("2027-02", 31), dayIn("2026-11", 15)]).toEqual(["2027-02-28", "2026-11-15"])
})
