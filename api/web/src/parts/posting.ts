// What a notice's form begins with, and what it sends: yuan as typed to fen, lines to names; nothing is guessed.

import type { Decision } from "../wire/decisions"
import type { PostedField } from "../wire/notices"

const YUAN = /^(\d{1,13})(?:\.(\d{1,2}))?$/
const MARKS = /[,，\s元]/g
const BREAKS = /[、,，;；\n]+/

/** 1,234.5 → 123450 fen; null where it is no amount. */
export function fen(text: string): number | null {
  const [, yuan, rest] = YUAN.exec(text.replace(MARKS, "")) ?? []
  return yuan === undefined ? null : Number(yuan) * 100 + Number((rest ?? "").padEnd(2, "0"))
}

/** As the hub takes it; undefined: left empty, null: not of its kind. */
export function valueOf(field: PostedField, typed: string): string | number | string[] | null | undefined {
  const text = typed.trim()
  if (!text) return undefined
  if (field.kind === "money") return fen(text)
  if (field.kind === "number") return /^\d{1,15}$/.test(text) ? Number(text) : null
  if (field.kind === "people") return text.split(BREAKS).map((name) => name.trim()).filter(Boolean)
  return text
}

/** Whether a title may be taken over: that of a restricted record may say what nobody must read on a wall. */
export const opens = (access: string | undefined): boolean => access === "open"

/**
 * What the record says by itself. The figures and the meeting are those of the last vote, once the record is resolved.
 */
export function begun(decision: Decision, fields: PostedField[], access: string | undefined): Record<string, string> {
  const typed: Record<string, string> = {}
  const known: Record<string, string> = opens(access) ? { project: decision.title } : {}
  const vote = decision.outcome === "resolved" ? decision.votes[decision.votes.length - 1] : undefined
  if (vote?.passed) {
    const span = decision.spans.find((one) => one.item === vote.item)
    const step = decision.standing?.steps.filter((one) => one.decides && one.done_on).pop()
    if (span) known.decided_by = span.meeting.kind_name
    if (step?.done_on) known.decided_on = step.done_on
    known.votes = figures(vote)
  }
  for (const { key, longest } of fields) {
    const said = known[key]
    if (said && said.length <= longest) typed[key] = said
  }
  return typed
}

function figures(vote: Decision["votes"][number]): string {
  const parts = [["应到", vote.due], ["实到", vote.present], ["赞成", vote.in_favour], ["反对", vote.against], ["弃权", vote.abstained]] as const
  return parts.filter(([, count]) => count !== null).map(([name, count]) => `${name} ${count}`).join("，")
}
