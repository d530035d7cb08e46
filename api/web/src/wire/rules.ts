// A county's own rules: what holds since when, files that are proposed, taken up or refused.

export interface RuleEntry {
  table: string
  key: string
  name: string
  name_en: string
  from_on: string
  until_on: string | null
  /** Of the set by which it was taken up; none: it came with the hub, or is only proposed. */
  number: number | null
  state: "holds" | "to-come" | "over"
}

export interface RulesInForce {
  on: string
  own: RuleEntry[]
  shipped: RuleEntry[]
  under_way: number
}

export interface RuleFile {
  name: string
  text: string
}

export interface RulesChecked {
  entries: number
  from_on: string
  under_way: number
}

export interface RuleSetBrief {
  id: string
  state: "open" | "over" | "confirmed" | "refused" | "withdrawn"
  number: number | null
  reason: string
  sha256: string
  from_on: string
  proposed_as: string
  proposed_wall: string
  expires_wall: string
  own: boolean
  answered_as: string | null
  answered_wall: string | null
  confirmed_on: string | null
}

export interface RuleSet extends RuleSetBrief {
  files: RuleFile[]
  entries: RuleEntry[]
  under_way: number
}
