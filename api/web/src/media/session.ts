// A session in a meeting: one offer and one answer; a dead path is restarted, a restarted relay gets a new session.

import { reactive } from "vue"
import { Channel } from "../wire/channel"
import { post, Problem, send } from "../wire/http"
import type { Troubled } from "../wire/here"
import type { FromHub, SilenceCause, Slot } from "../wire/messages"
import { deviceName } from "./device"
import { receivedIn, roundTripMs, sentBy, wayOf, type Report, type SlotStats, type Way } from "./figures"
import { Layers } from "./layers"
import { Living, type Around } from "./living"
import { followNetwork } from "./network"
import { addLines, boundRates, sourcesOf, VIDEO_SLOTS, type Lines } from "./offer"
import type { OwnKind, OwnMedia } from "./own"
import { WATCH_MS } from "./path"
import { iceServers } from "./servers"
import { Sizes } from "./sizes"
import { seen, type SlotView } from "./slots"

const LAST_FRAMES_MS = 500
// A part of the meeting runs that is not for us: the hub has taken our session down.
const OUTSIDE = "recording.restricted"

export type Phase = "joining" | "connected" | "reconnecting" | "waiting" | "refused" | "closed"

export interface SessionStats {
  session: string | null
  publisher: string | null
  phase: Phase
  framesEncoded: Record<string, number>
  framesSent: Record<string, number>
  sentSize: Record<string, string>
  slots: SlotStats[]
  rttMs: number | null
  way: Way | null
  restarts: number
  sessions: number
}

interface Opened {
  session: string
  publisher: string
  sdp: string
}

export interface SessionState {
  phase: Phase
  publisher: string | null
  problem: Problem | null
  channel: boolean
  slots: SlotView[]
  /** The line is too weak for any picture. */
  soundOnly: boolean
}

export class RoomSession {
  readonly state: SessionState = reactive({ phase: "joining", publisher: null, problem: null, channel: false, slots: [], soundOnly: false })
  private pc: RTCPeerConnection | null = null
  private channel: Channel | null = null
  private location: string | null = null
  private session: string | null = null
  private lines: Lines | null = null
  private layers: Layers | null = null
  private living: Living | null = null
  private tracks = new Map<string, MediaStreamTrack>()
  private placed: Slot[] = []
  private timer: number | null = null
  private opening = false
  private over = false
  private outside = false
  private restarts = 0
  private sessions = 0
  private unfollow: (() => void) | null = null
  private readonly sizes = new Sizes((sizes) => this.channel?.send({ type: "sizes", sizes }))

  constructor(
    private readonly meeting: string,
    private readonly own: OwnMedia,
    private readonly onmessage: (message: FromHub) => void,
    private readonly slots: number = VIDEO_SLOTS,
    private readonly unit: string | null = null,
  ) {}

  async start(): Promise<void> {
    this.own.onchange = (kind, track) => void this.lines?.[kind].sender.replaceTrack(track)
    this.own.onsilence = (kind, muted, cause) => this.silence(kind, muted, cause)
    this.unfollow = followNetwork(() => this.network())
    this.timer = window.setInterval(() => void this.living?.look(), WATCH_MS)
    await this.open()
  }

  private async open(): Promise<void> {
    if (this.opening || this.over || this.outside) return
    this.opening = true
    let pause = 250
    while (!this.over && !this.outside) {
      try {
        await this.offer()
        this.state.problem = null
        if (this.pc) break // else it was dropped meanwhile: outside, and perhaps in again
      } catch (error) {
        this.drop()
        const problem = error instanceof Problem ? error : null
        this.state.problem = problem
        if (problem?.code === OUTSIDE) {
          this.stepOut()
          break
        }
        const lasting = problem && problem.status >= 400 && problem.status < 500 && ![401, 404, 408, 409, 429].includes(problem.status)
        const gone = problem?.status === 404 && problem.code !== "media.no-such-session"
        if (!problem || lasting || gone) {
          this.state.phase = "refused"
          if (!problem) console.error(error)
          break
        }
        await new Promise((resolve) => window.setTimeout(resolve, pause))
        pause = Math.min(2_000, pause * 1.6)
      }
    }
    this.opening = false
  }

