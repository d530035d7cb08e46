import { expect, test } from "vitest"
import type { Person } from "../wire/types"
import { nobody, told } from "./people"

const person = (publisher: string, since_ms = 0): Person => ({ publisher, name: publisher, since_ms, publishing: [] })
const names = (rows: Person[]): string => rows.map((one) => one.publisher).join("")

test("rows that left go, those that came stand at their places", () => {
  const known = told(nobody, { people: [..."abcd"].map((name) => person(name)), first: 0, query: "", total: 9, found: 9 })
  const now = told(known, { total: 8, found: 8, left: ["b"], came: [[3, person("e")]] })
  expect(names(now.rows)).toBe("acde")
  expect(now.total).toBe(8)
})

test("a row that changed stands once, where it is now", () => {
  const known = { ...nobody, rows: [person("a"), person("b"), person("c")] }
  const now = told(known, { total: 3, found: 3, came: [[2, person("a", 5)]] })
  expect(names(now.rows)).toBe("bca")
  expect(now.rows[2]?.since_ms).toBe(5)
})
