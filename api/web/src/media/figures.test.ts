import { expect, test } from "vitest"
import { bytesReceived, readingOf, receivedIn, roundTripMs, sentBy, wayOf } from "./figures"

const report = (...entries: Record<string, unknown>[]) => new Map(entries.map((entry, at) => [String(entry.id ?? at), entry]))

test("bytes are those of the transport, else of its pairs, else unknown", () => {
  expect(bytesReceived(report({ type: "inbound-rtp", bytesReceived: 5 }))).toBeNull()
  expect(bytesReceived(report({ type: "candidate-pair", bytesReceived: 5 }, { type: "candidate-pair", bytesReceived: 7 }))).toBe(12)
  expect(bytesReceived(report({ type: "candidate-pair", bytesReceived: 5 }, { type: "transport", bytesReceived: 9 }))).toBe(9)
})

test("of a camera in layers the best one counts", () => {
  const layers = report(
    { type: "outbound-rtp", rid: "l", framesEncoded: 90, framesSent: 90, frameWidth: 320, frameHeight: 180 },
    { type: "outbound-rtp", rid: "h", framesEncoded: 40, framesSent: 39, frameWidth: 1280, frameHeight: 720 },
  )
  expect(sentBy(layers)).toEqual({ framesEncoded: 40, framesSent: 39, size: "1280x720" })
  expect(sentBy(report({ type: "outbound-rtp", framesSent: 3 }))).toEqual({ framesEncoded: 0, framesSent: 3, size: null })
  expect(sentBy(report({ type: "codec" }))).toBeNull()
})

test("what came in a slot is told with whose it is", () => {
  const placed = [{ mid: "4", kind: "video" as const, publisher: "p", source: "s", unit: null, source_kind: "camera" }]
  const [first, second] = receivedIn(report({ type: "inbound-rtp", mid: "4", kind: "video", framesDecoded: 2 }, { type: "inbound-rtp", mid: "5", kind: "video" }), placed)
  expect([first?.publisher, first?.framesDecoded, second?.publisher, second?.packetsReceived]).toEqual(["p", 2, null, 0])
})

test("the way is that of the selected pair", () => {
  const found = report(
    { id: "T", type: "transport", selectedCandidatePairId: "P" },
    { id: "P", type: "candidate-pair", nominated: true, currentRoundTripTime: 0.0213, localCandidateId: "L", remoteCandidateId: "R" },
    { id: "L", candidateType: "relay" },
    { id: "R", protocol: "udp", address: "10.0.0.1" },
  )
  expect(wayOf(found)).toEqual({ protocol: "udp", address: "10.0.0.1", relayed: true })
  expect(roundTripMs(found)).toBe(21)
  expect(wayOf(report({ type: "transport" }))).toBeNull()
})

test("a reading has the newest of what the relay told, and the time of the figures themselves", () => {
  const camera = report(
    { type: "outbound-rtp", packetsSent: 10, timestamp: 900 },
    { type: "remote-inbound-rtp", timestamp: 700, fractionLost: 0.25 },
    { type: "transport", bytesReceived: 50, timestamp: 900 },
  )
  const microphone = report({ type: "outbound-rtp", packetsSent: 5, timestamp: 901 }, { type: "remote-inbound-rtp", timestamp: 800 }, { type: "transport", bytesReceived: 51, timestamp: 901 })
  expect(readingOf([camera, microphone])).toEqual({ at: 901, received: 51, sent: 15, reported: 800, lost: 0.25 })
  expect(readingOf([report({ type: "outbound-rtp", packetsSent: 10 })])).toBeNull()
  expect(readingOf([report({ type: "transport", bytesReceived: 0, timestamp: 3 })])).toEqual({ at: 3, received: 0, sent: 0, reported: null, lost: 0 })
})