  private async offer(): Promise<void> {
    this.drop()
    const servers = await iceServers()
    if (this.over || this.outside) return
    const pc = new RTCPeerConnection({ bundlePolicy: "max-bundle", iceServers: servers })
    this.pc = pc
    const lines = addLines(pc, this.own.tracks, this.slots)
    const living = new Living(pc, [lines.camera.sender, lines.microphone.sender], this.around())
    this.lines = lines
    this.layers = new Layers(lines.camera.sender)
    this.living = living
    pc.ontrack = (event) => this.arrived(event)
    pc.onconnectionstatechange = () => living.moved()
    await pc.setLocalDescription(await pc.createOffer())
    const opened = await post<Opened>(`/api/meetings/${this.meeting}/sessions`, {
      sdp: pc.localDescription?.sdp ?? "",
      device: await deviceName(),
      sources: sourcesOf(lines),
      ...(this.unit ? { unit: this.unit } : {}),
    })
    if (this.over || this.pc !== pc) {
      void send("DELETE", this.at(opened.session), { quiet: true, keepalive: true }).catch(() => undefined)
      return
    }
    this.session = opened.session
    this.location = this.at(opened.session)
    this.state.publisher = opened.publisher
    this.sessions += 1
    await living.take(opened.sdp)
    await boundRates(lines)
    void this.layers?.turn()
    this.listen(opened.session)
  }

  /** What a connection needs of this session. */
  private around(): Around {
    return {
      channel: () => this.channel,
      location: () => this.location ?? "",
      opening: () => this.opening,
      connected: () => void (this.state.phase = "connected"),
      restarting: () => {
        this.restarts += 1
        this.state.phase = "reconnecting"
      },
      // The old answer says which layers rested when it was made.
      restarted: () => void this.layers?.turn(),
      renew: () => void this.renew(),
    }
  }

  /** How large an element shows a slot, in pixels of the screen; null: no more. The relay sends no larger than needed. */
  size(mid: string, element: unknown, size: [number, number] | null): void {
    this.sizes.set(mid, element, size)
  }

  private at(session: string): string {
    return `/api/meetings/${this.meeting}/sessions/${session}`
  }

  private listen(session: string): void {
    this.channel?.close()
    this.channel = new Channel(
      `/api/meetings/${this.meeting}/channel?session=${encodeURIComponent(session)}`,
      (message) => this.heard(message),
      (open) => {
        this.state.channel = open
      },
    )
    this.sizes.again()
    for (const kind of ["camera", "microphone"] as const) {
      const off = kind === "camera" ? this.own.state.cameraOff : this.own.state.microphoneOff
      if (off) this.silence(kind, true, "muted")
    }
  }

  private heard(message: FromHub): void {
    if (message.type === "slots") {
      this.placed = message.slots
      this.state.soundOnly = message.sound_only
      this.arrange()
    } else if (message.type === "layers") {
      this.layers?.want(message.layers)
    } else if (message.type === "restarted") {
      this.living?.heard(message.ice, message.to)
    } else if (message.type === "relay") {
      this.living?.heard(null, null)
      void this.renew()
    } else if (message.type === "ended") {
      // The hub has taken the session down already.
      this.location = null
    }
    this.onmessage(message)
  }

  private arrived(event: RTCTrackEvent): void {
    if (event.transceiver.mid === null) return
    this.tracks.set(event.transceiver.mid, event.track)
    this.arrange()
  }

  private arrange(): void {
    this.state.slots = seen(this.placed, this.tracks)
  }

  private network(): void {
    this.channel?.renew()
    this.living?.network()
  }

