// The one recording of this device that runs with a meeting: begun with the page where it was reloaded in the meeting,
// told how the line is, and what pages show of it.

import { reactive } from "vue"
import { deviceName } from "../media/device"
import { own } from "../media/own"
import type { Meeting } from "../wire/meetings"
import { ask, wallNow, type ClockSample } from "./clock"
import { look } from "./delivering"
import { keptMeeting, wasInside } from "./kept"
import { earlyWish, OwnCopy } from "./recording"
import { lineIs } from "./worker"

const ASK_EVERY_MS = 60_000

export interface CopyState {
  /** When what is being kept began, by this device's clock. */
  since: number | null
  full: boolean
}

export const copyState = reactive<CopyState>({ since: null, full: false })

let running: { meeting: string; copy: OwnCopy; timer: number } | null = null
let clock: ClockSample | null = null

export const clockNow = (): ClockSample | null => clock

export async function startCopy(meeting: string, title: string, known: ClockSample | null = null): Promise<void> {
  if (running?.meeting === meeting) return
  await stopCopy()
  clock = known
  const about = { meeting, title, device: "", clock: () => clock }
  const copy = new OwnCopy(own, about)
  running = { meeting, copy, timer: window.setInterval(() => void askClock(meeting), ASK_EVERY_MS) }
  copy.onchange = () => {
    copyState.since = copy.since
    copyState.full = copy.full
  }
  copy.ondone = () => void look()
  void askClock(meeting)
  about.device = await deviceName()
  copy.start()
}

/** While the line is down the last answer holds. */
async function askClock(meeting: string): Promise<void> {
  try {
    const { sample } = await ask(meeting, 3)
    if (running?.meeting === meeting) clock = sample
  } catch {
    // asked again in a minute
  }
}

let told: boolean | null = null

export function tellCopy(trouble: boolean): void {
  running?.copy.tell(trouble)
  if (told !== trouble) void lineIs(trouble)
  told = trouble
}

export async function stopCopy(): Promise<void> {
  const before = running
  running = null
  copyState.since = null
  copyState.full = false
  if (!before) return
  window.clearInterval(before.timer)
  if (told) void lineIs(false)
  told = null
  await before.copy.stop()
}

/** A page that was reloaded in a running meeting records again before anything else of it is there. */
export function startEarly(): void {
  const id = /^\/meetings\/([\w-]+)$/.exec(location.pathname)?.[1]
  const kept = id && wasInside(id) ? keptMeeting(id) : null
  if (!id || !kept || !copies(kept.meeting)) return
  own.wanted = true
  void own.open()
  void startCopy(id, kept.meeting.title, kept.clock)
}

/** Kept beside the meeting, for a reload without a line. */
export const earlyOf = (meeting: Meeting): unknown => (copies(meeting) ? earlyWish(own.wish()) : null)

// Of more sites than these the hub keeps the main picture only (of the others their presence).
const FEW_SITES = 12

/** Whether this device's own copy of a meeting is of use. */
export function copies(meeting: Meeting): boolean {
  return meeting.recorded && meeting.may.publish && meeting.sites_total <= FEW_SITES
}

export { wallNow }
