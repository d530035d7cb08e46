// Arithmetic of the time line: chapters, where a moment lies, what was watched. Milliseconds of meeting time.

import type { Item } from "../wire/types"

export interface Chapter {
  id: string
  title: string
  start: number
  end: number
  decision: string | null
}

/** Agenda items that were opened, in the order of their start; one that still runs lasts until `now`. */
export function chaptersOf(items: Item[], now: number): Chapter[] {
  return items
    .filter((item): item is Item & { start_ms: number } => item.start_ms !== null)
    .map((item) => ({ id: item.id, title: item.title, start: item.start_ms, end: item.end_ms ?? now, decision: item.decision?.id ?? null }))
    .sort((a, b) => a.start - b.start)
}

export function chapterAt(chapters: Chapter[], at: number): Chapter | null {
  return chapters.find((chapter) => at >= chapter.start && at < chapter.end) ?? null
}

/** Start of the next chapter (+1) or of the one before (−1); a chapter begun less than 3 s ago counts as left. */
export function chapterFrom(chapters: Chapter[], at: number, way: 1 | -1, duration: number): number {
  const starts = chapters.map((chapter) => chapter.start)
  if (way > 0) return starts.find((start) => start > at + 1) ?? duration
  return [...starts].reverse().find((start) => start < at - 3_000) ?? 0
}

/** Percent of the whole, held inside it. */
export function percent(at: number, duration: number): number {
  return duration > 0 ? Math.min(100, Math.max(0, (at / duration) * 100)) : 0
}

/** Spans really watched: grows while play runs on, begins anew after a seek. */
export class Watched {
  private start: number | null = null
  private last = 0

  /** Feeds a moment of play; gives the finished span when this moment does not continue it. */
  feed(at: number, toleranceMs = 2_500): [number, number] | null {
    const goes = this.start !== null && at >= this.last && at - this.last <= toleranceMs
    const done = goes ? null : this.flush()
    if (this.start === null) this.start = at
    this.last = at
    return done
  }

  flush(): [number, number] | null {
    const span: [number, number] | null = this.start !== null && this.last > this.start ? [Math.floor(this.start), Math.ceil(this.last)] : null
    this.start = null
    return span
  }

  /** What was watched so far, and the span goes on from here. */
  cut(): [number, number] | null {
    const last = this.last
    const going = this.start !== null
    const span = this.flush()
    if (going) this.start = last
    return span
  }
}
