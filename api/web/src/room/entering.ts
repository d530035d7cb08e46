// The meeting that was just begun on the start page: its room is entered without asking again.

import { ref } from "vue"

export const entering = ref<string | null>(null)
