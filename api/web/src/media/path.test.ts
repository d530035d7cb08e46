import { expect, test } from "vitest"
import { PathWatch, WATCH_MS } from "./path"

test("a path that falls silent is dead within 1.5 s, whenever it breaks", () => {
  for (let broken = 1_000; broken < 1_600; broken += 10) {
    const watch = new PathWatch(0)
    let found: number | null = null
    for (let now = 0; now <= 4_000 && found === null; now += WATCH_MS) {
      if (watch.feed(now, Math.min(now, broken))) found = now
    }
    expect(found).not.toBeNull()
    expect((found ?? 0) - broken).toBeLessThanOrEqual(1_500)
  }
})

test("while nobody speaks two reports a second are life enough, also when they are late", () => {
  const watch = new PathWatch(0)
  for (let now = 0; now < 60_000; now += WATCH_MS) {
    const late = now % 3_000 < 500 ? 400 : 0
    expect(watch.feed(now, Math.floor((now - late) / 500))).toBe(false)
  }
})

test("restarts have a pause between them and stop when bytes arrive", () => {
  const watch = new PathWatch(0)
  const tries: number[] = []
  for (let now = 0; now < 10_000; now += 100) if (watch.feed(now, 7)) tries.push(now)
  for (let i = 1; i < tries.length; i += 1) expect((tries[i] ?? 0) - (tries[i - 1] ?? 0)).toBeGreaterThanOrEqual(2_000)
  expect(tries.length).toBeGreaterThan(1)
  expect(watch.feed(10_100, 8)).toBe(false)
})
