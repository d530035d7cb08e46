import { expect, test } from "vitest"
import { pauseBefore } from "./archiving"

test("a recording that is being closed is looked at soon, then rarely, then no more", () => {
  const pauses: number[] = []
  for (let look = 0, pause = pauseBefore(0); pause !== null; look += 1, pause = pauseBefore(look)) pauses.push(pause)
  expect(pauses[0]).toBe(1_000)
  expect(Math.max(...pauses)).toBe(15_000)
  expect([...pauses].sort((a, b) => a - b)).toEqual(pauses)
  expect(pauses.reduce((sum, pause) => sum + pause)).toBeLessThan(20 * 60_000)
})
