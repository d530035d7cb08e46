import { expect, test } from "vitest"
import { PathWatch, WATCH_MS, type Reading } from "./path"

const REPORT_MS = 250
/** A path of 50 packets a second each way, of which one direction or both break. */
function living(at: number, breaks: { there?: number; back?: number } = {}): Reading {
  const arrived = Math.min(at, breaks.there ?? Infinity)
  const came = Math.min(at, breaks.back ?? Infinity)
  const sent = Math.floor(at / 20)
  // The last report that had something to tell, and came.
  const reported = Math.min(Math.ceil(arrived / REPORT_MS), Math.floor(came / REPORT_MS)) * REPORT_MS
  return { at, received: Math.floor(came / 20), sent, reported: Math.min(reported, Math.floor(at / REPORT_MS) * REPORT_MS), lost: 0 }
}

test.each(["there", "back"] as const)("a path on which nothing arrives %s is dead within 1.5 s, whenever it breaks", (way) => {
  for (let broken = 5_000; broken < 5_600; broken += 10) {
    const watch = new PathWatch()
    let found: number | null = null
    for (let now = 0; now <= 9_000 && found === null; now += WATCH_MS) if (watch.feed(living(now, { [way]: broken }))) found = now
    expect(found).not.toBeNull()
    expect((found ?? 0) - broken).toBeGreaterThan(0)
    expect((found ?? 0) - broken).toBeLessThanOrEqual(1_500)
  }
})

test("while nobody speaks the reports are life enough, also when they are late", () => {
  const watch = new PathWatch()
  for (let now = 0; now < 60_000; now += WATCH_MS) {
    const late = now % 3_000 < 500 ? 400 : 0
    const reports = Math.floor((now - late) / REPORT_MS)
    expect(watch.feed({ at: now, received: reports, sent: 0, reported: null, lost: 0 })).toBe(false)
  }
})

test("a page that sends nothing is not told of anything, and that is no death", () => {
  const watch = new PathWatch()
  for (let now = 0; now < 60_000; now += WATCH_MS) {
    expect(watch.feed({ at: now, received: now, sent: 7, reported: 5, lost: 0 })).toBe(false)
  }
})

test("a page that stood still looks again before it says anything", () => {
  const watch = new PathWatch()
  let now = 0
  for (; now < 2_000; now += WATCH_MS) watch.feed(living(now))
  for (let stall = 0; stall < 20; stall += 1) {
    now += 5_000
    // What was read as it fell asleep, once more, and then what has come meanwhile.
    expect(watch.feed({ ...living(now - 5_000 + WATCH_MS), at: now })).toBe(false)
    now += WATCH_MS
    expect(watch.feed(living(now))).toBe(false)
  }
})

test("where a fifth is lost, four reports lost in a row are no death", () => {
  const watch = new PathWatch()
  const seen = []
  for (let now = 0; now < 60_000; now += WATCH_MS) {
    const reported = now % 4_000 < 1_600 ? now - (now % 4_000) : now
    seen.push(watch.feed({ at: now, received: now, sent: now, reported, lost: 0.2 }))
  }
  expect(seen).not.toContain(true)
})

test("restarts have a pause between them and stop when the path is there again", () => {
  const watch = new PathWatch()
  const tries: number[] = []
  for (let now = 0; now < 10_000; now += 100) if (watch.feed({ at: now, received: 7, sent: 0, reported: null, lost: 0 })) tries.push(now)
  for (let i = 1; i < tries.length; i += 1) expect((tries[i] ?? 0) - (tries[i - 1] ?? 0)).toBeGreaterThanOrEqual(2_000)
  expect(tries.length).toBeGreaterThan(1)
  expect(watch.deadMs).toBeGreaterThan(9_000)
  expect(watch.feed({ at: 10_100, received: 8, sent: 0, reported: null, lost: 0 })).toBe(false)
  expect(watch.deadMs).toBe(0)
})
