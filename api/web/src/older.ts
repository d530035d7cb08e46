// What libraries take for granted and Chromium 87 or Safari 14 do not have; imported first.

function add(target: object, name: string, value: unknown): void {
  if (!(name in target)) Object.defineProperty(target, name, { value, writable: true, configurable: true })
}

function at<T>(this: ArrayLike<T>, index: number): T | undefined {
  const i = Math.trunc(index) || 0
  return this[i < 0 ? this.length + i : i]
}

function findLast<T>(this: T[], test: (value: T, index: number, all: T[]) => unknown): T | undefined {
  for (let i = this.length - 1; i >= 0; i -= 1) if (test(this[i] as T, i, this)) return this[i]
  return undefined
}

add(Array.prototype, "at", at)
add(Uint8Array.prototype, "at", at)
add(String.prototype, "at", at)
add(Array.prototype, "findLast", findLast)
add(Object, "hasOwn", (target: object, key: PropertyKey) => Object.prototype.hasOwnProperty.call(target, key))

export {}
