// A county's files as they lie on its own computer: whatever they are called, and also as an older Notepad saves them.

import type { RuleFile } from "../wire/rules"

/** As the hub takes it: letters, figures, Chinese characters. */
export function fileName(name: string): string {
  const stem = name.replace(/\.toml$/i, "").replace(/[^A-Za-z0-9_\-\u4e00-\u9fff]+/g, "_").replace(/_+$/, "").slice(0, 60)
  return `${stem || "_"}.toml`
}

/** Two files may not come to bear one name. */
export function named(names: string[]): string[] {
  const taken = new Set<string>()
  return names.map((each) => {
    const plain = fileName(each)
    let name = plain
    for (let n = 2; taken.has(name); n += 1) name = `${plain.slice(0, -5).slice(0, 56)}-${n}.toml`
    taken.add(name)
    return name
  })
}

export function decoded(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes)
  } catch {
    return new TextDecoder("gb18030").decode(bytes)
  }
}

export async function read(files: File[]): Promise<RuleFile[]> {
  const names = named(files.map((file) => file.name))
  return Promise.all(files.map(async (file, at) => ({ name: names[at] ?? "", text: decoded(new Uint8Array(await file.arrayBuffer())) })))
}

/** As the hub counts them; what ends with a line's end has no empty line behind it. */
export const linesOf = (text: string): string[] => text.replace(/\r?\n$/, "").split(/\r?\n/)
