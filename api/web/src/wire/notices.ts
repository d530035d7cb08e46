// Notices that hang in public. Days: `YYYY-MM-DD` in Shanghai.

import type { UnitRef } from "./hub"

export interface Posted {
  id: string
  unit: UnitRef
  matter: { key: string; name: string }
  decision: string | null
  step: string | null
  title: string
  fields: { key: string; name: string; name_en: string; value: string }[]
  from_on: string
  /** The first day on which it hangs no more; null: not before an objection is answered. */
  until_on: string | null
  off_on: string | null
  off_reason: string | null
  hangs: boolean
  seen: { on: string; by: string; at: string }[]
  objections: number
  unanswered: number
  may: { write: boolean; supervise: boolean }
}

/** As it is printed for the board; `qr` is a picture's address, of the code that opens `page`. */
export interface NoticePaper {
  notice: Posted
  above: string
  last_on: string | null
  code: string | null
  page: string
  qr: string
}
