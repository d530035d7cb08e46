// One connection after its answer: whether its path lives, and new ICE credentials when it does not.

import type { Channel } from "../wire/channel"
import { Problem } from "../wire/http"
import type { Ice } from "../wire/messages"
import { iceOf, ranked, withIce } from "./description"
import { readingOf, type Report } from "./figures"
import { PathWatch, WATCH_MS, type Reading } from "./path"
import { RestartLines } from "./restart"

// A restart that brought no byte within this time gives way to a new session.
const GIVE_UP_MS = 12_000

/** What a connection needs of its session. */
export interface Around {
  channel(): Channel | null
  location(): string
  /** A session is being opened: nothing is to be restarted. */
  opening(): boolean
  /** The path is there, or there again. */
  connected(): void
  restarting(): void
  /** Both sides have new credentials. */
  restarted(): void
  /** The session is gone, or no restart helps: a new one, please. */
  renew(): void
}

export class Living {
  private readonly watch = new PathWatch()
  private looking = false
  private answer = ""
  private restarts = 0
  private met = false // it was there once
  private away = false
  private restarting = false
  private once = false // again, when the restart that runs is over
  private over = false
  private readonly lines = new RestartLines()

  constructor(
    private readonly pc: RTCPeerConnection,
    private readonly senders: readonly RTCRtpSender[],
    private readonly around: Around,
  ) {}

  async take(answer: string): Promise<void> {
    await this.pc.setRemoteDescription({ type: "answer", sdp: ranked(answer, this.restarts) })
    this.answer = answer
  }

  /** The browser's own word. */
  moved(): void {
    const state = this.pc.connectionState
    if (state === "connected") {
      this.met = true
      this.back()
    } else if (state === "disconnected") void this.restart()
    else if (state === "failed") {
      if (this.met) void this.restart()
      else this.around.renew()
    }
  }

  /** To be called every WATCH_MS. */
  async look(): Promise<void> {
    if (this.looking || !this.answer || this.pc.connectionState === "new" || this.around.opening()) return
    this.looking = true
    try {
      const reading = await this.read()
      if (this.over || !reading) return
      const dead = this.watch.feed(reading)
      if (this.away && this.watch.deadMs < WATCH_MS && this.pc.connectionState === "connected") this.back()
      if (dead && this.met) {
        if (this.watch.deadMs > GIVE_UP_MS) this.around.renew()
        else void this.restart()
      }
    } finally {
      this.looking = false
    }
  }

  /** Another network: what is under way began on the old one. */
  network(): void {
    this.once = this.restarting
    void this.restart()
  }

  /** The channel's answer to the credentials `to`; null: the relay is a new one. */
  heard(ice: Ice | null, to: string | null): void {
    this.lines.heard(ice, to)
  }

  close(): void {
    this.over = true
    this.lines.heard(null, null)
  }

  private async read(): Promise<Reading | null> {
    // Senders' figures are cheap, but may leave the path out while they send nothing.
    const cheap = (await Promise.all(this.senders.map((sender) => sender.getStats()))) as Report[]
    return readingOf(cheap) ?? readingOf([(await this.pc.getStats()) as Report])
  }

  private back(): void {
    this.away = false
    this.around.connected()
  }

  /** New ICE credentials on both sides; DTLS, keys and slots go on. */
  private async restart(): Promise<void> {
    const { pc } = this
    if (this.restarting || this.over || this.around.opening() || !this.answer) return
    this.restarting = true
    this.away = true
    this.watch.restarted()
    this.around.restarting()
    try {
      if (pc.signalingState === "have-local-offer") await pc.setLocalDescription({ type: "rollback" })
      const offer = await pc.createOffer({ iceRestart: true })
      await pc.setLocalDescription(offer)
      const theirs = await this.lines.ask(iceOf(offer.sdp ?? ""), this.around.channel(), this.around.location())
      if (this.over) return
      this.answer = withIce(this.answer, theirs)
      this.restarts += 1
      await pc.setRemoteDescription({ type: "answer", sdp: ranked(this.answer, this.restarts) })
      this.around.restarted()
    } catch (error) {
      const status = error instanceof Problem ? error.status : 0
      if (!this.over && (status === 404 || status === 410)) this.around.renew()
      // Otherwise nobody was reached: the watch asks again.
    } finally {
      this.restarting = false
    }
    if (this.once) {
      this.once = false
      await this.restart()
    }
  }
}
