import { expect, test } from "vitest"
import { decoded, fileName, linesOf, named } from "./reading"

test("a file may be called what it is called", () => {
  expect(fileName("本县规则 (2).toml")).toBe("本县规则_2.toml")
  expect(fileName("COUNTY.TOML")).toBe("COUNTY.toml")
  expect(fileName(".toml")).toBe("_.toml")
  expect(fileName("长".repeat(80) + ".toml")).toBe("长".repeat(60) + ".toml")
})

test("two files never bear one name", () => {
  expect(named(["a b.toml", "a_b.toml", "a+b.toml"])).toEqual(["a_b.toml", "a_b-2.toml", "a_b-3.toml"])
  expect(new Set(named(["长".repeat(80) + ".toml", "长".repeat(70) + ".toml"])).size).toBe(2)
})

test("an older Notepad's file is read as it was written", () => {
  expect(decoded(new TextEncoder().encode('zh = "录像"'))).toBe('zh = "录像"')
  expect(decoded(new Uint8Array([0xc2, 0xbc, 0xcf, 0xf1]))).toBe("录像")
  expect(decoded(new Uint8Array([0xef, 0xbb, 0xbf, 0x61]))).toBe("a")
})

test("lines are counted however they end", () => {
  expect(linesOf("a\r\nb\nc")).toEqual(["a", "b", "c"])
  expect(linesOf("a\n\n")).toEqual(["a", ""])
})
