// One's own account: the second factor, where one is signed in, who acts in whose place.

import type { UnitRef } from "./hub"

export interface SecondFactor {
  rule: "off" | "offered" | "required"
  enrolled: boolean
  since_wall: string | null
  codes_left: number
}

export interface Begun {
  secret: string
  address: string
  qr: string
}

export interface SignedIn {
  id: string
  own: boolean
  system: string
  browser: string
  address: string
  since_wall: string
  seen_wall: string
  in_meeting: boolean
}

export interface Substitution {
  id: string
  giver: string
  substitute: string
  role: string | null
  unit: UnitRef | null
  from_on: string
  last_on: string
  reason: string
  in_force: boolean
}

export interface Substitutes {
  given: Substitution[]
  received: Substitution[]
  /** One's own that can be lent. */
  rights: { role: string; unit: UnitRef }[]
  most_days: number
}

export interface Candidate {
  username: string
  name: string
  posts: string
}
