import { expect, test } from "vitest"
import { Layers } from "./layers"

function sender(refuse = false) {
  const encodings = [{ rid: "h", active: true }, { rid: "m", active: false }, { rid: "l", active: false }]
  const asked: string[] = []
  const one = {
    getParameters: () => ({ encodings: encodings.map((each) => ({ ...each })) }),
    setParameters: async (is: { encodings: typeof encodings }) => {
      await Promise.resolve()
      if (refuse) throw new Error("no")
      asked.push(is.encodings.filter((each) => each.active).map((each) => each.rid).join(""))
    },
  }
  return { asked, one: one as unknown as RTCRtpSender }
}
const passed = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 0))

test("what is wanted while a change is on its way comes after it, and the last wish holds", async () => {
  const { asked, one } = sender()
  const layers = new Layers(one)
  layers.want(["h", "l"])
  layers.want(["l"])
  layers.want(["m", "l"])
  await passed()
  expect(asked).toEqual(["hl", "ml"])
})

test("a refusal is no end: the next wish is tried", async () => {
  const { asked, one } = sender(true)
  const layers = new Layers(one)
  layers.want(["l"])
  await passed()
  layers.want(["h"])
  await passed()
  expect(asked).toEqual([])
})
