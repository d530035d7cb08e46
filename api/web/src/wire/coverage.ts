// How much of a meeting is there, and what is missing. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

export interface Gap {
  /** Of a gap of the archive. */
  id?: string | null
  track: string | null
  start_ms: number
  end_ms: number
  cause: string
  cause_zh: string
  cause_en: string
  packets: number | null
}

export interface Coverage {
  live: number
  device: number | null
  later: number | null
  device_ms?: number
  later_ms?: number
  sealed_ms: number
  due_ms: number
  gaps: Gap[]
}
