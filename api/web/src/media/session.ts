// A session in a meeting: one offer and one answer; a dead path is restarted, a restarted relay gets a new session.

import { reactive } from "vue"
import { Channel } from "../wire/channel"
import { post, Problem, send } from "../wire/http"
import type { FromHub, SilenceCause, Slot, Troubled } from "../wire/types"
import { iceOf, preferred, withIce } from "./description"
import { deviceName } from "./device"
import { followNetwork } from "./network"
import type { OwnKind, OwnMedia } from "./own"
import { PathWatch, WATCH_MS } from "./path"
import { RestartLines } from "./restart"
import { iceServers } from "./servers"
import { Sizes } from "./sizes"

export const VIDEO_SLOTS = 9
export const MOST_VIDEO_SLOTS = 16
export const AUDIO_SLOTS = 3

const LAST_FRAMES_MS = 500
// A restart that brought no byte within this time gives way to a new session.
const GIVE_UP_MS = 12_000
// A part of the meeting runs that is not for us: the hub has taken our session down.
const OUTSIDE = "recording.restricted"
const CAMERA_BPS = 2_000_000
// 720, 360 and 180 lines. The picture begins in its full size alone, so that its first seconds are archived in it: with
// three layers a browser serves the small ones first. The relay asks for the others when somebody is to see them.
const BEST = "h"
const LAYERS: RTCRtpEncodingParameters[] = [
  { rid: BEST, maxBitrate: CAMERA_BPS },
  { rid: "m", maxBitrate: 500_000, scaleResolutionDownBy: 2, active: false },
  { rid: "l", maxBitrate: 150_000, scaleResolutionDownBy: 4, active: false },
]
const SCREEN_BPS = 1_500_000

export type Phase = "joining" | "connected" | "reconnecting" | "waiting" | "refused" | "closed"

export interface SlotView extends Slot {
  track: MediaStreamTrack
}

export interface SlotStats {
  mid: string
  kind: string
  publisher: string | null
  framesDecoded: number
  packetsReceived: number
  frameWidth: number
  frameHeight: number
}

export interface SessionStats {
  session: string | null
  publisher: string | null
  phase: Phase
  framesEncoded: Record<string, number>
  framesSent: Record<string, number>
  sentSize: Record<string, string>
  slots: SlotStats[]
  rttMs: number | null
  /** Where media go: `udp` or `tcp` to the relay's address, through a TURN server (`relayed`) or not. */
  way: { protocol: string; address: string; relayed: boolean } | null
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

type H264Sender = RTCRtpTransceiver & { setCodecPreferences?: RTCRtpTransceiver["setCodecPreferences"] }

/** Of the whole path; null where the figures say nothing of it. Not every browser has it in one figure. */
function bytesReceived(readings: RTCStatsReport): number | null {
  const found: Record<string, number> = {}
  readings.forEach((entry: { type: string; bytesReceived?: number }) => {
    if (entry.bytesReceived !== undefined) found[entry.type] = (found[entry.type] ?? 0) + entry.bytesReceived
  })
  return found.transport ?? found["candidate-pair"] ?? null
}

export class RoomSession {
  readonly state: SessionState = reactive({ phase: "joining", publisher: null, problem: null, channel: false, slots: [], soundOnly: false })
  private pc: RTCPeerConnection | null = null
  private channel: Channel | null = null
  private location: string | null = null
  private session: string | null = null
  private answer = ""
  private senders: Partial<Record<OwnKind, RTCRtpSender>> = {}
  private tracks = new Map<string, MediaStreamTrack>()
  private placed: Slot[] = []
  private watch: PathWatch | null = null
  private timer: number | null = null
  private met = false // this connection was there once
  private restarting = false
  private once = false // again, when the restart that runs is over
  private opening = false
  private over = false
  private outside = false
  private restarts = 0
  private sessions = 0
  private unfollow: (() => void) | null = null
  private readonly lines = new RestartLines()
  private layers: string[] | null = null
  private turning = false
  private readonly sizes = new Sizes((sizes) => this.channel?.send({ type: "sizes", sizes }))

  constructor(
    private readonly meeting: string,
    private readonly own: OwnMedia,
    private readonly onmessage: (message: FromHub) => void,
    private readonly slots: number = VIDEO_SLOTS,
    private readonly unit: string | null = null,
  ) {}

