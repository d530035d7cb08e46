// A page on paper: its codes are pictures, which have to be there before the browser is asked to print.

import { nextTick } from "vue"

export async function printed(sheet: HTMLElement | null): Promise<void> {
  await nextTick()
  await Promise.all([...(sheet?.querySelectorAll("img") ?? [])].map((picture) => picture.decode()))
  window.print()
}
