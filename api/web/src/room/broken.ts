// Which vote has to be taken again because something of it was not recorded. Pure.

import type { Gap } from "../wire/coverage"
import type { Item, Meeting } from "../wire/meetings"

/** A hole below this is none (judging.toml). */
const LEAST_MS = 1_000
/** Of a vote whose question nobody said was read (judging.toml). */
const SPAN_MS = 30_000
/** What is not known yet may only be on its way to the disk; breaths at the ends are no holes in a vote. */
const NONE = new Set(["unknown", "starting", "ending"])

export interface Broken {
  item: Item
  /** Its result was announced already. */
  voted: boolean
}

const inside = (gaps: Gap[], from: number, to: number): boolean =>
  gaps.some((gap) => !NONE.has(gap.cause) && Math.min(gap.end_ms, to) - Math.max(gap.start_ms, from) > 0 && gap.end_ms - gap.start_ms >= LEAST_MS)

/** The open vote while the recording is unwell, or with a hole in it; else one that was taken, whose last span has a
 *  hole and that was not begun again. */
export function brokenVote(meeting: Meeting, gaps: Gap[], unwell: boolean): Broken | null {
  if (!meeting.recorded) return null
  const open = meeting.items.find((item) => item.asked_ms !== null)
  if (open) return unwell || inside(gaps, open.asked_ms ?? 0, Infinity) ? { item: open, voted: false } : null
  for (const item of meeting.items) {
    const last = item.votes[item.votes.length - 1]
    if (last && inside(gaps, last.asked_ms ?? last.at_ms - SPAN_MS, last.at_ms)) return { item, voted: true }
  }
  return null
}
