// Who is in a meeting, and how his line is. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

import type { UnitRef } from "./hub"

export interface Person {
  publisher: string
  name: string
  unit?: UnitRef | null
  /** A village's town. */
  within?: string | null
  since_ms: number
  publishing: string[]
  /** Of each site, for who chairs. */
  line?: Line | null
}

export type Line = "good" | "weak" | "lost"
export type Troubled = Exclude<Line, "good">

/** The rows that the page shows, whole or as what has changed among them. */
export interface PeopleTold {
  total: number
  found: number
  first?: number
  query?: string
  line?: Troubled | null
  people?: Person[]
  left?: string[]
  /** Places in the list, in rising order. */
  came?: [number, Person][]
}

/** For who chairs: the sites whose line is weak or lost, the worst first. */
export interface Lines {
  weak: number
  lost: number
  sites: { publisher: string; name: string; line: Line }[]
}
