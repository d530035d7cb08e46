// Who is here, as far as the page shows it: a window of rows that the hub keeps up to date.

import type { PeopleTold, Person, Troubled } from "../wire/here"

export interface People {
  /** Rows `first` and following of those that fit the search. */
  rows: Person[]
  first: number
  query: string
  /** Only those whose line is so. */
  line: Troubled | null
  total: number
  found: number
}

export const nobody: People = { rows: [], first: 0, query: "", line: null, total: 0, found: 0 }

export function told(known: People, message: PeopleTold): People {
  const { total, found } = message
  if (message.people) {
    return { rows: message.people, first: message.first ?? 0, query: message.query ?? "", line: message.line ?? null, total, found }
  }
  const came = message.came ?? []
  const moved = new Set([...(message.left ?? []), ...came.map(([, person]) => person.publisher)])
  const rows = known.rows.filter((person) => !moved.has(person.publisher))
  for (const [at, person] of came) rows.splice(at, 0, person)
  return { ...known, rows, total, found }
}

/** By how many rows most of those in sight have moved (`count` from place `top` of the list on): a list that changes
 *  above what one reads is scrolled by so many, and nothing moves under one's eyes. */
export function moved(before: People, now: People, top: number, count: number): number {
  const places = new Map(now.rows.map((person, at) => [person.publisher, now.first + at]))
  const votes = new Map<number, number>()
  for (const [at, person] of before.rows.entries()) {
    const place = before.first + at
    const by = (places.get(person.publisher) ?? NaN) - place
    if (place >= top && place < top + count && !Number.isNaN(by)) votes.set(by, (votes.get(by) ?? 0) + 1)
  }
  let most = 0
  for (const [by, many] of votes) if (many > (votes.get(most) ?? 0)) most = by
  return most
}
