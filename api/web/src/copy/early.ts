// What public/early.js has begun before this page was read.

export interface Early {
  stream: MediaStream | null
  recorder: MediaRecorder | null
  slices: Blob[]
  start: number
  last: number
  opened: Promise<void>
}

declare global {
  interface Window {
    huiluEarly?: Early
  }
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
