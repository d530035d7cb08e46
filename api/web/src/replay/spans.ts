// Arithmetic of the time line: chapters, where a moment lies, what was watched. Milliseconds of meeting time.

import type { Item } from "../wire/meetings"
import type { Recording, Span } from "../wire/recordings"

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

export interface Held {
  start: number
  end: number
}

/** What the reader is refused, held inside the recording. */
export function heldOf(restricted: Recording["restricted"], duration: number): Held[] {
  return restricted
    .map((one) => ({ start: Math.max(0, one.start_ms), end: Math.min(duration, one.end_ms ?? duration) }))
    .filter((one) => one.start < one.end)
}

export function heldAt(held: Held[], at: number): Held | null {
  return held.find((one) => at >= one.start && at < one.end) ?? null
}

// What is left after a held part must be worth a picture.
const LEAST_LEFT_MS = 500
const BACK_MS = 5_000

/**
 * Where a move from `from` to `to` ends: behind a held part, or before it when one moves back. Null when nothing
 * follows it (forwards) or nothing stands before it (back) that may be played.
 */
export function landing(held: Held[], from: number, to: number, duration: number): number | null {
  const part = heldAt(held, to)
  if (!part) return to
  // The first millisecond after it lies in the piece that follows.
  if (to >= from) return part.end + 1 < duration - LEAST_LEFT_MS ? part.end + 1 : null
  return part.start > LEAST_LEFT_MS ? landing(held, from, Math.max(0, part.start - BACK_MS), duration) : landing(held, to, to, duration)
}

/** Whether a camera was left out at this moment because it wasn't shown. */
export function leftOut(recording: Recording, track: string, at: number): boolean {
  const of = recording.pictures === "shown" ? recording.tracks.find((one) => one.id === track && one.kind === "camera") : undefined
  return of !== undefined && !of.spans.some((one) => at >= one.start_ms && at < one.end_ms)
}

// A camera's first picture comes a moment after the opening; before it stands black.
const FIRST_PICTURE_MS = 1_000

/** Where a replay begins when nobody asked for a moment: at the first picture, if it comes within the first second. */
export function beginning(pictureStart: number | undefined): number {
  // Rounded down to a millisecond by the hub: one more is surely in the picture.
  return pictureStart !== undefined && pictureStart > 0 && pictureStart < FIRST_PICTURE_MS ? pictureStart + 1 : 0
}

/** A part of a recording on its own time line: from 0, without what happened in other parts of the meeting. */
export function ownTime(recording: Recording): Recording {
  const by = recording.start_ms
  const shift = <T extends { start_ms: number; end_ms: number | null }>(all: T[]): T[] =>
    all
      .map((one) => ({ ...one, start_ms: one.start_ms - by, end_ms: one.end_ms === null ? null : one.end_ms - by }))
      .filter((one) => one.start_ms <= recording.duration_ms && (one.end_ms === null || one.end_ms >= 0))
  const { meeting } = recording
  const items = meeting.items.filter((item): item is Item & { start_ms: number } => item.start_ms !== null)
  return {
    ...recording,
    meeting: { ...meeting, items: shift(items).map((item) => ({ ...item, start_ms: Math.max(0, item.start_ms) })), breaks: shift(meeting.breaks) },
    tracks: recording.tracks.map((track) => ({ ...track, start_ms: track.start_ms - by, end_ms: track.end_ms - by, spans: shift(track.spans) as Span[] })),
    gaps: shift(recording.gaps) as Recording["gaps"],
    marks: shift(recording.marks).filter((mark) => mark.start_ms >= 0 || mark.end_ms !== null),
    restricted: shift(recording.restricted),
    coverage: recording.coverage && { ...recording.coverage, gaps: shift(recording.coverage.gaps) as Recording["gaps"] },
  }
}
