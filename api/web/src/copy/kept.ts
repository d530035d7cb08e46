// What a page needs to go on with a meeting when it is loaded while the hub can't be reached: which one, who, its clock.

import type { Me, Catalogue } from "../wire/hub"
import type { Meeting } from "../wire/meetings"
import type { ClockSample } from "./clock"

const NAME = "huilu.kept"
const DAY_MS = 86_400_000

export interface Kept {
  meeting: Meeting
  me: Me
  catalogue: Catalogue
  clock: ClockSample | null
  /** The device's part of the publisher's name. */
  device: string
  at: number
  /** What public/early.js goes on with; null where this device makes no copy. */
  early: unknown
}

export function keepMeeting(what: Omit<Kept, "at">): void {
  try {
    localStorage.setItem(NAME, JSON.stringify({ ...what, meeting: { ...what.meeting, people: [], people_total: 0 }, at: Date.now() }))
  } catch {
    // No room: a reload without a line shows that the hub can't be reached.
  }
}

export function keptMeeting(id: string): Kept | null {
  try {
    const found = JSON.parse(localStorage.getItem(NAME) ?? "null") as Kept | null
    if (!found || found.meeting.id !== id || Date.now() - found.at >= DAY_MS) return null
    // The meeting went on meanwhile.
    const running = found.meeting.state === "open" || found.meeting.state === "break"
    return running ? { ...found, meeting: { ...found.meeting, elapsed_ms: (found.meeting.elapsed_ms ?? 0) + Math.max(0, Date.now() - found.at) } } : found
  } catch {
    return null
  }
}

export const forgetMeeting = (): void => localStorage.removeItem(NAME)

/** This tab was in the meeting when it was closed or reloaded. */
export const INSIDE = "huilu.inside"
export const wasInside = (id: string): boolean => sessionStorage.getItem(INSIDE) === id
