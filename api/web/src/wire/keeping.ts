// How long recordings are kept, who holds, secludes and deletes them. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

import type { UnitRef } from "./hub"

export type ProposalKind = "seclude" | "look" | "reveal" | "delete"

/** A recording as it stands in the lists of keeping. */
export interface Subject {
  recording: string
  title: string
  title_hidden: boolean
  unit: UnitRef
  kind_name: string
  opened_on: string | null
  duration_ms: number
  bytes: number
}

export interface Hold {
  id: string
  subject: Subject
  reason: string
  placed_as: string
  placed_wall: string
  lifted_as: string | null
  lifted_reason: string | null
  lifted_wall: string | null
  objects: number
  held: number
}

export interface Proposal {
  id: string
  kind: ProposalKind
  subject: Subject
  reason: string
  start_ms: number | null
  end_ms: number | null
  minutes: number | null
  erase: boolean
  state: "open" | "confirmed" | "refused" | "withdrawn" | "expired"
  proposed_as: string
  proposed_wall: string
  expires_wall: string
  answered_as: string | null
  answered_wall: string | null
  until_wall: string | null
  own: boolean
}

export interface Due {
  subject: Subject
  retention_name: string
  retention_name_en: string
  until_on: string
  locked_until_wall: string | null
  held: boolean
  secluded: boolean
  proposed: boolean
}

export interface Secluded {
  subject: Subject
  start_ms: number
  end_ms: number
  reason: string
  begun_wall: string
  opened_until_wall: string | null
}

export interface Deletion {
  subject: Subject
  ordered_wall: string
  proposed_as: string
  confirmed_as: string
  reason: string
  erase: boolean
  objects: number
  removed: number
  waits_until_wall: string | null
  held: boolean
  done_wall: string | null
}

export interface Keeping {
  proposals: Proposal[]
  due: Due[]
  due_total: number
  holds: Hold[]
  secluded: Secluded[]
  deletions: Deletion[]
  objects: number
  next_lock_end_wall: string | null
  waiting: number
  late: number
}

export interface RecordingKeeping {
  retention_name: string | null
  retention_name_en: string | null
  until_on: string | null
  for_ever: boolean
  settled: boolean
  locked_until_wall: string | null
  holds: Hold[]
  secluded: Secluded[]
  proposals: Proposal[]
  deletion: Deletion | null
  may: { hold: boolean; keep: boolean; take: boolean }
}