  /** The old session is gone: a new one with the same tracks under the same publisher. */
  private async renew(): Promise<void> {
    if (this.over || this.opening || this.outside) return
    this.state.phase = "reconnecting"
    await this.open()
  }

  /** Out while a part runs that is not for us, back in when it is over. The channel stays, to tell which. */
  follow(outside: boolean): void {
    if (outside) this.stepOut()
    else if (this.outside) {
      this.outside = false
      this.state.phase = "reconnecting"
      void this.open()
    }
  }

  private stepOut(): void {
    if (this.over || this.outside) return
    this.outside = true
    this.state.problem = null
    this.state.phase = "waiting"
    this.dropMedia()
  }

  private silence(kind: OwnKind, muted: boolean, cause: SilenceCause): void {
    this.channel?.send({ type: "mute", kind, muted, cause })
  }

  show(mid: string, publisher: string | null, sourceKind: string): void {
    this.channel?.send({ type: "show", mid, publisher, source_kind: sourceKind })
  }

  /** Which rows of the list of who is here are in sight. */
  list(first: number, count: number, query: string, line: Troubled | null): void {
    this.channel?.send({ type: "people", first, count, query, line })
  }

  private drop(): void {
    this.channel?.close()
    this.channel = null
    this.state.channel = false // until there is one again, the room asks by hand
    this.dropMedia()
  }

  private dropMedia(): void {
    this.living?.close()
    if (this.pc) {
      this.pc.ontrack = this.pc.onconnectionstatechange = null
      this.pc.close()
    }
    this.pc = null
    this.lines = null
    this.layers = null
    this.living = null
    this.session = null
    this.location = null
    this.tracks.clear()
    this.placed = []
    this.state.slots = []
    this.state.soundOnly = false
  }

  /** The hub ended the meeting at our word: there is nothing left to take down. */
  endedByUs(): void {
    this.location = null
  }

  /** Leaves: tracks stop, their last frames get half a second, then the session is taken down. */
  async close(): Promise<void> {
    if (this.over) return
    this.over = true
    if (this.timer !== null) window.clearInterval(this.timer)
    this.unfollow?.()
    this.sizes.close()
    this.own.onchange = () => undefined
    this.own.onsilence = () => undefined
    this.own.stop()
    this.last = await this.stats()
    await new Promise((resolve) => window.setTimeout(resolve, LAST_FRAMES_MS))
    this.last = await this.stats()
    const location = this.location
    this.drop()
    this.state.phase = "closed"
    this.last.phase = "closed"
    if (location) await send("DELETE", location, { quiet: true, keepalive: true }).catch(() => undefined)
  }

  /** The page is going away: say so at once. */
  vanish(): void {
    if (this.location) void send("DELETE", this.location, { quiet: true, keepalive: true }).catch(() => undefined)
  }

  private last: SessionStats | null = null

  /** What tests and the quality panel read; after the end, the last figures. */
  async stats(): Promise<SessionStats> {
    const pc = this.pc
    if (!pc && this.last) return this.last
    const found: SessionStats = {
      session: this.session,
      publisher: this.state.publisher,
      phase: this.state.phase,
      framesEncoded: {},
      framesSent: {},
      sentSize: {},
      slots: [],
      rttMs: null,
      way: null,
      restarts: this.restarts,
      sessions: this.sessions,
    }
    if (!pc) return found
    for (const [kind, line] of Object.entries(this.lines ?? {})) {
      const sent = sentBy((await line.sender.getStats()) as Report)
      if (!sent) continue
      found.framesEncoded[kind] = sent.framesEncoded
      found.framesSent[kind] = sent.framesSent
      if (sent.size) found.sentSize[kind] = sent.size
    }
    const report = (await pc.getStats()) as Report
    found.slots = receivedIn(report, this.placed)
    found.rttMs = roundTripMs(report)
    found.way = wayOf(report)
    return found
  }
}

