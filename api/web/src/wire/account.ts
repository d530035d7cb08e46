// One's own account: the second factor, where one is signed in.

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
