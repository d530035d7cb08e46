// What came back signed of each paper: photographs of its pages.

import type { UnitRef } from "./hub"
import type { PaperKind } from "./papers"

export interface SignedPage {
  id: string
  number: number
  of: number
  placed: "code" | "hand"
  stands: boolean
  by: string
  received_wall: string
  mime: string
  bytes: number
  sha256: string
  stored: boolean
}

export interface Signature {
  id: string
  signer: string
  place: string | null
  own: boolean
  by: string
  device: string
  at: string
  document: string
  stands: boolean | null
  sha256: string
  stored: boolean
}

export interface SignedPaper {
  kind: PaperKind
  subject: string
  name: string
  title: string
  unit: UnitRef
  pages: SignedPage[]
  of: number | null
  signatures: Signature[]
  missing: number[]
  may_hand_in: boolean
  says_zh: string
  says_en: string
}

export interface HandedIn {
  page: SignedPage
  paper: SignedPaper
}
