// Reads what was built and refuses words that Chromium 87 or Safari 14 cannot read; a syntax error there is a white page.
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"

// `Array.at`, `Object.hasOwn` and `Array.findLast` are made up for in src/older.ts.
const folder = process.argv[2] ?? "dist"
const refused = [
  [/\(\?<[=!]/, "a look-behind in a regular expression (Safari 16.4)"],
  [/\bstructuredClone\(/, "structuredClone (Chrome 98)"],
  [/(?<!try\{return )\bcrypto\.randomUUID\(/, "crypto.randomUUID (Chrome 92)"],
  [/\bAbortSignal\.(timeout|any)\(/, "AbortSignal.timeout (Chrome 103)"],
  [/\bPromise\.withResolvers\(/, "Promise.withResolvers (Chrome 119)"],
]
let found = 0
for (const name of readdirSync(join(folder, "assets"))) {
  if (!name.endsWith(".js")) continue
  const text = readFileSync(join(folder, "assets", name), "utf8")
  for (const [pattern, what] of refused) {
    const hit = pattern.exec(text)
    if (!hit) continue
    found += 1
    console.error(`${name}: ${what}: …${text.slice(Math.max(0, hit.index - 40), hit.index + 40)}…`)
  }
}
if (found) process.exit(1)
console.log("old browsers: nothing that Chromium 87 or Safari 14 cannot read")
