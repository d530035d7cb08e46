// The device's own recording: a ring of the last seconds while all is well, kept from before a break on until after it.
//
// One recorder runs at a time; where one gives way to the next, both run for a moment, so that no picture is between
// them. What is kept goes to the device's data base slice by slice: a page that is reloaded loses a slice at most.

import type { OwnMedia } from "../media/own"
import { takeEarly } from "./early"
import { wallNow, type ClockSample } from "./clock"
import { keep, room as roomLeft, type Take } from "./store"

const SLICE_MS = 250
// Of a page that is going: its browser still looks for the next one, and what it records until then is kept.
const LEAVING_MS = 40
const GONE_MS = 3_000
/** A path is found dead within 1.5 s; a line that gets slowly worse, or a recorder that is away, later. */
const RING_MS = 20_000
// From the next one's first slice on: a busy machine is seconds behind with what it encodes.
const OVERLAP_MS = 3_000
const NEVER_MS = 15_000
/** So long all must be well before the hub is left to it alone: its pieces are sealed by then. */
const WELL_MS = 12_000
const PICTURE_BPS = 1_000_000
const SOUND_BPS = 32_000
/** Least room for going on, bytes. */
const LEAST = 8 * 1024 ** 2
const ASK_ROOM_EVERY = 120 // slices: half a minute

// H.264 is kept as it came, and each slice of Matroska can be read by itself; MP4 comes in pieces of seconds.
const TYPES = [
  "video/x-matroska;codecs=avc1,opus",
  "video/webm;codecs=h264,opus",
  "video/mp4;codecs=avc1.42E01F,opus",
  "video/mp4;codecs=avc1.42E01F,mp4a.40.2",
  "video/mp4",
  "video/webm;codecs=vp8,opus",
  "video/webm",
]

export function recordedType(): string | null {
  if (typeof MediaRecorder !== "function" || typeof indexedDB === "undefined") return null
  return TYPES.find((type) => MediaRecorder.isTypeSupported(type)) ?? null
}

export interface About {
  meeting: string
  title: string
  device: string
  clock: () => ClockSample | null
}

type Options = MediaRecorderOptions & { videoKeyFrameIntervalDuration?: number }

const optionsOf = (type: string): Options => ({ mimeType: type, videoBitsPerSecond: PICTURE_BPS, audioBitsPerSecond: SOUND_BPS, videoKeyFrameIntervalDuration: 2_000 })

/** What public/early.js needs to go on after a reload. */
export function earlyWish(wish: MediaStreamConstraints): { wish: MediaStreamConstraints; options: Options; slice: number } | null {
  const type = recordedType()
  return type === null ? null : { wish, options: optionsOf(type), slice: SLICE_MS }
}

/** One recorder's life, in memory until it is to be kept. */
class Running {
  readonly take: Take
  private readonly recorder: MediaRecorder
  private waiting: [number, Blob][] = []
  private keeping = false
  private writing: Promise<void> = Promise.resolve()
  private unlock: () => void = () => undefined
  private stopped = false
  begun = false
  private heard: () => void = () => undefined
  /** Its first slice is there. */
  readonly first = new Promise<void>((resolve) => (this.heard = resolve))

  constructor(stream: MediaStream, type: string, about: About, private readonly full: () => void) {
    const early = takeEarly()
    this.recorder = early?.recorder ?? new MediaRecorder(stream, optionsOf(type))
    const now = wallNow()
    const id = Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, "0")).join("")
    this.take = { id, meeting: about.meeting, title: about.title, device: about.device, mime: this.recorder.mimeType || type, start: now, loose: 0, last: now, open: true, bytes: 0, slices: 0, clock: about.clock(), refused: null }
    this.recorder.onstart = () => {
      this.begun = true
      this.take.loose = wallNow() - this.take.start
    }
    this.recorder.ondataavailable = (event) => this.slice(event.data)
    this.recorder.onerror = () => this.stop()
    if (early) {
      this.begun = true
      this.take.start = early.start
      this.take.loose = early.loose
      for (const blob of early.slices) this.slice(blob)
      this.take.last = early.last || early.start
    } else {
      this.take.start = wallNow()
      this.recorder.start(SLICE_MS)
    }
  }

  private slice(blob: Blob): void {
    if (!blob.size) return
    this.heard()
    this.take.mime = this.recorder.mimeType || this.take.mime
    this.waiting.push([this.take.slices, blob])
    this.take.slices += 1
    this.take.bytes += blob.size
    this.take.last = wallNow()
    if (this.keeping) this.write()
  }

  /** What is in memory, and all that comes. */
  keep(): void {
    if (this.keeping) return
    this.keeping = true
    this.take.open = !this.stopped
    // Who finds this lock free knows that the page that recorded is gone.
    const locks = (navigator as Navigator & { locks?: LockManager }).locks
    if (locks && !this.stopped) void locks.request(lockOf(this.take.id), () => new Promise<void>((resolve) => (this.unlock = resolve)))
    this.write()
  }

  private write(): void {
    const fresh = this.waiting
    this.waiting = []
    const now = { ...this.take }
    this.writing = this.writing.then(() => keep(now, fresh)).catch((error: unknown) => {
      // A full disk: what is kept stays.
      console.error(error)
      this.full()
    })
  }

  get kept(): boolean {
    return this.keeping
  }

  flush(): void {
    if (this.recorder.state === "recording") this.recorder.requestData()
  }

  /** Resolves when its last slice is kept. */
  async stop(): Promise<void> {
    if (this.stopped) return
    this.stopped = true
    if (this.recorder.state !== "inactive") {
      const done = new Promise((resolve) => (this.recorder.onstop = resolve))
      this.recorder.stop()
      await done
    }
    this.take.open = false
    if (this.keeping) this.write()
    await this.writing
    this.unlock()
  }
}

