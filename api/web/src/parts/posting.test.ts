import { expect, test } from "vitest"
import type { Decision } from "../wire/decisions"
import type { PostedField } from "../wire/notices"
import { begun, fen, valueOf } from "./posting"

const field = (key: string, kind: PostedField["kind"] = "text", longest = 80): PostedField => ({ key, name: key, name_en: key, kind, longest, needed: true, steps: [] })
const FIELDS = [field("project"), field("decided_by"), field("decided_on", "date"), field("votes"), field("content")]
const vote = { item: "itm_1", passed: true, due: 36, present: 32, in_favour: 31, against: 0, abstained: 1 }
const resolved = {
  title: "道路", outcome: "resolved", votes: [vote], spans: [{ item: "itm_1", meeting: { kind_name: "村民代表会议" } }],
  standing: { steps: [{ key: "resolution", decides: true, done_on: "2026-11-20" }, { key: "publication", decides: false, done_on: null }] },
} as unknown as Decision

test("yuan are read to the fen, and what is no amount is none", () => {
  expect(["486,500", "486500.5", "0.05", "12元", "1234567890123.99"].map(fen)).toEqual([48650000, 48650050, 5, 1200, 123456789012399])
  expect(["", "约五万", "1.234", "-3", "1e5"].map(fen)).toEqual([null, null, null, null, null])
})

test("each kind is sent as the hub takes it; empty is left out", () => {
  expect(valueOf(field("a", "people"), " 王建国、李四\n张三 ")).toEqual(["王建国", "李四", "张三"])
  expect(valueOf(field("a", "number"), "12")).toBe(12)
  expect(valueOf(field("a", "number"), "1.5")).toBe(null)
  expect(valueOf(field("a"), "  ")).toBe(undefined)
})

test("a form begins with what the record says, and with nothing before it is resolved", () => {
  expect(begun(resolved, FIELDS, "open")).toEqual({ project: "道路", decided_by: "村民代表会议", decided_on: "2026-11-20", votes: "应到 36，实到 32，赞成 31，反对 0，弃权 1" })
  expect(begun({ ...resolved, outcome: null }, FIELDS, "open")).toEqual({ project: "道路" })
})

test("a restricted record's title isn't taken over", () => {
  expect(begun(resolved, FIELDS, "restricted").project).toBe(undefined)
})

test("what is longer than its field is left to be typed", () => {
  expect(begun(resolved, [field("votes", "text", 10)], "open")).toEqual({})
})
