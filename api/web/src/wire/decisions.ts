// Decision records. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

import type { Told, UnitRef } from "./hub"
import type { MeetingBrief, Vote } from "./meetings"

export interface DecisionBrief {
  id: string
  title: string
  unit: UnitRef
  matter: { key: string; name: string; category: string; category_name: string }
  state: string
  outcome: string | null
  proper: boolean | null
  created_wall: string
}

export interface Decision extends DecisionBrief {
  improper_reasons: Told[]
  spans: {
    item: string
    item_title: string
    meeting: MeetingBrief
    recording: string | null
    start_ms: number
    end_ms: number | null
  }[]
  votes: Vote[]
  entries: { seq: number; kind: string; at: string; text_zh: string; text_en: string }[]
}

/** A decision record as it is printed; `qr` is a picture's address. */
export interface Paper {
  decision: Decision
  points: {
    of: "decision" | "recording"
    title: string
    chain: string
    checkpoint: { at: string; entries: number; code: string; qr: string } | null
    later: number
  }[]
  may_note: boolean
  printing: { by_name: string; at: string; entry: number } | null
}
