// Takes that are over go to the hub by themselves, in the background, whichever page is open; what the hub has sealed
// and confirmed is deleted here, nothing else.

import { reactive } from "vue"
import { post, Problem, put } from "../wire/http"
import { ask, placed, wallNow } from "./clock"
import { lockOf } from "./recording"
import { fileOf, forget, keep, takes, type Take } from "./store"

export const PIECE = 262_144
const LOOK_MS = 5_000
// A page without locks that has written nothing for so long is gone.
const GONE_MS = 20_000
const TOLD_MS = 15_000

/** By this device's clock, ms. */
export interface Span {
  start: number
  last: number
}

export interface Delivering {
  /** Of the takes that are over: how much they show, and how much of their bytes is there. */
  ms: number
  bytes: number
  sent: number
  /** All that the device keeps, what is being recorded too, by its own clock. */
  kept: Span[]
  done: boolean
  refused: { zh: string; en: string; take: string }[]
}

export const delivering = reactive<Delivering>({ ms: 0, bytes: 0, sent: 0, kept: [], done: false, refused: [] })

/** What the hub says of a delivery that is on its way. */
interface Progress {
  delivery: { id: string; state: string }
  have: number[]
}

let running = false
let timer: number | null = null
let told = 0
const sentOf = new Map<string, number>()

export function deliverWhatIsThere(): void {
  if (typeof indexedDB === "undefined") return
  timer ??= window.setInterval(() => void look(), LOOK_MS)
  window.addEventListener("online", () => void look())
  void look()
}

export async function look(): Promise<void> {
  if (running) return
  running = true
  try {
    const locks = (navigator as Navigator & { locks?: LockManager }).locks
    const all = await ended(locks)
    show(all)
    const ready = all.filter((take) => !take.refused)
    if (!ready.length) return
    // Of two pages one delivers.
    if (locks) await locks.request("huilu.deliver", { ifAvailable: true }, (lock) => (lock ? each(ready) : undefined))
    else await each(ready)
    show(await ended(locks))
  } catch (error) {
    // Nobody was reached: the next look asks again.
    if (!(error instanceof Problem)) console.error(error)
  } finally {
    running = false
  }
}

/** All takes; one whose page is gone is over. */
async function ended(locks: LockManager | undefined): Promise<Take[]> {
  const before = await takes()
  const held = locks ? new Set(((await locks.query()).held ?? []).map((lock) => lock.name)) : null
  const gone = before.filter((take) => take.open && !(held ? held.has(lockOf(take.id)) : wallNow() - take.last < GONE_MS))
  if (!gone.length) return before
  // Read again: what a page wrote last, it wrote before it let its lock go.
  const all = await takes()
  for (const take of all) {
    if (!take.open || !gone.some((one) => one.id === take.id)) continue
    take.open = false
    await keep(take, [])
  }
  return all
}

async function each(ready: Take[]): Promise<void> {
  for (const take of ready) if (!take.open) await one(take)
}

async function one(take: Take): Promise<void> {
  try {
    const { sample, answer } = await ask(take.meeting, 6)
    const where = placed(take.start, take.last, take.loose ?? 0, take.clock, sample)
    // A device that heard only now that somebody had ended it: what came after that is nobody's business.
    if (!take.bytes || (answer.ended_ms !== null && where.start >= answer.ended_ms)) {
      await forget(take.id)
      return
    }
    await send(
      take.meeting,
      await fileOf(take),
      { origin: "device", key: take.id, mime: take.mime, start_ms: where.start, end_ms: where.end, clock: where.clock, device: take.device },
      (sent) => {
        sentOf.set(take.id, sent)
        void takes().then(show)
      },
    )
    await forget(take.id)
    sentOf.delete(take.id)
    delivering.done = true
    window.clearTimeout(told)
    told = window.setTimeout(() => (delivering.done = false), TOLD_MS)
  } catch (error) {
    const never = error instanceof Problem && error.status >= 400 && error.status < 500 && ![401, 408, 409, 429].includes(error.status)
    if (never && error instanceof Problem) await keep({ ...take, refused: { zh: error.zh, en: error.en } }, [])
    else throw error
  }
}

/** A file in pieces; goes on where it was. Gives the delivery when the hub has sealed it. */
export async function send<T = { id: string }>(meeting: string, file: Blob, said: Record<string, unknown>, onsent: (bytes: number) => void): Promise<T> {
  const pieces = Math.ceil(file.size / PIECE)
  const begun = await post<Progress>(`/api/meetings/${meeting}/deliveries`, { ...said, bytes: file.size, pieces }, { quiet: true })
  const have = new Set(begun.have)
  const sealed = begun.delivery.state !== "receiving"
  const digests = new Uint8Array(pieces * 32)
  let sent = 0
  for (let number = 0; number < pieces && !sealed; number += 1) {
    const data = await file.slice(number * PIECE, (number + 1) * PIECE).arrayBuffer()
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", data))
    digests.set(digest, number * 32)
    if (!have.has(number)) await put(`/api/deliveries/${begun.delivery.id}/pieces/${number}?sha256=${hex(digest)}`, data)
    sent += data.byteLength
    onsent(sent)
  }
  if (sealed) return begun.delivery as T
  const whole = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", digests)))
  return post<T>(`/api/deliveries/${begun.delivery.id}/complete`, { list_sha256: whole }, { quiet: true, timeoutMs: 120_000 })
}

const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("")

function show(all: Take[]): void {
  const over = all.filter((take) => !take.open && !take.refused)
  delivering.ms = joined(over)
  delivering.kept = all.filter((take) => !take.refused).map(({ start, last }) => ({ start, last }))
  delivering.bytes = over.reduce((sum, take) => sum + take.bytes, 0)
  delivering.sent = over.reduce((sum, take) => sum + Math.min(take.bytes, sentOf.get(take.id) ?? 0), 0)
  delivering.refused = all.flatMap((take) => (take.refused ? [{ ...take.refused, take: take.id }] : []))
}

/** How much they show, ms: takes overlap where one gave way to the next. Pure. */
export function joined(some: Span[]): number {
  let until = -Infinity
  let sum = 0
  for (const take of [...some].sort((a, b) => a.start - b.start)) {
    sum += Math.max(0, take.last - Math.max(until, take.start))
    until = Math.max(until, take.last)
  }
  return sum
}
