// 三会一课: a branch's quarter, its plan, its meetings' reports, who was there. Days: `YYYY-MM-DD` in Shanghai.

import type { UnitRef } from "./hub"

export type LineState = "held" | "planned" | "open" | "ahead" | "overdue"

export interface BranchRow {
  id: string
  name: string
  unit: UnitRef
  town: string | null
  full_members: number
  duties: { duty: string; name: string; name_en: string; kind: string; required: number; held: number; planned: number; overdue: number; state: LineState | null; exempt: string | null }[]
  plan: { state: "none" | "late" | "waiting" | "agreed" | "returned"; late: boolean; due_on: string }
  reports: { due: number; late: number; checked: number }
}

export interface Line {
  duty: string
  name: string
  name_en: string
  kind: string
  first_on: string
  last_on: string
  group: string | null
  group_name: string | null
  required: number
  held: number
  planned: number
  short: number
  state: LineState
  source: string
}

export interface PlanEntry {
  key: string
  kind: string
  kind_name: string
  kind_name_en: string
  on: string
  topic: string
  group: string | null
  group_name: string | null
  by_secretary: boolean
  meeting: string | null
  state: "open" | "passed" | "planned" | "running" | "ended"
}

export interface BranchPlan {
  id: string
  version: number
  entries: PlanEntry[]
  fixed_day: number | null
  filed_as: string
  filed_on: string
  opinion: "agree" | "return" | null
  reasons: string | null
  reviewed_as: string | null
  reviewed_on: string | null
}

export interface BranchMeeting {
  id: string
  /** Of a meeting of several parts: each of the party's has its own report. */
  part: number
  title: string
  kind: string
  kind_name: string
  kind_name_en: string
  on: string
  state: "planned" | "running" | "ended"
  group_name: string | null
  by_secretary: boolean
  counted: boolean
  off_day: boolean
  report: "due" | "late" | "checked" | "checked_late" | null
  report_due_on: string | null
  checked_on: string | null
}

/** What the party did in a meeting, of which nobody has said whose it is. */
export interface Unclaimed {
  id: string
  part: number
  title: string
  kind: string
  kind_name: string
  on: string
}

export interface Branch extends BranchRow {
  quarter: string
  today: string
  first_on: string
  last_on: string
  groups: { id: string; name: string }[]
  lines: Line[]
  versions: BranchPlan[]
  meetings: BranchMeeting[]
  unclaimed: Unclaimed[]
  may: { write: boolean; review: boolean; attendance: boolean }
}

/** What is typed of a plan's entry. */
export interface Draft {
  key?: string
  kind: string
  on: string
  topic: string
  group: string | null
  by_secretary: boolean
}

export interface Report {
  meeting: string
  part: number
  branch: string
  fields: Record<"branch" | "unit" | "kind" | "title" | "begin" | "end" | "place" | "chair" | "taker" | "due" | "present" | "absent" | "agenda" | "decided", string>
  text: string
  state: "due" | "late" | "checked" | "checked_late"
  due_on: string
  checks: { version: number; by: string; on: string }[]
  without_reason: number
  may_check: boolean
}

export interface Attendance {
  branch: string
  name: string
  year: number
  meetings: number
  members: { person: { id: string; name: string; known_as: string | null }; title: string; votes: boolean; due: number; present: number; absent: { meeting: string; title: string; kind_name: string; on: string; reason: string | null }[] }[]
}
