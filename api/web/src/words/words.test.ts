import { expect, test } from "vitest"
import en from "./en"
import zh from "./zh"

test("both tables have the same keys, none of them empty", () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
  for (const table of [zh, en]) for (const [key, text] of Object.entries(table)) expect(text.trim(), key).not.toBe("")
})

test("both tables name the same blanks", () => {
  const blanks = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort()
  for (const key of Object.keys(zh) as (keyof typeof zh)[]) expect(blanks(en[key]), key).toEqual(blanks(zh[key]))
})

test("the English table has no Chinese in it, but for names", () => {
  for (const [key, text] of Object.entries(en)) if (!key.startsWith("name.")) expect(text, key).not.toMatch(/[\u4e00-\u9fff]/)
})
