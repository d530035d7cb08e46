// The size of the text: 18 px, or 24 px by a switch that is remembered.

import { ref, watchEffect } from "vue"

const KEPT = "huilu.text"

export const large = ref(localStorage.getItem(KEPT) === "24")

watchEffect(() => {
  localStorage.setItem(KEPT, large.value ? "24" : "18")
  document.documentElement.classList.toggle("large", large.value)
})
