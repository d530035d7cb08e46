// What the relay shows in which slot, with the track that plays it.

import type { Slot } from "../wire/messages"

export interface SlotView extends Slot {
  track: MediaStreamTrack
}

export function seen(placed: readonly Slot[], tracks: ReadonlyMap<string, MediaStreamTrack>): SlotView[] {
  const views: SlotView[] = []
  for (const slot of placed) {
    const track = tracks.get(slot.mid)
    if (track) views.push({ ...slot, track })
  }
  // Sound is played from every audio slot, whoever is in it.
  for (const [mid, track] of tracks) {
    if (track.kind === "audio" && !views.some((view) => view.mid === mid)) {
      views.push({ mid, kind: "audio", source: null, publisher: null, unit: null, source_kind: null, track })
    }
  }
  return views
}
