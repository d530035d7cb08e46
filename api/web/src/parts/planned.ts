// A further part of a meeting as its plan has it.

export interface PlannedPart {
  key: number
  kind: string
  unit: string
  way: "adults" | "households"
  picked: string[]
}
