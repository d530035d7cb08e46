// The person's own camera, microphone and screen: asked for once, kept through rotation, and brought back when taken away.

import { reactive } from "vue"
import { earlyStream } from "../copy/early"
import type { SilenceCause } from "../wire/messages"

export type OwnKind = "camera" | "microphone" | "screen"
export type Trouble = "denied" | "missing" | "busy" | "unknown"

export interface OwnState {
  camera: boolean
  microphone: boolean
  screen: boolean
  /** Wanted off by the person; the track stays, so that coming back needs no renegotiation. */
  cameraOff: boolean
  microphoneOff: boolean
  /** Taken away by a call or a locked screen. */
  silenced: SilenceCause | null
  trouble: Trouble | null
  size: string
}

// 720p at 25 frames: enough to read a ballot held up to the camera, and what a village's line carries.
const PICTURE: MediaTrackConstraints = {
  width: { ideal: 1280 },
  height: { ideal: 720 },
  frameRate: { ideal: 25, max: 30 },
}
const SOUND: MediaTrackConstraints = { echoCancellation: true, noiseSuppression: true, autoGainControl: true }

export function onPhone(): boolean {
  return matchMedia("(pointer: coarse)").matches && Math.min(screen.width, screen.height) < 900
}

export class OwnMedia {
  readonly state: OwnState = reactive({
    camera: false,
    microphone: false,
    screen: false,
    cameraOff: false,
    microphoneOff: false,
    silenced: null,
    trouble: null,
    size: "",
  })
  readonly tracks: Record<OwnKind, MediaStreamTrack | null> = { camera: null, microphone: null, screen: null }
  /** A track came, went or was replaced. */
  onchange: (kind: OwnKind, track: MediaStreamTrack | null) => void = () => undefined
  /** Sound or picture stopped or came back, and why. */
  onsilence: (kind: OwnKind, muted: boolean, cause: SilenceCause) => void = () => undefined
  private facing: "environment" | "user" = "environment"
  private opening: Promise<void> | null = null

  constructor() {
    document.addEventListener("visibilitychange", () => this.visibility())
    window.addEventListener("pageshow", () => this.back())
    // A camera that was pulled out, or plugged in while we have none.
    navigator.mediaDevices?.addEventListener("devicechange", () => this.back())
  }

  /** Asks for camera and microphone together (one question on screen), then for either alone. */
  open(): Promise<void> {
    this.opening ??= this.ask().finally(() => {
      this.opening = null
    })
    return this.opening
  }

  private async ask(): Promise<void> {
    if (!navigator.mediaDevices) {
      this.state.trouble = "missing"
      return
    }
    // Of a page that was reloaded in a meeting they are open already.
    const early = await earlyStream()
    if (early && !this.live("camera") && !this.live("microphone")) {
      for (const track of early.getTracks()) if (track.readyState === "live") this.keep(track.kind === "video" ? "camera" : "microphone", track)
    }
    const wantCamera = !this.live("camera")
    const wantSound = !this.live("microphone")
    if (!wantCamera && !wantSound) return
    const video = wantCamera ? this.picture() : false
    const audio = wantSound ? SOUND : false
    try {
      this.take(await navigator.mediaDevices.getUserMedia({ video, audio }))
      this.state.trouble = null
      return
    } catch (error) {
      this.state.trouble = troubleOf(error)
    }
    // One of the two may be missing or taken: a meeting with sound only is better than none.
    for (const one of [{ audio: SOUND }, { video: this.picture() }]) {
      const kind: OwnKind = "audio" in one ? "microphone" : "camera"
      if (this.live(kind)) continue
      try {
        this.take(await navigator.mediaDevices.getUserMedia(one))
      } catch {
        // said above
      }
    }
  }

  wish(): MediaStreamConstraints {
    return { video: this.picture(), audio: SOUND }
  }

  private picture(): MediaTrackConstraints {
    return onPhone() ? { ...PICTURE, facingMode: { ideal: this.facing } } : PICTURE
  }

  private take(stream: MediaStream): void {
    for (const track of stream.getTracks()) this.keep(track.kind === "video" ? "camera" : "microphone", track)
  }

  private keep(kind: OwnKind, track: MediaStreamTrack | null): void {
    const before = this.tracks[kind]
    if (before && before !== track) {
      before.onmute = before.onunmute = before.onended = null
      before.stop()
    }
    this.tracks[kind] = track
    this.state[kind] = track !== null
    if (track) {
      // 'detail' keeps 1280 × 720 from the first second; without it Chromium starts at 640 and grows for 15 s.
      if (kind !== "microphone") track.contentHint = "detail"
      if (kind === "camera") {
        const is = track.getSettings()
        this.state.size = `${is.width ?? "?"}×${is.height ?? "?"}`
        track.enabled = !this.state.cameraOff
      }
      if (kind === "microphone") track.enabled = !this.state.microphoneOff
      track.onmute = () => this.silent(kind, true)
      track.onunmute = () => this.silent(kind, false)
      track.onended = () => this.lost(kind)
    }
    this.onchange(kind, track)
  }

