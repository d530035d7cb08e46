// A recording: its tracks, its marks, what measuring found. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

import type { Gap, Coverage } from "./coverage"
import type { UnitRef } from "./hub"
import type { MeetingBrief, Meeting } from "./meetings"

export interface RecordingBrief {
  id: string
  meeting: MeetingBrief
  duration_ms: number
  coverage_live: number | null
  state: "recording" | "closing" | "closed"
  poster: string | null
  title_hidden: boolean
  /** Its media are gone, at the end of their term. */
  deleted: boolean
}

export interface Span {
  start_ms: number
  end_ms: number
}

export interface Track {
  id: string
  kind: string
  codec: string
  name: string
  site: UnitRef | null
  segments: number
  bytes: number
  start_ms: number
  end_ms: number
  frames: number
  width: number | null
  height: number | null
  /** In which it was recorded. */
  spans: Span[]
  /** Its viewing copy is being made: it can't be played yet. */
  copying: boolean
}

export interface Mark {
  id: string
  kind: string
  label: string
  start_ms: number
  end_ms: number | null
  item: string | null
  decision: string | null
}

export interface QualityMark {
  /** None: a first guess, to which nobody answers. */
  id: string | null
  /** None: all microphones of the main site. */
  track: string | null
  kind: "black" | "plain" | "frozen" | "silent"
  start_ms: number
  end_ms: number
  state: "rough" | "proposed" | "confirmed" | "dismissed"
  answered_as: string | null
  answered_wall: string | null
  remark: string | null
}

export interface Quality {
  /** From end to end; else what was seen and heard in passing. */
  measured: boolean
  marks: QualityMark[]
}

export interface Recording {
  id: string
  meeting: Meeting
  state: "recording" | "closing" | "closed"
  start_ms: number
  duration_ms: number
  /** shown: of cameras only what was on the main picture, or spoke, was kept. */
  pictures: "all" | "shown"
  tracks: Track[]
  gaps: Gap[]
  marks: Mark[]
  coverage: Coverage | null
  checkpoint: { seq: number; root: string; key_id: string; short: string } | null
  viewable: boolean
  title_hidden: boolean
  deleted_wall: string | null
  /** What this reader is refused; without an end while it lasts. */
  restricted: { start_ms: number; end_ms: number | null }[]
  may: { download: boolean; answer: boolean }
}
