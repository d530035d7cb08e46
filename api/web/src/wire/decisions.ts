// Decision records. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

import type { Told, UnitRef } from "./hub"
import type { Sheet } from "./papers"
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

export interface StepStanding {
  key: string
  name: string
  name_en: string
  form: string
  who: string
  state: "done" | "passed-by" | "due" | "waiting"
  done_on: string | null
  optional: boolean
  decides: boolean
  /** Of meetings in which it may be done. */
  kinds: string[]
  /** Of the township, where several opinions are needed; and those still to come. */
  offices: string[]
  owing: string[]
}

/** A rule that isn't kept, or won't be. */
export interface Finding {
  rule: string
  kind: string
  whose: string
  step: string
  meeting: string | null
  clause: string
  clause_en: string
  zh: string
  en: string
  /** Rested on a wrong entry, which this one corrects; it counts no more. */
  corrected: number | null
}

/** A step that a meeting would take up, and what would fail of it. */
export interface Foreseen {
  decision: string
  title: string
  step: string | null
  step_name: string
  step_name_en: string
  foreseen: Finding[]
}

/** A record whose next step needs a meeting of this kind. */
export interface WaitingDecision extends Foreseen {
  matter: { key: string; name: string; category: string; category_name: string }
  access_class: string
}

export interface ForeseenItem extends Foreseen {
  item: string
}

export interface NextAct {
  act: string
  step: string | null
  who: string
  may: boolean
}

/** Where a record stands on a day. */
export interface Standing {
  on: string
  procedure: string
  procedure_name: string
  procedure_name_en: string
  compliant: boolean | null
  steps: StepStanding[]
  next: NextAct[]
  missing: { step: string; what: string; zh: string; en: string }[]
  findings: Finding[]
}

/** One version of the plan; `counts`: what was done on it isn't overtaken by a material change. */
export interface PlanVersion {
  number: number
  on: string
  sha256: string
  material: boolean
  counts: boolean
  file: { name: string; mime: string; bytes: number; by: string; received_wall: string; stored: boolean } | null
  steps: { step: string; name: string; name_en: string; on: string }[]
}

export interface Decision extends DecisionBrief {
  begun_on: string
  standing: Standing | null
  improper_reasons: Told[]
  spans: {
    item: string
    item_title: string
    /** Of the procedure, that it took up. */
    step: string | null
    meeting: MeetingBrief
    recording: string | null
    start_ms: number
    end_ms: number | null
  }[]
  votes: Vote[]
  plans: PlanVersion[]
  may_plan: boolean
  entries: DecisionEntry[]
  /** Corrections that wait for a second word. */
  corrections: { id: string; entry: number; at: number; reason: string; text_zh: string; text_en: string; words: string[]; may: boolean }[]
  minutes: Minutes[]
}

export interface DecisionEntry {
  seq: number
  kind: string
  at: string
  text_zh: string
  text_en: string
  corrected_by: number | null
  corrects: number | null
  /** Can't be since another entry was corrected. */
  fallen: boolean
  /** What I may correct of it, as it stands now. */
  fields: Record<string, string | number | boolean | null> | null
}

/** An objection to the minutes, and what the recording shows. */
export interface Minutes {
  id: string
  /** On whose record it stands; none: its item had none. */
  decision: string | null
  item: string
  recording: string | null
  at_ms: number
  text: string
  state: "open" | "found" | "settled"
  finding: string | null
  note: string | null
  entry: number | null
  disputed: string | null
  may_find: boolean
  may_agree: boolean
}

/** An item of a meeting that was dealt with. */
export interface Held {
  item: string
  title: string
  meeting: string
  opened_wall: string | null
  start_ms: number
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
  sheet: Sheet
  printing: { by_name: string; at: string; entry: number } | null
}
