// A meeting: its agenda and votes, its sites, its roster. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

import type { Coverage } from "./coverage"
import type { Person } from "./here"
import type { Told, UnitRef, Notice } from "./hub"

export type MeetingState = "planned" | "open" | "break" | "ended" | "cancelled"

export interface MeetingBrief {
  id: string
  title: string
  kind: string
  kind_name: string
  unit: UnitRef
  state: MeetingState
  planned_wall: string | null
  opened_wall: string | null
  ended_wall: string | null
  elapsed_ms: number | null
  recording: string | null
  recorded: boolean
  way: "adults" | "households" | null
  called_on: string | null
}

export interface Vote {
  id: string
  decision: string
  item: string
  way: "hands" | "named" | "secret"
  due: number | null
  present: number | null
  in_favour: number
  against: number
  abstained: number
  recused: number
  issued: number
  returned: number
  invalid: number
  /** Of an election. */
  round: number
  passed: boolean
  /** When its question was read; none: nobody said. */
  asked_ms: number | null
  /** When its result was announced. */
  at_ms: number
}

/** What one body of one unit does of the meeting. */
export interface Part {
  number: number
  /** Its papers are found by. */
  name: string
  kind: string
  kind_name: string
  unit: UnitRef
  way: "adults" | "households" | null
  /** None: its body asks for none. */
  quorum: Quorum | null
  /** Who is there by video is present, by its body's rule. */
  video_counts: boolean
  begun_ms: number | null
  /** Counted when it began. */
  due: number | null
  present: number | null
  /** What who asks may do in it. */
  minute: boolean
  confirm: boolean
  roster: boolean
}

export interface Quorum {
  numerator: number
  denominator: number
  at_least: boolean
}

export interface Item {
  id: string
  position: number
  /** Number of the part. */
  part: number
  title: string
  matter: string | null
  access_class: string
  start_ms: number | null
  end_ms: number | null
  decision: { id: string; title: string } | null
  votes: Vote[]
  /** Since when a vote is open. */
  asked_ms: number | null
  /** A supervisor stands for it. */
  confirmed: boolean
  /** A restricted part, seen only as a span. */
  hidden: boolean
  /** It waits for how many bid. */
  opens_bids: boolean
  /** How its step wants it voted on, while it may be; none: nothing says so. */
  voting: { secret: boolean; election: boolean; written: boolean } | null
}

export interface Meeting extends MeetingBrief {
  sites: { id: string; unit: UnitRef; main: boolean }[]
  parts: Part[]
  items: Item[]
  breaks: { id: string; reason: string; start_ms: number; end_ms: number | null }[]
  coverage: Coverage | null
  /** `closed` only when every part is: then coverage and gaps are final. */
  recording_state: "recording" | "closing" | "closed" | null
  may: { chair: boolean; publish: boolean; vote: boolean; confirm: boolean }
  access_class: string
  notice: Notice
  picture: string | null
  /** A restricted part runs that is not for who asks. */
  waiting: boolean
  /** The first of those who are here; left out where the channel tells of them. */
  people?: Person[]
  people_total?: number
  sites_total: number
  warnings?: Told[]
}

export interface RosterRow {
  person: { id: string; name: string; known_as: string | null }
  title: string
  votes: boolean
  supervises: boolean
  present: boolean
  /** And never in the room. */
  by_video: boolean
  reason: string | null
}
