// How rows of keeping are put into words, on the page and on a recording's card.

import type { Proposal, Subject } from "../wire/keeping"
import { language, t } from "../words"
import { day, span } from "../words/time"

export const ruleName = (of: { retention_name: string | null; retention_name_en: string | null }): string =>
  (language.value === "en" ? of.retention_name_en : of.retention_name) ?? ""

export const titleOf = (of: Subject): string => (of.title_hidden ? t("restricted.part") : of.title)

/** The beginning of a day in Shanghai. */
export const dayOf = (on: string): string => day(`${on}T00:00:00+08:00`)

export function spanOf(of: { start_ms: number | null; end_ms: number | null }, duration: number): string {
  const start = of.start_ms ?? 0
  const end = of.end_ms ?? duration
  return start <= 0 && end >= duration ? t("keeping.whole") : t("keeping.span", { start: span(start), end: span(end) })
}

export function asked(proposal: Proposal): string {
  if (proposal.kind === "seclude") return spanOf(proposal, proposal.subject.duration_ms)
  if (proposal.kind === "look") return t("keeping.minutes", { minutes: proposal.minutes ?? 60 })
  return proposal.erase ? t("keeping.erase") : ""
}