export const lockOf = (take: string): string => `huilu.take.${take}`

export class OwnCopy {
  private current: Running | null = null
  private before: Running | null = null
  private trouble = false
  private wellSince: number | null = null
  private timer: number | null = null
  private over = false
  private stream: MediaStream | null = null
  private readonly type = recordedType()
  private left = Infinity
  private slices = 0
  /** When what is kept began, by this device's clock; null while all is well. */
  since: number | null = null
  full = false
  onchange: () => void = () => undefined
  /** A take is over and can be delivered. */
  ondone: () => void = () => undefined

  constructor(private readonly own: OwnMedia, private readonly about: About) {}

  start(): void {
    if (this.type === null) return
    this.timer = window.setInterval(() => this.beat(), 500)
    window.addEventListener("beforeunload", this.leaving)
    window.addEventListener("pagehide", this.leaving)
    this.beat()
  }

  /** What is recorded goes to the data base before the page is gone; a page may also stay after all. While nobody else
   *  records, the browser asks first. */
  private readonly leaving = (event: Event): void => {
    if (this.trouble) event.preventDefault()
    this.current?.flush()
    const going = window.setInterval(() => this.current?.flush(), LEAVING_MS)
    window.setTimeout(() => window.clearInterval(going), GONE_MS)
  }

  /** The line is down or too thin, or the hub doesn't record well. */
  tell(trouble: boolean): void {
    if (trouble) this.wellSince = null
    else if (this.trouble && this.wellSince === null) this.wellSince = wallNow()
    if (trouble && !this.trouble) {
      this.trouble = true
      for (const one of [this.before, this.current]) one?.keep()
      this.since = this.before?.take.start ?? this.current?.take.start ?? wallNow()
      void this.askRoom()
      this.onchange()
    }
    this.beat()
  }

  private async askRoom(): Promise<void> {
    this.left = await roomLeft().catch(() => 0)
    this.full = this.left < LEAST
    this.onchange()
  }

  private beat(): void {
    if (this.over || this.type === null) return
    const now = wallNow()
    const stream = this.tracks()
    if (!stream || (this.trouble && this.full)) {
      this.letGo()
      return
    }
    if (this.trouble && this.wellSince !== null && now - this.wellSince > WELL_MS) {
      this.trouble = false
      this.wellSince = null
      this.since = null
      this.next(stream)
      this.onchange()
    } else if (!this.current || stream !== this.stream) this.next(stream)
    else if (!this.trouble && this.current.begun && now - this.current.take.start > RING_MS) this.next(stream)
    this.stream = stream
    this.slices += 1
    if (this.trouble && this.slices % ASK_ROOM_EVERY === 0) void this.askRoom()
  }

  /** Camera and microphone as they are now; the same object while they are the same. */
  private tracks(): MediaStream | null {
    const found = [this.own.tracks.camera, this.own.tracks.microphone].filter((track): track is MediaStreamTrack => track?.readyState === "live")
    if (!found.length) return null
    const same = this.stream && this.stream.getTracks().length === found.length && found.every((track) => this.stream?.getTracks().includes(track))
    return same ? this.stream : new MediaStream(found)
  }

  private next(stream: MediaStream): void {
    const old = this.current
    const soundOnly = stream.getVideoTracks().length === 0
    const audio = ["audio/webm;codecs=opus", "audio/mp4"].find((type) => MediaRecorder.isTypeSupported(type))
    try {
      this.current = new Running(stream, soundOnly ? (audio ?? this.type ?? "") : (this.type ?? ""), this.about, () => {
        this.full = true
        this.onchange()
      })
    } catch (error) {
      console.error(error)
      this.current = null
    }
    if (this.trouble) this.current?.keep()
    this.before = old
    if (old) void this.giveWay(old, this.current)
  }

  private async giveWay(old: Running, next: Running | null): Promise<void> {
    if (next) await Promise.race([next.first, new Promise((resolve) => window.setTimeout(resolve, NEVER_MS))])
    await new Promise((resolve) => window.setTimeout(resolve, OVERLAP_MS))
    await old.stop()
    if (old.kept) this.ondone()
  }

  private letGo(): void {
    const old = this.current
    this.current = null
    this.stream = null
    this.before = old
    if (old) void old.stop().then(() => old.kept && this.ondone())
  }

  async stop(): Promise<void> {
    this.over = true
    if (this.timer !== null) window.clearInterval(this.timer)
    window.removeEventListener("beforeunload", this.leaving)
    window.removeEventListener("pagehide", this.leaving)
    const last = this.current
    this.current = this.before = null
    await last?.stop()
    if (last?.kept) this.ondone()
  }
}
