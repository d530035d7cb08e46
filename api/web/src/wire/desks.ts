// The desks. Days are "YYYY-MM-DD"; shares are in permille of `all`, none where there is nothing.

import type { Told, UnitRef } from "./hub"

export interface Place {
  unit: UnitRef
  town: UnitRef | null
}

type MatterRef = { key: string; name: string; category: string; category_name: string }

/** One thing that is to be done about one decision. */
export interface Due extends Place {
  decision: string
  title: string
  matter: MatterRef
  act: string
  step: string
  step_name: string
  step_name_en: string
  who: string
  since: string
  due_on: string | null
  late_on: string | null
  overdue: boolean
  may: boolean
  zh: string
  en: string
}

export interface DuePage {
  total: number
  items: Due[]
}

export interface Attending extends Place {
  meeting: string
  title: string
  kind: string
  kind_name: string
  kind_name_en: string
  state: string
  planned_wall: string | null
  opened_wall: string | null
  by_video: boolean
}

export interface OutOfStep extends Place {
  overdue: number
  since: string | null
  skipped: number
  zh: string
  en: string
}

export interface TownDesk {
  on: string
  reviews: DuePage
  meetings: Attending[]
  overdue: DuePage
  villages: { total: number; items: OutOfStep[] }
  notes: Told[]
}

export interface VillageDesk {
  on: string
  next: DuePage
  waiting: DuePage
  notes: Told[]
}

export interface Figures {
  all: number
  proper: number
  covered: number
  under_way: number
  outside: number
  proper_permille: number | null
  covered_permille: number | null
}

export interface CountyDesk {
  from_on: string
  until_on: string
  total: Figures
  towns: (Figures & Place)[]
  villages: (Figures & Place)[]
  categories: (Figures & { category: string; name: string; name_en: string })[]
  rules: { rule: string; name: string; name_en: string; kind: string; whose: string; clause: string; clause_en: string; broken: number }[]
}

export type Which = "all" | "proper" | "broken" | "covered" | "uncovered" | "under_way" | "outside"

/** One affair behind a figure: a decision, or one outside the system. */
export interface Affair extends Place {
  id: string
  outside: boolean
  title: string
  matter: MatterRef
  on: string
  outcome: string | null
  under_way: boolean
  proper: boolean
  covered: boolean
  reasons: Told[]
}

export interface AffairPage {
  total: number
  offset: number
  items: Affair[]
}

export interface OutsideAffair extends Place {
  id: string
  title: string
  matter: MatterRef
  on: string
  found: string
  found_as: string
  found_wall: string
  struck_as: string | null
  struck_wall: string | null
  struck_reason: string | null
  may_strike: boolean
}
