// Which technical gaps of a meeting's recording belong to which step of a record: those within its items; what lies
// elsewhere in the meeting counts in its coverage and stands with the first of them.

import type { Gaps } from "../wire/gaps"

export interface Taken {
  item: string
  recording: string | null
  start_ms: number
  end_ms: number | null
}

const touches = (gap: { start_ms: number; end_ms: number }, span: Taken): boolean => gap.start_ms < (span.end_ms ?? Infinity) && gap.end_ms > span.start_ms

/** Of one item; `all` are the record's. */
export function belonging(span: Taken, all: readonly Taken[], gaps: Gaps): Gaps {
  const same = all.filter((one) => one.recording === span.recording)
  const own = gaps.gaps.filter((gap) => touches(gap, span) || (same[0]?.item === span.item && !same.some((one) => touches(gap, one))))
  const ids = new Set(own.map((gap) => gap.id))
  return { ...gaps, gaps: own, explanations: gaps.explanations.filter((one) => one.gaps.some((gap) => ids.has(gap))) }
}
