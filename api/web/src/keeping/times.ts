// Times that people type for a span of a recording: 12:34 or 1:02:03.

/** Milliseconds; null for nothing typed, NaN for what is no time. */
export function typed(text: string): number | null {
  const trimmed = text.trim().replace(/：/g, ":")
  if (!trimmed) return null
  const parts = trimmed.split(":")
  if (parts.length < 2 || parts.length > 3 || parts.some((part) => !/^\d{1,3}$/.test(part))) return NaN
  const numbers = parts.map(Number)
  if (numbers.slice(1).some((number) => number > 59)) return NaN
  return numbers.reduce((sum, number) => sum * 60 + number, 0) * 1000
}
