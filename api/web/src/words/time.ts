// How moments and spans are written: wall clock in Asia/Shanghai, spans as 1:02:03.

import { language } from "./index"

// China keeps UTC+8 all year, so shifting and reading the UTC fields is exact and needs no zone data (UOS browsers).
const SHANGHAI_MS = 8 * 3_600_000

const two = (n: number): string => String(n).padStart(2, "0")

function fields(wall: string | number): Date {
  return new Date((typeof wall === "number" ? wall : Date.parse(wall)) + SHANGHAI_MS)
}

/** YYYY-MM-DD, as the hub names days. */
export function dayOf(wall: string | number): string {
  return fields(wall).toISOString().slice(0, 10)
}

export function clock(wall: string | number, seconds = false): string {
  const d = fields(wall)
  return `${two(d.getUTCHours())}:${two(d.getUTCMinutes())}` + (seconds ? `:${two(d.getUTCSeconds())}` : "")
}

export function day(wall: string | number): string {
  const d = fields(wall)
  if (language.value === "en") return `${d.getUTCFullYear()}-${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`
  return `${d.getUTCFullYear()}年${d.getUTCMonth() + 1}月${d.getUTCDate()}日`
}

export function shortDay(wall: string | number): string {
  const d = fields(wall)
  return language.value === "en"
    ? `${two(d.getUTCMonth() + 1)}-${two(d.getUTCDate())}`
    : `${d.getUTCMonth() + 1}月${d.getUTCDate()}日`
}

export function moment(wall: string | number | null): string {
  return wall === null ? "—" : `${day(wall)} ${clock(wall)}`
}

/** 754000 → 12:34; 3723000 → 1:02:03. */
export function span(ms: number | null): string {
  const s = Math.max(0, Math.floor((ms ?? 0) / 1000))
  const h = Math.floor(s / 3600)
  const m = Math.floor(s / 60) % 60
  return h ? `${h}:${two(m)}:${two(s % 60)}` : `${two(m)}:${two(s % 60)}`
}

/** 0.98765 → 98.7%; never rounded up to a whole that is not whole. */
export function share(of: number | null | undefined): string {
  if (of === null || of === undefined) return "—"
  const tenths = Math.floor(of * 1000 + 1e-9)
  return tenths >= 1000 ? "100%" : `${(tenths / 10).toFixed(1)}%`
}

export function size(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(Math.sign(bytes), Math.round(bytes / 1e3))} kB`
  return bytes < 1e9 ? `${(bytes / 1e6).toFixed(1)} MB` : `${(bytes / 1e9).toFixed(2)} GB`
}

/** 754000 → 12 分钟, for people who are told how long something is. */
export function long(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const minutes = Math.floor(seconds / 60)
  if (language.value === "en") return minutes ? `${minutes} min` : `${seconds} s`
  return minutes ? `${minutes} 分钟` : `${seconds} 秒`
}
