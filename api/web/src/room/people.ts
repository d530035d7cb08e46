// Who is here, as far as the page shows it: a window of rows that the hub keeps up to date.

import type { PeopleTold, Person } from "../wire/types"

export interface People {
  /** Rows `first` and following of those that fit the search. */
  rows: Person[]
  first: number
  query: string
  total: number
  found: number
}

export const nobody: People = { rows: [], first: 0, query: "", total: 0, found: 0 }

export function told(known: People, message: PeopleTold): People {
  const { total, found } = message
  if (message.people) return { rows: message.people, first: message.first ?? 0, query: message.query ?? "", total, found }
  const came = message.came ?? []
  const moved = new Set([...(message.left ?? []), ...came.map(([, person]) => person.publisher)])
  const rows = known.rows.filter((person) => !moved.has(person.publisher))
  for (const [at, person] of came) rows.splice(at, 0, person)
  return { ...known, rows, total, found }
}
