// Notices that hang in public. Days: `YYYY-MM-DD` in Shanghai.

import { get, listOf, send } from "./http"
import type { UnitRef } from "./hub"

export interface Posted {
  id: string
  unit: UnitRef
  matter: { key: string; name: string }
  decision: string | null
  step: string | null
  title: string
  fields: { key: string; name: string; name_en: string; value: string }[]
  tables: { id: string; name: string; bytes: number; sha256: string }[]
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
  own: string
}

/** What is said against a notice. */
export interface Objection {
  id: string
  notice: string
  title: string
  decision: string | null
  step: string | null
  /** None: said to a supervisor, who need not say by whom. */
  name: string | null
  text: string
  on: string
  taken_by: string | null
  answer: string | null
  answered_on: string | null
  answered_by: string | null
}

/** A field of a matter's list; `steps`: in which of them, none is each. */
export interface PostedField {
  key: string
  name: string
  name_en: string
  kind: "text" | "number" | "money" | "date" | "people"
  longest: number
  needed: boolean
  steps: string[]
}

let lists: Promise<Map<string, PostedField[]>> | null = null

/** What a notice of this matter says in this step; nothing where the matter isn't made public. */
export async function fieldsOf(matter: string, step: string): Promise<PostedField[]> {
  lists ??= get<{ matter: string; fields: PostedField[] }[]>("/api/postings").then((all) => new Map(all.map((one) => [one.matter, one.fields])))
  try {
    return ((await lists).get(matter) ?? []).filter((field) => !field.steps.length || field.steps.includes(step))
  } catch (error) {
    lists = null
    throw error
  }
}

/** Those of a unit, the newest first, with those whose days are over. */
export const noticesOf = async (unit: string, ended: boolean): Promise<Posted[]> => listOf(await get<Posted[]>(`/api/units/${unit}/notices?ended=${ended}`))

export const objectionsOf = async (unit: string): Promise<Objection[]> => listOf(await get<Objection[]>(`/api/units/${unit}/objections`))

/** As the hub takes them (`api/domain/notice_tables`). */
export const MOST_TABLES = 3
export const TABLE_BYTES = 5 * 1024 * 1024
const UPLOAD_MS = 300_000

/** Whether a table may hang: refused where a number of a person stands anywhere in it. */
export async function lookThrough(file: File): Promise<void> {
  const form = new FormData()
  form.append("file", file)
  await send("POST", "/api/notices/attachment", { raw: { type: null, data: form }, timeoutMs: UPLOAD_MS })
}

/** All of it hangs, or nothing. */
export async function putUp(unit: string, notice: Record<string, unknown>, tables: File[]): Promise<Posted> {
  if (!tables.length) return (await send("POST", `/api/units/${unit}/notices`, { body: notice })).json() as Promise<Posted>
  const form = new FormData()
  form.append("notice", JSON.stringify(notice))
  for (const table of tables) form.append("files", table)
  return (await send("POST", `/api/units/${unit}/notices/with-tables`, { raw: { type: null, data: form }, timeoutMs: UPLOAD_MS })).json() as Promise<Posted>
}

const DAY_MS = 86_400_000

/** Days from one to another, both `YYYY-MM-DD`. */
export const daysBetween = (from: string, to: string): number => Math.round((Date.parse(to) - Date.parse(from)) / DAY_MS)

export const dayBefore = (day: string): string => new Date(Date.parse(day) - DAY_MS).toISOString().slice(0, 10)
