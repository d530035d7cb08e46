// The lines of a page's one offer: what it sends, and slots to receive in.

import { preferred } from "./description"
import { CAMERA_BPS, LAYERS } from "./layers"
import type { OwnKind } from "./own"

export const VIDEO_SLOTS = 9
export const MOST_VIDEO_SLOTS = 16
export const AUDIO_SLOTS = 3
const SCREEN_BPS = 1_500_000

const MINE: readonly [OwnKind, "video" | "audio"][] = [
  ["camera", "video"],
  ["microphone", "audio"],
  // Reserved from the start, so that sharing a screen later changes nothing in the session.
  ["screen", "video"],
]

type Choosing = RTCRtpTransceiver & { setCodecPreferences?: RTCRtpTransceiver["setCodecPreferences"] }
type Tracks = Partial<Record<OwnKind, MediaStreamTrack | null>>
export type Lines = Record<OwnKind, RTCRtpTransceiver>

export function addLines(pc: RTCPeerConnection, tracks: Tracks, slots: number): Lines {
  const lines: Partial<Lines> = {}
  for (const [kind, medium] of MINE) {
    const line = sending(pc, kind, tracks[kind] ?? medium)
    if (medium === "video") prefer(line, RTCRtpSender)
    lines[kind] = line
  }
  for (let i = 0; i < Math.min(slots, MOST_VIDEO_SLOTS); i += 1) {
    prefer(pc.addTransceiver("video", { direction: "recvonly" }), RTCRtpReceiver)
  }
  for (let i = 0; i < AUDIO_SLOTS; i += 1) pc.addTransceiver("audio", { direction: "recvonly" })
  return lines as Lines
}

/** Which m-line is which of ours, once the offer is made. */
export function sourcesOf(lines: Lines): Record<string, OwnKind> {
  const sources: Record<string, OwnKind> = {}
  for (const [kind] of MINE) {
    const { mid } = lines[kind]
    if (mid !== null) sources[mid] = kind
  }
  return sources
}

/** Holds what goes in one piece to its rate; layers have theirs from the start. */
export async function boundRates(lines: Lines): Promise<void> {
  await bound(lines.camera.sender, CAMERA_BPS)
  await bound(lines.screen.sender, SCREEN_BPS)
}

function sending(pc: RTCPeerConnection, kind: OwnKind, what: MediaStreamTrack | string): RTCRtpTransceiver {
  if (kind === "camera") {
    try {
      return pc.addTransceiver(what, { direction: "sendonly", sendEncodings: LAYERS.map((layer) => ({ ...layer })) })
    } catch {
      // A browser without layers sends the one picture.
    }
  }
  return pc.addTransceiver(what, { direction: "sendonly" })
}

function prefer(line: Choosing, side: typeof RTCRtpSender | typeof RTCRtpReceiver): void {
  const codecs = side.getCapabilities?.("video")?.codecs
  if (!codecs || !line.setCodecPreferences) return
  const ordered = preferred(codecs)
  if (ordered.length) line.setCodecPreferences(ordered)
}

async function bound(sender: RTCRtpSender, maxBitrate: number): Promise<void> {
  const is = sender.getParameters()
  if (is.encodings?.length !== 1) return
  for (const encoding of is.encodings) encoding.maxBitrate = maxBitrate
  try {
    await sender.setParameters(is)
  } catch {
    // A browser that refuses keeps its own bound; REMB still holds it.
  }
}
