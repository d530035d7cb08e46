// Accounts, what a workbook brought, feedback. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

import type { UnitRef } from "./hub"

export interface User {
  id: string
  username: string
  name: string
  disabled?: boolean
  must_change?: boolean
  second_factor?: boolean
  rights: { role: string; unit: UnitRef }[]
}

export interface ImportReport {
  dry: boolean
  counts: Record<string, Record<string, number>>
  errors: { sheet: string; row: number; column: string | null; code: string; zh: string; en: string }[]
}

export interface FeedbackNote {
  id: string
  page: string
  text: string
  sent_wall: string
  name: string | null
  answer: string | null
  answered_wall: string | null
}
