// A sign-in that was lost in the middle of a meeting is given again in place; the meeting goes on meanwhile.

import { ref } from "vue"

export const signInAgain = ref(false)
