import { describe, expect, test } from "vitest"
import { fragment, iceOf, offersPicture, preferred, ranked, withIce, type Codec } from "./description"

const h264 = (profile: string, mode: number): Codec => ({
  mimeType: "video/H264",
  clockRate: 90000,
  sdpFmtpLine: `level-asymmetry-allowed=1;packetization-mode=${mode};profile-level-id=${profile}`,
})
const vp8: Codec = { mimeType: "video/VP8", clockRate: 90000 }
const rtx: Codec = { mimeType: "video/rtx", clockRate: 90000 }

describe("codecs", () => {
  test("Chromium's list: constrained baseline leads although it stands fifth", () => {
    const offered = [
      vp8,
      rtx,
      { mimeType: "video/VP9", clockRate: 90000 },
      h264("42001f", 1),
      h264("42001f", 0),
      h264("42e01f", 1),
      h264("4d001f", 1),
      { mimeType: "video/AV1", clockRate: 90000 },
      { mimeType: "video/red", clockRate: 90000 },
    ]
    expect(preferred(offered)).toEqual([h264("42e01f", 1), h264("42001f", 1), vp8, rtx])
  })

  test("a phone that sends VP8 only still offers it", () => {
    expect(preferred([rtx, vp8])).toEqual([vp8, rtx])
  })
})

describe("an offer's picture", () => {
  const offer = (...lines: string[]): string => ["v=0", "m=video 9 UDP/TLS/RTP/SAVPF 96 97 98", ...lines, ""].join("\r\n")
  const fmtp = "a=fmtp:98 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f"

  test("is there with VP8 or H.264 alone", () => {
    expect(offersPicture(offer("a=rtpmap:96 VP8/90000", "a=rtpmap:97 rtx/90000", "a=fmtp:97 apt=96"))).toBe(true)
    expect(offersPicture(offer("a=rtpmap:98 H264/90000", fmtp))).toBe(true)
  })

  test("is not there with others, with repair alone, or in another shape of H.264", () => {
    expect(offersPicture(offer("a=rtpmap:96 VP9/90000", "a=rtpmap:97 rtx/90000", "a=rtpmap:98 AV1/90000"))).toBe(false)
    expect(offersPicture(offer("a=rtpmap:98 H264/90000", fmtp.replace("mode=1", "mode=0")))).toBe(false)
    expect(offersPicture("")).toBe(false)
  })
})

describe("credentials", () => {
  const answer = ["v=0", "m=audio 9 x 111", "a=ice-ufrag:old1", "a=ice-pwd:oldpassword", "m=video 9 x 96", "a=ice-ufrag:old1", "a=ice-pwd:oldpassword", ""].join("\r\n")

  test("are replaced in every section and nothing else changes", () => {
    const fresh = { ufrag: "new/+1", pwd: "abcdefghijklmnopqrstuv" }
    const changed = withIce(answer, fresh)
    expect(iceOf(changed)).toEqual(fresh)
    expect(changed).not.toContain("old")
    expect(withIce(changed, { ufrag: "old1", pwd: "oldpassword" })).toBe(answer)
  })

  test("are read with both line ends, and their absence is said", () => {
    expect(iceOf("a=ice-ufrag:ab\na=ice-pwd:cd\n")).toEqual({ ufrag: "ab", pwd: "cd" })
    expect(() => iceOf("v=0\r\n")).toThrow()
  })

  test("a fragment carries them", () => {
    const ice = { ufrag: "abcd", pwd: "abcdefghijklmnopqrstuv" }
    expect(iceOf(fragment(ice))).toEqual(ice)
  })
})

test("candidates of a restart rank above those before it, and below a browser's own", () => {
  const answer = "v=0\r\na=candidate:1 1 udp 2130706431 fd00::1 8444 typ host\r\na=candidate:2 1 tcp 2113929471 10.0.0.1 8444 typ host tcptype passive\r\n"
  expect(ranked(answer, 0)).toBe(
    "v=0\r\na=candidate:1 1 udp 1000 fd00::1 8444 typ host\r\na=candidate:2 1 tcp 1000 10.0.0.1 8444 typ host tcptype passive\r\n",
  )
  expect(ranked(ranked(answer, 0), 2)).toContain("udp 3000 fd00::1")
})
