// Every sentence on screen, in Chinese or in English; no library.

import { ref, watchEffect } from "vue"
import en from "./en"
import zh from "./zh"

export type Key = keyof typeof zh
export type Language = "zh" | "en"

const KEPT = "huilu.language"

export const language = ref<Language>(kept())

function kept(): Language {
  return localStorage.getItem(KEPT) === "en" ? "en" : "zh"
}

watchEffect(() => {
  localStorage.setItem(KEPT, language.value)
  document.documentElement.lang = language.value === "en" ? "en" : "zh-CN"
})

export function fill(text: string, blanks: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(blanks[name] ?? whole))
}

export function t(key: Key, blanks: Record<string, string | number> = {}): string {
  return fill((language.value === "en" ? en : zh)[key], blanks)
}

/** The word for a key that comes from the hub, or what the hub said itself. */
export function word(prefix: string, key: string | null | undefined, otherwise = ""): string {
  const table: Record<string, string> = language.value === "en" ? en : zh
  return table[`${prefix}.${key ?? ""}`] ?? (otherwise || key || "")
}

/** What the hub says in both languages. */
export function said(of: { zh: string; en: string }): string {
  return language.value === "en" && of.en ? of.en : of.zh
}
