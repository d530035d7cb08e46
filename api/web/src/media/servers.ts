// The TURN and STUN servers that the hub names to who is signed in; their passwords last for a day.

import { get } from "../wire/http"

interface Named {
  servers: RTCIceServer[]
  valid_s: number
}

let known: { servers: RTCIceServer[]; until: number } | null = null

/** For a new connection: kept for half of the time for which they hold. */
export async function iceServers(): Promise<RTCIceServer[]> {
  if (!known || performance.now() > known.until) {
    const named = await get<Named>("/api/ice-servers")
    known = { servers: named.servers, until: performance.now() + named.valid_s * 500 }
  }
  return known.servers
}
