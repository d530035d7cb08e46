import { expect, test } from "vitest"
import en from "./en"
import zh from "./zh"

test("both tables have the same keys, none of them empty", () => {
  expect(Object.keys(en).sort()).toEqual(Object.keys(zh).sort())
  for (const table of [zh, en]) for (const [key, text] of Object.entries(table)) expect(text.trim(), key).not.toBe("")
})

test("the parts of both are the same, and no key stands in two of them", () => {
  type Parts = Record<string, Record<string, string>>
  const found = { zh: import.meta.glob("./zh/*.ts", { eager: true, import: "default" }) as Parts, en: import.meta.glob("./en/*.ts", { eager: true, import: "default" }) as Parts }
  for (const [language, whole] of Object.entries({ zh, en })) {
    const parts = Object.entries(found[language as "zh" | "en"]).filter(([file]) => !file.endsWith("/index.ts"))
    expect(parts.length).toBeGreaterThan(1)
    expect(parts.reduce((sum, [, part]) => sum + Object.keys(part).length, 0)).toBe(Object.keys(whole).length)
  }
  for (const [file, part] of Object.entries(found.zh)) expect(Object.keys(found.en[file.replace("/zh/", "/en/")] ?? {}).sort(), file).toEqual(Object.keys(part).sort())
})

test("both tables name the same blanks", () => {
  const blanks = (text: string): string[] => (text.match(/\{\w+\}/g) ?? []).sort()
  for (const key of Object.keys(zh) as (keyof typeof zh)[]) expect(blanks(en[key]), key).toEqual(blanks(zh[key]))
})

test("the English table has no Chinese in it, but for names", () => {
  for (const [key, text] of Object.entries(en)) if (!key.startsWith("name.")) expect(text, key).not.toMatch(/[\u4e00-\u9fff]/)
})

test("every key that a page names stands in the tables, and every key is named somewhere", () => {
  const sources = import.meta.glob<string>(["../**/*.{vue,ts}", "!../words/**"], { query: "?raw", import: "default", eager: true })
  const text = Object.values(sources).join("\n")
  // Keys that are put together from what the hub says: word("role", …).
  const prefixes = [...text.matchAll(/\bword\(\s*["']([a-z.]+)["']/g)].map((hit) => `${hit[1]}.`)
  const named = new Set([...text.matchAll(/["'`]([a-z_]+(?:\.[a-z_-]+)+)["'`]/g)].map((hit) => hit[1]))
  for (const key of Object.keys(zh)) expect(named.has(key) || prefixes.some((prefix) => key.startsWith(prefix)), key).toBe(true)
})
