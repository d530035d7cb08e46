// Films beside a recording's own tracks, on the time line that the replay shows.

import type { Delivery } from "../wire/deliveries"

/** From the recording's own beginning. */
export const shifted = (all: Delivery[], by: number): Delivery[] => all.map((one) => ({ ...one, start_ms: one.start_ms - by, end_ms: one.end_ms - by }))

/** What is shown where nothing was sealed live: a device's own copy before a film that was handed in. */
export function filmAt(all: Delivery[], position: number): Delivery | null {
  const there = all.filter((one) => one.playable && one.picture && position >= one.start_ms && position < one.end_ms)
  return there.find((one) => one.origin === "device") ?? there[0] ?? null
}
