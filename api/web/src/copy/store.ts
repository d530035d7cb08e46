// What this device recorded by itself, in its own data base: takes with their slices, until the hub confirmed them.

import type { ClockSample } from "./clock"

export interface Take {
  id: string
  meeting: string
  title: string
  /** The device's part of the publisher's name: by it the hub knows that we were there. */
  device: string
  mime: string
  /** This device's clock, ms: its recorder was started. */
  start: number
  /** Its first picture came within so many ms; takes of older pages don't say. */
  loose?: number
  /** Of the last slice that was kept. */
  last: number
  /** Being recorded, or over. */
  open: boolean
  bytes: number
  slices: number
  clock: ClockSample | null
  /** Why the hub takes it never, in both languages. */
  refused: { zh: string; en: string } | null
}

const NAME = "huilu-copy"

let opened: Promise<IDBDatabase> | null = null

function open(): Promise<IDBDatabase> {
  opened ??= new Promise<IDBDatabase>((resolve, reject) => {
    const asking = indexedDB.open(NAME, 1)
    asking.onupgradeneeded = () => {
      asking.result.createObjectStore("takes", { keyPath: "id" })
      asking.result.createObjectStore("slices")
    }
    asking.onsuccess = () => {
      asking.result.onversionchange = () => {
        asking.result.close()
        opened = null
      }
      resolve(asking.result)
    }
    asking.onerror = () => reject(asking.error)
  })
  opened.catch(() => (opened = null))
  return opened
}

function over(transaction: IDBTransaction): Promise<void> {
  return new Promise((resolve, reject) => {
    transaction.oncomplete = () => resolve()
    transaction.onabort = transaction.onerror = () => reject(transaction.error)
  })
}

function got<T>(asking: IDBRequest<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    asking.onsuccess = () => resolve(asking.result)
    asking.onerror = () => reject(asking.error)
  })
}

const within = (take: string): IDBKeyRange => IDBKeyRange.bound([take, 0], [take, Infinity])

/** The take as it is now, with slices that are new. */
export async function keep(take: Take, fresh: [number, Blob][]): Promise<void> {
  const transaction = (await open()).transaction(["takes", "slices"], "readwrite")
  for (const [number, blob] of fresh) transaction.objectStore("slices").put(blob, [take.id, number])
  transaction.objectStore("takes").put(take)
  const done = over(transaction)
  // A page that is going away has no time left to wait for it: it goes to the browser at once.
  if (typeof transaction.commit === "function") transaction.commit()
  await done
}

export async function takes(): Promise<Take[]> {
  const all = await got<Take[]>((await open()).transaction("takes").objectStore("takes").getAll())
  return all.sort((a, b) => a.start - b.start)
}

/** The whole file; its bytes stay with the browser until they are read. */
export async function fileOf(take: Take): Promise<Blob> {
  const slices = await got<Blob[]>((await open()).transaction("slices").objectStore("slices").getAll(within(take.id)))
  return new Blob(slices, { type: take.mime })
}

export async function forget(take: string): Promise<void> {
  const transaction = (await open()).transaction(["takes", "slices"], "readwrite")
  transaction.objectStore("slices").delete(within(take))
  transaction.objectStore("takes").delete(take)
  await over(transaction)
}

const MOST_BYTES = 4 * 1024 ** 3
const SPARE_BYTES = 200 * 1024 ** 2

/** How many bytes may still be kept; the browser is asked not to throw them away. */
export async function room(): Promise<number> {
  const { storage } = navigator
  if (!storage || typeof storage.estimate !== "function") return MOST_BYTES
  if (typeof storage.persist === "function") await storage.persist().catch(() => false)
  const { quota = MOST_BYTES, usage = 0 } = await storage.estimate()
  return Math.max(0, Math.min(MOST_BYTES - usage, quota - usage - SPARE_BYTES))
}
