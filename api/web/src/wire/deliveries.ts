// What came from a device, or later, beside a recording's own tracks. Times: `*_wall` ISO-8601 UTC, `*_ms` milliseconds of meeting time.

export interface Delivery {
  id: string
  recording: string
  origin: "device" | "handed-in"
  said_zh: string
  said_en: string
  by: string
  site: string | null
  start_ms: number
  end_ms: number
  error_ms: number | null
  place: string | null
  taken_wall: string | null
  reason: string | null
  late: boolean
  bytes: number
  state: "receiving" | "sealed" | "stored"
  received_wall: string | null
  sha256: string | null
  copy_kind: "rewrapped" | "encoded" | "failed" | null
  copy_percent: number | null
  playable: boolean
  picture: boolean | null
  sound: boolean | null
  countersigned_as: string | null
  countersigned_wall: string | null
  may_countersign: boolean
}

export interface Deliveries {
  deliveries: Delivery[]
  may_hand_in: boolean
  until_on: string | null
}
