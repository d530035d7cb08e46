// What public/early.js has begun before this page was read.

export interface Early {
  stream: MediaStream | null
  recorder: MediaRecorder | null
  slices: Blob[]
  start: number
  loose: number
  last: number
  /** It records, or can't. */
  opened: Promise<void>
}

declare global {
  interface Window {
    huiluEarly?: Early
  }
}

// A camera that opens needs the page's one thread a dozen times: an app that is read meanwhile doubles what is missing.
// A browser that asks a person first is not waited for.
const PATIENCE_MS = 2_000

/** Resolves when nothing more is to be waited for before the app is read. */
export async function earlyRuns(): Promise<void> {
  if (!window.huiluEarly) return
  await Promise.race([earlyStream(), new Promise((resolve) => window.setTimeout(resolve, PATIENCE_MS))])
}

/** Its camera and microphone, once; null where nothing was begun. */
export async function earlyStream(): Promise<MediaStream | null> {
  await window.huiluEarly?.opened.catch(() => undefined)
  return window.huiluEarly?.stream ?? null
}

/** Its recorder with what it has, once. */
export function takeEarly(): Early | null {
  const early = window.huiluEarly
  if (!early?.recorder || early.recorder.state !== "recording") return null
  delete window.huiluEarly
  return early
}
