// Plays one playlist of a recording in a media element, by hls.js or by the browser itself, on the meeting's time line.

import Hls from "hls.js"

export interface Opening {
  url: string
  /** Where to begin, in seconds of the playlist. */
  start: number
  /** The wall clock of the opening in ms, to read EXT-X-PROGRAM-DATE-TIME by. */
  openedWall: number | null
  live: boolean
}

export class Player {
  /** Seconds of meeting time at the playlist's beginning. */
  offset = 0
  onready: () => void = () => undefined
  onfail: () => void = () => undefined
  private hls: Hls | null = null
  private recoveries = 0
  /** Sought before the first piece was there: hls.js would go back to its start position. */
  private pending: number | null = null
  private begun = false

  constructor(readonly media: HTMLMediaElement) {}

  open(what: Opening): void {
    this.close()
    if (!Hls.isSupported()) {
      // iPhones before iOS 17.1 have no Media Source; Safari plays the list itself.
      this.media.src = what.url
      this.media.addEventListener("loadedmetadata", () => (this.media.currentTime = what.start), { once: true })
      return
    }
    const hls = new Hls({
      // fMP4 needs no transmuxing, and a content policy without blob workers stays possible.
      enableWorker: false,
      startPosition: what.start,
      startFragPrefetch: true,
      maxBufferLength: 20,
      maxMaxBufferLength: 60,
      backBufferLength: 60,
      // A finger's breadth between two segments is not worth a stall.
      maxBufferHole: 0.3,
      ...(what.live ? { liveDurationInfinity: false, liveSyncDurationCount: 3, liveMaxLatencyDurationCount: Infinity } : {}),
    })
    this.hls = hls
    hls.on(Hls.Events.LEVEL_LOADED, (_event, data) => {
      const first = data.details.fragments[0]
      if (first && first.programDateTime !== null && what.openedWall !== null) {
        const offset = (first.programDateTime - what.openedWall) / 1000 - first.start
        // Less than a frame is how the playlist rounds.
        this.offset = Math.abs(offset) < 0.05 ? 0 : offset
      }
    })
    hls.on(Hls.Events.FRAG_BUFFERED, () => {
      this.begun = true
      const to = this.pending
      this.pending = null
      if (to !== null) this.media.currentTime = to
    })
    hls.on(Hls.Events.MANIFEST_PARSED, () => this.onready())
    hls.on(Hls.Events.ERROR, (_event, data) => {
      if (!data.fatal) return
      this.recoveries += 1
      if (this.recoveries > 5) this.onfail()
      else if (data.type === Hls.ErrorTypes.MEDIA_ERROR) hls.recoverMediaError()
      else if (data.details === Hls.ErrorDetails.MANIFEST_LOAD_ERROR) this.onfail()
      else window.setTimeout(() => this.hls === hls && hls.startLoad(), 1_000)
    })
    hls.loadSource(what.url)
    hls.attachMedia(this.media)
  }

  get meetingTime(): number {
    return (this.pending ?? this.media.currentTime) + this.offset
  }

  seek(meetingSeconds: number): void {
    const to = Math.max(0, meetingSeconds - this.offset)
    if (this.hls && !this.begun) this.pending = to
    this.media.currentTime = to
  }

  close(): void {
    this.hls?.destroy()
    this.hls = null
    this.recoveries = 0
    this.pending = null
    this.begun = false
    this.offset = 0
  }
}
