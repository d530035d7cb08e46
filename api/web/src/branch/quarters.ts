// Quarters as the address has them: 2026Q4.

export function quarterOf(day: string): string {
  return `${day.slice(0, 4)}Q${Math.floor((Number(day.slice(5, 7)) + 2) / 3)}`
}

export function shifted(quarter: string, by: number): string {
  const at = Number(quarter.slice(0, 4)) * 4 + Number(quarter[5]) - 1 + by
  return `${Math.floor(at / 4)}Q${(at % 4) + 1}`
}

/** The day of a month, or its last one where it is shorter. */
export function dayIn(month: string, day: number): string {
  const [year, number] = month.split("-").map(Number)
  const last = new Date(Date.UTC(year!, number!, 0)).getUTCDate()
  return `${month}-${String(Math.min(day, last)).padStart(2, "0")}`
}
