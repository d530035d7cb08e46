import { expect, test } from "vitest"
import { typed } from "./times"

test("times as people type them", () => {
  expect(typed("12:34")).toBe(754_000)
  expect(typed("1:02:03")).toBe(3_723_000)
  expect(typed(" 90：00 ")).toBe(5_400_000)
  expect(typed("")).toBeNull()
  for (const wrong of ["12", "1:60", "a:b", "1:2:3:4", "-1:00", "1:"]) expect(typed(wrong)).toBeNaN()
})