  async start(): Promise<void> {
    this.own.onchange = (kind, track) => void this.senders[kind]?.replaceTrack(track)
    this.own.onsilence = (kind, muted, cause) => this.silence(kind, muted, cause)
    this.unfollow = followNetwork(() => this.network())
    this.timer = window.setInterval(() => void this.look(), WATCH_MS)
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
    this.met = false
    pc.ontrack = (event) => this.arrived(event)
    pc.onconnectionstatechange = () => this.moved(pc)
    const mine: [OwnKind, "video" | "audio"][] = [
      ["camera", "video"],
      ["microphone", "audio"],
      // Reserved from the start, so that sharing a screen later changes nothing in the session.
      ["screen", "video"],
    ]
    const lines: [OwnKind, RTCRtpTransceiver][] = []
    for (const [kind, medium] of mine) {
      const track = this.own.tracks[kind]
      const line = this.sending(pc, kind, track ?? medium)
      if (medium === "video") this.prefer(line, "send")
      this.senders[kind] = line.sender
      lines.push([kind, line])
    }
    for (let i = 0; i < Math.min(this.slots, MOST_VIDEO_SLOTS); i += 1) {
      this.prefer(pc.addTransceiver("video", { direction: "recvonly" }), "receive")
    }
    for (let i = 0; i < AUDIO_SLOTS; i += 1) pc.addTransceiver("audio", { direction: "recvonly" })
    await pc.setLocalDescription(await pc.createOffer())
    const sources: Record<string, OwnKind> = {}
    for (const [kind, line] of lines) if (line.mid !== null) sources[line.mid] = kind
    const opened = await post<Opened>(`/api/meetings/${this.meeting}/sessions`, {
      sdp: pc.localDescription?.sdp ?? "",
      device: await deviceName(),
      sources,
      ...(this.unit ? { unit: this.unit } : {}),
    })
    if (this.over || this.pc !== pc) {
      void send("DELETE", this.at(opened.session), { quiet: true, keepalive: true }).catch(() => undefined)
      return
    }
    this.session = opened.session
    this.location = this.at(opened.session)
    this.answer = opened.sdp
    this.state.publisher = opened.publisher
    this.sessions += 1
    await pc.setRemoteDescription({ type: "answer", sdp: opened.sdp })
    this.watch = new PathWatch(performance.now())
    await this.bound(this.senders.camera, CAMERA_BPS)
    void this.turnLayers()
    await this.bound(this.senders.screen, SCREEN_BPS)
    this.listen(opened.session)
  }

  private sending(pc: RTCPeerConnection, kind: OwnKind, what: MediaStreamTrack | string): RTCRtpTransceiver {
    if (kind === "camera") {
      try {
        return pc.addTransceiver(what, { direction: "sendonly", sendEncodings: LAYERS.map((layer) => ({ ...layer })) })
      } catch {
        // A browser without layers sends the one picture.
      }
    }
    return pc.addTransceiver(what, { direction: "sendonly" })
  }

  /** Switches layers of the camera on and off as the relay has asked last. */
  private async turnLayers(): Promise<void> {
    if (this.turning) return
    this.turning = true
    let turned: string[] | null = null
    while (this.layers && turned !== this.layers) {
      turned = this.layers
      const sender = this.senders.camera
      const is = sender?.getParameters()
      if (!sender || !is || is.encodings.length < 2) break
      for (const layer of is.encodings) layer.active = turned.includes(layer.rid ?? "")
      try {
        await sender.setParameters(is)
      } catch {
        break // The relay asks again.
      }
    }
    this.turning = false
  }

  /** How large an element shows a slot, in pixels of the screen; null: no more. The relay sends no larger than needed. */
  size(mid: string, element: unknown, size: [number, number] | null): void {
    this.sizes.set(mid, element, size)
  }

  private at(session: string): string {
    return `/api/meetings/${this.meeting}/sessions/${session}`
  }

  private prefer(line: H264Sender, way: "send" | "receive"): void {
    const side = way === "send" ? RTCRtpSender : RTCRtpReceiver
    const codecs = side.getCapabilities?.("video")?.codecs
    if (!codecs || !line.setCodecPreferences) return
    const ordered = preferred(codecs)
    if (ordered.length) line.setCodecPreferences(ordered)
  }

  private async bound(sender: RTCRtpSender | undefined, maxBitrate: number): Promise<void> {
    if (!sender) return
    const is = sender.getParameters()
    if (is.encodings?.length !== 1) return
    for (const encoding of is.encodings) encoding.maxBitrate = maxBitrate
    try {
      await sender.setParameters(is)
    } catch {
      // A browser that refuses keeps its own bound; REMB still holds it.
    }
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
      this.layers = message.layers
      void this.turnLayers()
    } else if (message.type === "restarted") {
      this.lines.heard(message.ice, message.to)
    } else if (message.type === "relay") {
      this.lines.heard(null, null)
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
    const views: SlotView[] = []
    for (const slot of this.placed) {
      const track = this.tracks.get(slot.mid)
      if (track) views.push({ ...slot, track })
    }
    // Sound is played from every audio slot, whoever is in it.
    for (const [mid, track] of this.tracks) {
      if (track.kind === "audio" && !views.some((view) => view.mid === mid)) {
        views.push({ mid, kind: "audio", source: null, publisher: null, unit: null, source_kind: null, track })
      }
    }
    this.state.slots = views
  }

