// The few changes a page makes to session descriptions: which codecs it offers, and new ICE credentials in an old answer.

import type { Ice } from "../wire/messages"

export interface Codec {
  mimeType: string
  clockRate: number
  channels?: number
  sdpFmtpLine?: string
}

const REPAIR = 3 // behind every picture format
const PROFILE = /profile-level-id=([0-9a-f]{6})/i

function rank(codec: Codec): number {
  const name = codec.mimeType.toLowerCase()
  const line = codec.sdpFmtpLine ?? ""
  if (name === "video/h264") {
    if (!line.includes("packetization-mode=1")) return -1
    // 42e0 is constrained baseline, which every box and phone decodes; 4200 plain baseline, as some encoders say it.
    const profile = (PROFILE.exec(line)?.[1] ?? "").toLowerCase()
    if (profile.startsWith("42e0")) return 0
    return profile.startsWith("4200") ? 1 : -1
  }
  if (name === "video/vp8") return 2
  if (name === "video/rtx") return REPAIR
  return -1
}

/** H.264 first, then VP8, then their repair; everything else is left out (a room's offer shrinks from 95 to 24 kB). */
export function preferred<T extends Codec>(codecs: readonly T[]): T[] {
  return codecs
    .map((codec, at) => ({ codec, at, rank: rank(codec) }))
    .filter((entry) => entry.rank >= 0)
    .sort((a, b) => a.rank - b.rank || a.at - b.at)
    .map((entry) => entry.codec)
}

/** Whether an offer holds a picture format that a meeting can use: H.264 in the shape that we ask for, or VP8. */
export function offersPicture(sdp: string): boolean {
  const lines = new Map<string, string>()
  for (const [, payload, line] of sdp.matchAll(/^a=fmtp:(\d+) ([^\r\n]*)/gm)) lines.set(payload ?? "", line ?? "")
  for (const [, payload, name] of sdp.matchAll(/^a=rtpmap:(\d+) ([\w-]+)\/90000/gm)) {
    const place = rank({ mimeType: `video/${name}`, clockRate: 90000, sdpFmtpLine: lines.get(payload ?? "") ?? "" })
    if (place >= 0 && place < REPAIR) return true
  }
  return false
}

/** ICE credentials of a description (RFC 8839 §5.4); with BUNDLE the first ones hold for all. */
export function iceOf(sdp: string): Ice {
  const ufrag = /^a=ice-ufrag:(\S+)\s*$/m.exec(sdp)?.[1]
  const pwd = /^a=ice-pwd:(\S+)\s*$/m.exec(sdp)?.[1]
  if (!ufrag || !pwd) throw new Error("a description without ICE credentials")
  return { ufrag, pwd }
}

/** The same description with other credentials: all that an ICE restart changes here (DTLS, keys and slots go on). */
export function withIce(sdp: string, ice: Ice): string {
  return sdp
    .replace(/^a=ice-ufrag:[^\r\n]*/gm, `a=ice-ufrag:${ice.ufrag}`)
    .replace(/^a=ice-pwd:[^\r\n]*/gm, `a=ice-pwd:${ice.pwd}`)
}

const RANK = 1_000

/** An answer whose candidates rank above those of all earlier restarts. Chromium stays on an old pair that still receives
 *  for as long as the new ones rank lower, though nothing that it sends arrives. A pair's priority goes by the lower of
 *  its two candidates' (RFC 8445 §6.1.2.3), so ours stay below what a browser gives to its own, TURN included, and are
 *  all the same: among them the browser's own order holds, straight before relayed, UDP before TCP. */
export function ranked(sdp: string, restarts: number): string {
  return sdp.replace(/^(a=candidate:\S+ \d+ \S+ )\d+/gm, (_, head: string) => `${head}${String(RANK * (1 + restarts))}`)
}

/** The body of a WHIP restart (RFC 9725 §4.3.3, RFC 8840). */
export function fragment(ice: Ice): string {
  return `a=ice-options:trickle ice2\r\na=ice-ufrag:${ice.ufrag}\r\na=ice-pwd:${ice.pwd}\r\n`
}
