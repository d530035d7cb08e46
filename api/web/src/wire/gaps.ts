// Gaps that are to be explained, and what was said of them. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

import type { Gap } from "./coverage"
import type { UnitRef } from "./hub"

export interface TechnicalGap extends Gap {
  id: string
  /** Of its track; none: the whole recording. */
  kind: string | null
  explanation: string | null
  state: "waiting" | "explained" | "countersigned"
}

export interface Explanation {
  id: string
  /** None: it speaks of a part that this reader may not see. */
  text: string | null
  gaps: string[]
  by: string
  at_wall: string
  countersigned_as: string | null
  countersigned_wall: string | null
  may_countersign: boolean
}

export interface Gaps {
  above_ms: number
  gaps: TechnicalGap[]
  explanations: Explanation[]
  may_explain: boolean
}

export interface WaitingGaps {
  recording: string
  meeting: string
  title: string
  unit: UnitRef
  opened_wall: string
  explain: number
  countersign: number
}