  private moved(pc: RTCPeerConnection): void {
    if (pc !== this.pc) return
    if (pc.connectionState === "connected") {
      this.met = true
      this.state.phase = "connected"
    } else if (pc.connectionState === "disconnected") void this.restart()
    else if (pc.connectionState === "failed") void (this.met ? this.restart() : this.renew())
  }

  private async look(): Promise<void> {
    const pc = this.pc
    const sender = this.senders.camera
    if (!pc || !sender || !this.watch || pc.connectionState === "new" || this.opening) return
    // One sender's figures are cheap, but may leave the path out while it sends nothing.
    const bytes = bytesReceived(await sender.getStats()) ?? bytesReceived(await pc.getStats())
    if (pc !== this.pc || !this.watch || bytes === null) return
    const now = performance.now()
    const dead = this.watch.feed(now, bytes)
    if (this.state.phase === "reconnecting" && this.watch.silentMs(now) < WATCH_MS && pc.connectionState === "connected") {
      this.state.phase = "connected"
    }
    if (dead && this.met) {
      if (this.watch.silentMs(now) > GIVE_UP_MS) void this.renew()
      else void this.restart()
    }
  }

  private network(): void {
    this.channel?.renew()
    // One that is under way began on the old network.
    this.once = this.restarting
    void this.restart()
  }

  /** New ICE credentials on both sides; DTLS, keys and slots go on. */
  async restart(): Promise<void> {
    const pc = this.pc
    if (!pc || this.restarting || this.opening || this.over || !this.answer) return
    this.restarting = true
    this.restarts += 1
    this.watch?.restarted(performance.now())
    this.state.phase = "reconnecting"
    try {
      if (pc.signalingState === "have-local-offer") await pc.setLocalDescription({ type: "rollback" })
      const offer = await pc.createOffer({ iceRestart: true })
      await pc.setLocalDescription(offer)
      const theirs = await this.lines.ask(iceOf(offer.sdp ?? ""), this.channel, this.location ?? "")
      if (pc !== this.pc) return
      this.answer = withIce(this.answer, theirs)
      await pc.setRemoteDescription({ type: "answer", sdp: this.answer })
      // The old answer says which layers rested when it was made.
      void this.turnLayers()
    } catch (error) {
      const status = error instanceof Problem ? error.status : 0
      if (status === 404 || status === 410) void this.renew()
      // Otherwise nobody was reached: the watch asks again.
    } finally {
      this.restarting = false
    }
    if (this.once) {
      this.once = false
      await this.restart()
    }
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
    this.lines.heard(null, null)
    const pc = this.pc
    this.pc = null
    this.session = null
    this.location = null
    this.answer = ""
    this.watch = null
    this.senders = {}
    this.tracks.clear()
    this.placed = []
    this.layers = null
    this.state.slots = []
    this.state.soundOnly = false
    if (pc) {
      pc.ontrack = pc.onconnectionstatechange = null
      pc.close()
    }
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
    for (const [kind, sender] of Object.entries(this.senders)) {
      const report = await sender.getStats()
      report.forEach((entry: Record<string, unknown>) => {
        if (entry.type !== "outbound-rtp") return
        // Of a camera in layers the best one: the others come and go.
        if (entry.rid !== undefined && entry.rid !== BEST) return
        found.framesEncoded[kind] = Number(entry.framesEncoded ?? 0)
        found.framesSent[kind] = Number(entry.framesSent ?? 0)
        if (entry.frameWidth) found.sentSize[kind] = `${String(entry.frameWidth)}x${String(entry.frameHeight)}`
      })
    }
    const report = await pc.getStats()
    const at = (id: unknown) => report.get(String(id)) as Record<string, unknown> | undefined
    const publisher = new Map(this.placed.map((slot) => [slot.mid, slot.publisher]))
    report.forEach((entry: Record<string, unknown>) => {
      if (entry.type === "inbound-rtp") {
        const mid = String(entry.mid ?? "")
        found.slots.push({
          mid,
          kind: String(entry.kind),
          publisher: publisher.get(mid) ?? null,
          framesDecoded: Number(entry.framesDecoded ?? 0),
          packetsReceived: Number(entry.packetsReceived ?? 0),
          frameWidth: Number(entry.frameWidth ?? 0),
          frameHeight: Number(entry.frameHeight ?? 0),
        })
      }
      if (entry.type === "candidate-pair" && entry.nominated && entry.currentRoundTripTime !== undefined) {
        found.rttMs = Math.round(Number(entry.currentRoundTripTime) * 1000)
      }
      if (entry.type !== "transport") return
      const pair = at(entry.selectedCandidatePairId)
      const [local, remote] = [at(pair?.localCandidateId), at(pair?.remoteCandidateId)]
      if (local && remote) {
        const relayed = local.candidateType === "relay"
        found.way = { protocol: String(remote.protocol), address: String(remote.address), relayed }
      }
    })
    return found
  }
}

