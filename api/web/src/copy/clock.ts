// Where on a meeting's time line a moment of this device lies: the hub is asked for its time, the quickest answer counts.

import { get } from "../wire/http"

export interface ClockSample {
  /** This device's clock at the middle of the question, ms. */
  wall: number
  /** The meeting's time then, ms. */
  meeting: number
  /** At most so far off: half the way there and back. */
  error: number
  samples: number
}

/** Runs evenly while a page lives, also when somebody sets the clock. */
export const wallNow = (): number => performance.timeOrigin + performance.now()

interface Answer {
  elapsed_ms: number
  running: boolean
  /** When somebody ended it; null also where only absence did: then all that was recorded is of the meeting. */
  ended_ms: number | null
}

export async function ask(meeting: string, times: number): Promise<{ sample: ClockSample; answer: Answer }> {
  let best: { sample: ClockSample; answer: Answer } | null = null
  for (let samples = 1; samples <= times; samples += 1) {
    const before = wallNow()
    const answer = await get<Answer>(`/api/meetings/${meeting}/clock`, { quiet: true, timeoutMs: 5_000 })
    const after = wallNow()
    const error = (after - before) / 2
    if (!best || error < best.sample.error) best = { sample: { wall: before + error, meeting: answer.elapsed_ms, error, samples }, answer }
    best.sample.samples = samples
  }
  if (!best) throw new Error("asked never")
  return best
}

export interface Placed {
  start: number
  end: number
  clock: { error_ms: number; samples: number; drift_ms?: number }
}

/** A take on the meeting's time line, by the sample before it and the one after it; it begins within `loose` ms. Pure. */
export function placed(start: number, end: number, loose: number, before: ClockSample | null, after: ClockSample): Placed {
  const late = after.meeting - after.wall
  const early = before ? before.meeting - before.wall : late
  const offset = (early + late) / 2
  const drift = late - early
  const error = Math.max(before?.error ?? 0, after.error) + Math.abs(drift) / 2 + loose
  const samples = (before?.samples ?? 0) + after.samples
  const from = Math.max(0, Math.round(start + offset))
  return { start: from, end: Math.max(from + 1, Math.round(end + offset)), clock: { error_ms: Math.ceil(error), samples, ...(before ? { drift_ms: Math.round(drift) } : {}) } }
}
