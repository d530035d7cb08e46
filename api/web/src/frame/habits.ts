// What this person chose last, so that the next meeting starts without a choice.

import { catalogue, me } from "./me"

interface Habits {
  kinds: string[]
  matter: string | null
}

const key = (): string => `huilu.habits.${me.value?.user.id ?? ""}`

export function habits(): Habits {
  try {
    const kept = JSON.parse(localStorage.getItem(key()) ?? "null") as Habits | null
    if (kept && Array.isArray(kept.kinds)) return kept
  } catch {
    // unreadable: as if there were none
  }
  return { kinds: [], matter: null }
}

export function remember(kind: string, matter: string | null): void {
  const before = habits().kinds.filter((one) => one !== kind)
  localStorage.setItem(key(), JSON.stringify({ kinds: [kind, ...before].slice(0, 5), matter }))
}

/** The kinds to offer first: used lately, then what a unit of this level holds most. */
export function likelyKinds(level: string | undefined): string[] {
  const usual: Record<string, string[]> = {
    village: ["representatives_meeting", "two_committees", "branch_assembly", "consultation", "villagers_assembly", "theme_day"],
    town: ["town_meeting", "training", "warning_meeting"],
    county: ["county_meeting", "training", "warning_meeting"],
  }
  const known = new Set(catalogue.value.kinds.map((kind) => kind.key))
  const wanted = [...habits().kinds, ...(usual[level ?? ""] ?? [])]
  return [...new Set(wanted)].filter((one) => known.has(one))
}
