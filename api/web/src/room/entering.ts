// The meeting that was just begun on the start page: its room is entered at once, without asking the hub for it again.

import { shallowRef } from "vue"
import type { Meeting } from "../wire/types"

export const entering = shallowRef<Meeting | null>(null)
