import { expect, test } from "vitest"
import { PathWatch } from "./path"

test("a busy path that falls silent is dead within 1.5 s at a reading every 200 ms", () => {
  const watch = new PathWatch(0)
  let found: number | null = null
  for (let now = 0; now <= 4_000 && found === null; now += 200) {
    const bytes = now <= 1_000 ? now : 1_000
    if (watch.feed(now, { bytesReceived: bytes, busy: true })) found = now
  }
  expect(found).not.toBeNull()
  expect((found ?? 0) - 1_000).toBeLessThanOrEqual(1_500)
})

test("a quiet path is left alone between consent checks", () => {
  const watch = new PathWatch(0)
  for (let now = 0; now < 60_000; now += 200) {
    expect(watch.feed(now, { bytesReceived: Math.floor(now / 5_000), busy: false })).toBe(false)
  }
})

test("restarts have a pause between them and stop when bytes arrive", () => {
  const watch = new PathWatch(0)
  const tries: number[] = []
  for (let now = 0; now < 10_000; now += 100) if (watch.feed(now, { bytesReceived: 7, busy: true })) tries.push(now)
  for (let i = 1; i < tries.length; i += 1) expect((tries[i] ?? 0) - (tries[i - 1] ?? 0)).toBeGreaterThanOrEqual(3_000)
  expect(tries.length).toBeGreaterThan(1)
  expect(watch.feed(10_100, { bytesReceived: 8, busy: true })).toBe(false)
})
