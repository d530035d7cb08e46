import { expect, test } from "vitest"
import type { Person } from "../wire/here"
import { moved, nobody, told, type People } from "./people"

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

test("rows in sight have moved by as many as came above them, whoever of them went elsewhere", () => {
  const rows = (names: string, first = 0): People => ({ ...nobody, rows: [...names].map((name) => person(name)), first })
  expect(moved(rows("abcdefgh"), rows("xyabcdefgh"), 2, 4)).toBe(2)
  expect(moved(rows("abcdefgh"), rows("dabcefgh"), 2, 4)).toBe(0)
  expect(moved(rows("abcdefgh"), rows("gabcdefh"), 2, 4)).toBe(1)
  expect(moved(rows("abcdefgh", 50), rows("bcdefgh", 50), 52, 4)).toBe(-1)
  expect(moved(rows("abcd"), rows("wxyz"), 0, 4)).toBe(0)
})
