// Five seconds of own picture and sound, recorded and played back before a meeting, so that a dead microphone is heard of now.

import { offersPicture } from "./description"

export const CHECK_MS = 5_000

export interface CheckResult {
  url: string
  /** The loudest moment, 0 to 1; 0 where the browser can't tell. */
  loudest: number
}

const TYPES = ["video/webm;codecs=vp8,opus", "video/webm", "video/mp4"]

export function canCheck(): boolean {
  return typeof MediaRecorder === "function"
}

/** Whether this browser can take part with a picture at all, asked of itself by an offer that nobody gets. */
export async function browserFits(): Promise<boolean> {
  if (typeof RTCPeerConnection !== "function") return false
  const pc = new RTCPeerConnection()
  try {
    pc.addTransceiver("video")
    return offersPicture((await pc.createOffer()).sdp ?? "")
  } catch {
    return false
  } finally {
    pc.close()
  }
}

export async function record(tracks: MediaStreamTrack[], stop: AbortSignal): Promise<CheckResult | null> {
  if (!canCheck() || !tracks.length || stop.aborted) return null
  // Clones: the check may be stopped at any moment without touching what the meeting will send.
  const copies = tracks.map((track) => track.clone())
  const stream = new MediaStream(copies)
  const type = TYPES.find((one) => MediaRecorder.isTypeSupported(one))
  const recorder = new MediaRecorder(stream, type ? { mimeType: type } : {})
  const parts: Blob[] = []
  const level = new Level(stream)
  try {
    await new Promise<void>((resolve, reject) => {
      recorder.ondataavailable = (event) => void parts.push(event.data)
      recorder.onstop = () => resolve()
      recorder.onerror = () => reject(new Error("the recorder of the browser failed"))
      const end = (): void => void (recorder.state !== "inactive" && recorder.stop())
      const timer = window.setTimeout(end, CHECK_MS)
      stop.addEventListener("abort", () => {
        window.clearTimeout(timer)
        end()
      })
      recorder.start()
    })
  } catch {
    return null
  } finally {
    level.close()
    for (const copy of copies) copy.stop()
  }
  if (stop.aborted) return null
  return { url: URL.createObjectURL(new Blob(parts, { type: recorder.mimeType || type || "video/webm" })), loudest: level.loudest }
}

/** How loud a stream is, for the bar beside the microphone. */
export class Level {
  loudest = 0
  private context: AudioContext | null = null
  private analyser: AnalyserNode | null = null
  private samples = new Float32Array(512)
  private timer: number | null = null

  constructor(stream: MediaStream, onlevel: (level: number) => void = () => undefined) {
    const Context = window.AudioContext ?? (window as unknown as { webkitAudioContext?: typeof AudioContext }).webkitAudioContext
    if (!Context || !stream.getAudioTracks().length) return
    this.context = new Context()
    this.analyser = this.context.createAnalyser()
    this.analyser.fftSize = 512
    this.context.createMediaStreamSource(stream).connect(this.analyser)
    this.timer = window.setInterval(() => {
      const level = this.read()
      this.loudest = Math.max(this.loudest, level)
      onlevel(level)
    }, 100)
  }

  private read(): number {
    if (!this.analyser) return 0
    this.analyser.getFloatTimeDomainData(this.samples)
    let sum = 0
    for (const sample of this.samples) sum += sample * sample
    const rms = Math.sqrt(sum / this.samples.length)
    // −60 dBov is silence, −10 a near voice.
    return rms ? Math.min(1, Math.max(0, (20 * Math.log10(rms) + 60) / 50)) : 0
  }

  close(): void {
    if (this.timer !== null) window.clearInterval(this.timer)
    void this.context?.close()
    this.context = null
  }
}
