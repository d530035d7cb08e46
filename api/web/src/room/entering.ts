// The meeting that was just made on the start page: its room is entered at once, without asking the hub for it again,
// and the meeting is opened there.

import { shallowRef } from "vue"
import type { Meeting } from "../wire/meetings"

export const entering = shallowRef<Meeting | null>(null)
