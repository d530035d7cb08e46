import { expect, test } from "vitest"
import { placed } from "./clock"

const sample = (wall: number, meeting: number, error = 20) => ({ wall, meeting, error, samples: 4 })

test("a take lies where both samples say", () => {
  const found = placed(1_000_000, 1_060_000, 0, sample(990_000, 5_000), sample(1_070_000, 85_000))
  expect([found.start, found.end]).toEqual([15_000, 75_000])
  expect(found.clock.drift_ms).toBe(0)
})

test("a clock that drifted by a second is a second's half wrong at most, and says so", () => {
  const found = placed(1_000_000, 1_060_000, 0, sample(990_000, 5_000), sample(1_070_000, 86_000))
  expect(found.start).toBe(15_500)
  expect(found.clock.drift_ms).toBe(1_000)
  expect(found.clock.error_ms).toBeGreaterThanOrEqual(520)
})

test("a recorder that took its time to begin is so much less exactly placed", () => {
  const [sharp, blurred] = [0, 400].map((loose) => placed(1_000_000, 1_060_000, loose, null, sample(1_070_000, 85_000)))
  expect([sharp?.start, blurred?.start]).toEqual([15_000, 15_000])
  expect((blurred?.clock.error_ms ?? 0) - (sharp?.clock.error_ms ?? 0)).toBe(400)
})

test("what began before the meeting begins with it", () => {
  expect(placed(0, 10_000, 0, null, sample(20_000, 5_000)).start).toBe(0)
  expect(placed(0, 10_000, 0, null, sample(20_000, 5_000)).end).toBe(1)
})