  live(kind: OwnKind): boolean {
    return this.tracks[kind]?.readyState === "live"
  }

  mute(kind: "camera" | "microphone", off: boolean): void {
    if (kind === "camera") this.state.cameraOff = off
    else this.state.microphoneOff = off
    const track = this.tracks[kind]
    if (track) track.enabled = !off
    this.onsilence(kind, off, "muted")
  }

  /** Front or rear camera of a phone. */
  async turn(): Promise<void> {
    this.facing = this.facing === "environment" ? "user" : "environment"
    const before = this.tracks.camera
    // Most phones open one camera at a time.
    before?.stop()
    const stream = await navigator.mediaDevices.getUserMedia({ video: this.picture() })
    this.take(stream)
  }

  async share(): Promise<void> {
    const media = navigator.mediaDevices as MediaDevices & { getDisplayMedia?: MediaDevices["getDisplayMedia"] }
    if (!media.getDisplayMedia) return
    const stream = await media.getDisplayMedia({ video: { frameRate: { ideal: 10, max: 15 } }, audio: false })
    this.keep("screen", stream.getVideoTracks()[0] ?? null)
  }

  unshare(): void {
    this.keep("screen", null)
  }

  static canShare(): boolean {
    return typeof navigator.mediaDevices?.getDisplayMedia === "function"
  }

  private silent(kind: OwnKind, muted: boolean): void {
    if (kind === "screen") return
    // A phone call takes the microphone of a page that stays in sight; a locked screen or another app hides the page.
    const cause: SilenceCause = document.visibilityState === "hidden" ? "locked" : "call"
    if (muted) this.state.silenced = cause
    this.onsilence(kind, muted, muted ? cause : (this.state.silenced ?? cause))
    if (!muted && !this.tracks.camera?.muted && !this.tracks.microphone?.muted) this.state.silenced = null
  }

  private lost(kind: OwnKind): void {
    if (kind === "screen") {
      this.keep("screen", null)
      return
    }
    this.silent(kind, true)
    this.tracks[kind] = null
    this.state[kind] = false
    if (document.visibilityState === "visible") this.back()
  }

  private visibility(): void {
    if (document.visibilityState === "visible") {
      this.back()
      return
    }
    // A phone stops the camera of a hidden page, often without an event and with no time left to say so later.
    if (!onPhone()) return
    for (const kind of ["camera", "microphone"] as const) {
      if (this.tracks[kind]) {
        this.state.silenced = "locked"
        this.onsilence(kind, true, "locked")
      }
    }
  }

  /** In sight again: what still runs is said to be back, what ended is asked for again (the permission holds). */
  private back(): void {
    if (document.visibilityState !== "visible" || !this.wanted) return
    const cause = this.state.silenced
    const missing = (["camera", "microphone"] as const).filter((kind) => !this.live(kind))
    const say = (): void => {
      for (const kind of ["camera", "microphone"] as const) {
        if (cause && this.live(kind) && !this.tracks[kind]?.muted) this.onsilence(kind, false, cause)
      }
      if (this.live("camera") || this.live("microphone")) this.state.silenced = null
    }
    if (!missing.length) {
      say()
      return
    }
    void this.open().then(say)
  }

  /** Set while a lobby or a room wants the devices; a page that left them does not take them back. */
  wanted = false

  /** Stops everything; the caller waits 500 ms before it closes the connection, so that the last frames leave. */
  stop(): void {
    this.wanted = false
    for (const kind of ["camera", "microphone", "screen"] as const) {
      const track = this.tracks[kind]
      if (track) {
        track.onmute = track.onunmute = track.onended = null
        track.stop()
      }
      this.tracks[kind] = null
      this.state[kind] = false
    }
    this.state.silenced = null
    this.state.cameraOff = this.state.microphoneOff = false
  }
}

export function troubleOf(error: unknown): Trouble {
  const name = error instanceof DOMException ? error.name : ""
  if (name === "NotAllowedError" || name === "SecurityError") return "denied"
  if (name === "NotFoundError" || name === "OverconstrainedError") return "missing"
  return name === "NotReadableError" || name === "AbortError" ? "busy" : "unknown"
}

/** One person, one set of devices: the lobby opens them, the room goes on with them. */
export const own = new OwnMedia()
