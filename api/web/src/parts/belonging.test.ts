import { expect, test } from "vitest"
import type { Gaps, TechnicalGap } from "../wire/gaps"
import { belonging, type Taken } from "./belonging"

const gap = (id: string, start_ms: number, end_ms: number): TechnicalGap => ({ id, start_ms, end_ms, packets: null, cause: "relay", cause_zh: "", cause_en: "", track: null, kind: null, explanation: null, state: "waiting" })
const said = (id: string, gaps: string[]): Gaps["explanations"][number] => ({ id, text: id, gaps, by: "", at_wall: "", countersigned_as: null, countersigned_wall: null, may_countersign: false })
const span = (item: string, start_ms: number, end_ms: number | null, recording = "rec"): Taken => ({ item, recording, start_ms, end_ms })
const all = [span("one", 100, 200), span("two", 300, null), span("other", 0, 900, "rec2")]
const gaps: Gaps = { above_ms: 3000, may_explain: true, gaps: [gap("before", 0, 50), gap("in-one", 150, 160), gap("both", 190, 310), gap("in-two", 400, 410), gap("touching", 200, 300)], explanations: [said("a", ["in-one", "in-two"]), said("b", ["before"])] }
const of = (at: number): string[] => belonging(all[at]!, all, gaps).gaps.map((one) => one.id)

test("each gap stands with the item that it lies in, one across both with both", () => {
  expect(of(1)).toEqual(["both", "in-two"])
})

test("what lies in none of them stands once, with the first item of that recording", () => {
  expect(of(0)).toEqual(["before", "in-one", "both", "touching"])
})

test("explanations come along with the gaps that they speak of", () => {
  expect(belonging(all[0]!, all, gaps).explanations.map((one) => one.id)).toEqual(["a", "b"])
  expect(belonging(all[1]!, all, gaps).explanations.map((one) => one.id)).toEqual(["a"])
})
