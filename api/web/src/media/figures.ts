// What a connection's reports say (webrtc-stats), as the figures that we go by.

import type { Slot } from "../wire/messages"
import { BEST } from "./layers"
import type { Reading } from "./path"

export interface SlotStats {
  mid: string
  kind: string
  publisher: string | null
  framesDecoded: number
  packetsReceived: number
  frameWidth: number
  frameHeight: number
}

/** Where media go: `udp` or `tcp` to the relay's address, through a TURN server (`relayed`) or not. */
export interface Way {
  protocol: string
  address: string
  relayed: boolean
}

export interface Sent {
  framesEncoded: number
  framesSent: number
  size: string | null
}

type Entry = Record<string, unknown>

/** As a browser gives it, or a map of the same in a test. */
export interface Report {
  forEach(look: (entry: Entry) => void): void
  get(id: string): Entry | undefined
}

/** Of the whole path; null where the report says nothing of it. Not every browser has it in one figure. */
export function bytesReceived(report: Report): number | null {
  const found: Record<string, number> = {}
  report.forEach((entry) => {
    if (typeof entry.bytesReceived === "number") {
      const type = String(entry.type)
      found[type] = (found[type] ?? 0) + entry.bytesReceived
    }
  })
  return found.transport ?? found["candidate-pair"] ?? null
}

/** How the path is, by reports of all or of some senders; null where they say nothing of it. */
export function readingOf(reports: readonly Report[]): Reading | null {
  const found: Reading = { at: 0, received: -1, sent: 0, reported: null, lost: 0 }
  for (const report of reports) {
    found.received = Math.max(found.received, bytesReceived(report) ?? -1)
    report.forEach((entry) => {
      const stamp = Number(entry.timestamp ?? 0)
      if (entry.type === "outbound-rtp") found.sent += Number(entry.packetsSent ?? 0)
      // What the relay says has the time at which it came; all else the time at which the figures were taken.
      if (entry.type !== "remote-inbound-rtp") found.at = Math.max(found.at, stamp)
      else {
        found.reported = Math.max(found.reported ?? 0, stamp)
        found.lost = Math.max(found.lost, Number(entry.fractionLost ?? 0))
      }
    })
  }
  return found.received < 0 ? null : found
}

/** What a sender has sent; of a camera in layers the best one, for the others come and go. */
export function sentBy(report: Report): Sent | null {
  let found: Sent | null = null
  report.forEach((entry) => {
    if (entry.type !== "outbound-rtp" || (entry.rid !== undefined && entry.rid !== BEST)) return
    const size = entry.frameWidth ? `${String(entry.frameWidth)}x${String(entry.frameHeight)}` : null
    found = { framesEncoded: Number(entry.framesEncoded ?? 0), framesSent: Number(entry.framesSent ?? 0), size }
  })
  return found
}

export function receivedIn(report: Report, placed: readonly Slot[]): SlotStats[] {
  const publisher = new Map(placed.map((slot) => [slot.mid, slot.publisher]))
  const found: SlotStats[] = []
  report.forEach((entry) => {
    if (entry.type !== "inbound-rtp") return
    const mid = String(entry.mid ?? "")
    found.push({
      mid,
      kind: String(entry.kind),
      publisher: publisher.get(mid) ?? null,
      framesDecoded: Number(entry.framesDecoded ?? 0),
      packetsReceived: Number(entry.packetsReceived ?? 0),
      frameWidth: Number(entry.frameWidth ?? 0),
      frameHeight: Number(entry.frameHeight ?? 0),
    })
  })
  return found
}

export function roundTripMs(report: Report): number | null {
  let found: number | null = null
  report.forEach((entry) => {
    if (entry.type === "candidate-pair" && entry.nominated && entry.currentRoundTripTime !== undefined) {
      found = Math.round(Number(entry.currentRoundTripTime) * 1000)
    }
  })
  return found
}

export function wayOf(report: Report): Way | null {
  let found: Way | null = null
  const at = (id: unknown): Entry | undefined => report.get(String(id))
  report.forEach((entry) => {
    if (entry.type !== "transport") return
    const pair = at(entry.selectedCandidatePairId)
    const [local, remote] = [at(pair?.localCandidateId), at(pair?.remoteCandidateId)]
    if (local && remote) {
      found = { protocol: String(remote.protocol), address: String(remote.address), relayed: local.candidateType === "relay" }
    }
  })
  return found
}
