// What hub and page say to each other over a session's channel. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

import type { Gap, Coverage } from "./coverage"
import type { Troubled, PeopleTold, Lines } from "./here"
import type { Health } from "./hub"
import type { Meeting } from "./meetings"

export interface Slot {
  mid: string
  kind: "audio" | "video"
  source: string | null
  publisher: string | null
  unit: string | null
  within?: string | null
  source_kind: string | null
}

export interface Ice {
  ufrag: string
  pwd: string
}

export type FromHub =
  | { type: "meeting"; meeting: Meeting }
  | ({ type: "people" } & PeopleTold)
  | ({ type: "lines" } & Lines)
  | { type: "slots"; slots: Slot[]; sound_only: boolean }
  | { type: "layers"; kind: string; layers: string[] }
  | { type: "speaker"; publisher: string | null }
  | { type: "quality"; quality: "good" | "weak" | "lost"; loss: number; rtt_ms: number }
  | { type: "coverage"; coverage: (Omit<Coverage, "gaps"> & { gaps?: Gap[] }) | null; recorder: Health }
  | { type: "relay"; state: "restarted" }
  | { type: "restarted"; ice: Ice; to: string }
  | { type: "ended"; by: string }
  | { type: "pong" }

export type SilenceCause = "muted" | "call" | "locked"

export type ToHub =
  | { type: "ping" }
  | { type: "mute"; kind: string; muted: boolean; cause: SilenceCause }
  | { type: "show"; mid: string; publisher: string | null; source_kind: string }
  | { type: "sizes"; sizes: Record<string, [number, number]> }
  | { type: "restart"; ice: Ice }
  | { type: "people"; first: number; count: number; query: string; line: Troubled | null }
