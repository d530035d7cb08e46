// Who is signed in, what they may do, and the catalogue that comes with it.

import { computed, ref } from "vue"
import { get, post, Problem } from "../wire/http"
import type { Catalogue, Kind, Matter, Me } from "../wire/hub"

export const me = ref<Me | null>(null)
export const catalogue = ref<Catalogue>({ kinds: [], categories: [], matters: [] })

let asked = false

/** Asks once a page load who is signed in; null when nobody is. */
export async function whoAmI(): Promise<Me | null> {
  if (asked) return me.value
  try {
    me.value = await get<Me>("/api/me", { quiet: true })
    catalogue.value = await get<Catalogue>("/api/catalogue", { quiet: true })
    asked = true
  } catch (error) {
    me.value = null
    if (error instanceof Problem && error.status === 401) asked = true
    else throw error
  }
  return me.value
}

/** As it was known when the hub was last heard of; asked again at the next step. */
export function remember(who: Me, known: Catalogue): void {
  me.value = who
  catalogue.value = known
}

export function forgetMe(): void {
  me.value = null
  asked = false
}

export async function signOut(): Promise<void> {
  await post("/api/logout")
  forgetMe()
}

// Rights over accounts and rules are not lent to who acts in another's place.
const ownRoles = computed(() => new Set(me.value?.rights.filter((right) => !right.giver).map((right) => right.role) ?? []))
const roles = computed(() => new Set(me.value?.rights.map((right) => right.role) ?? []))

export function has(...some: string[]): boolean {
  return some.some((role) => roles.value.has(role))
}

// What the pages offer; what is allowed is decided by the api (its roles' table).
export const mayKeepPeople = computed(() => has("admin"))
export const mayKeepUsers = computed(() => ["admin", "security", "reviewer"].some((role) => ownRoles.value.has(role)))
export const mayGiveRights = computed(() => ["admin", "security"].some((role) => ownRoles.value.has(role)))
export const mayMakeRules = computed(() => ["admin", "security"].some((role) => ownRoles.value.has(role)))
export const mayKeep = computed(() => has("admin", "inspector"))
export const mayLookAtBranches = computed(() => has("admin", "reviewer", "organiser", "secretary", "minutes", "inspector"))
export const hasVillageDesk = computed(() => has("secretary", "minutes", "supervisor"))
export const hasTownDesk = computed(() => has("admin", "reviewer", "organiser", "inspector"))
export const mayAnswer = computed(() => has("admin"))
export const mayDecide = computed(() => has("secretary", "minutes"))
export const mayPost = computed(() => has("secretary", "minutes", "supervisor"))
export const mayMeet = computed(() => has("admin", "organiser", "secretary"))

export const kindOf = (key: string): Kind | undefined => catalogue.value.kinds.find((kind) => kind.key === key)
export const matterOf = (key: string | null): Matter | undefined => catalogue.value.matters.find((matter) => matter.key === key)
