// The camera's layers, switched on and off as the relay asks.

/** 720 lines. */
export const BEST = "h"
export const CAMERA_BPS = 2_000_000

// 720, 360 and 180 lines. The picture begins in its full size alone, so that its first seconds are archived in it: with
// three layers a browser serves the small ones first. The relay asks for the others when somebody is to see them.
export const LAYERS: readonly RTCRtpEncodingParameters[] = [
  { rid: BEST, maxBitrate: CAMERA_BPS },
  { rid: "m", maxBitrate: 500_000, scaleResolutionDownBy: 2, active: false },
  { rid: "l", maxBitrate: 150_000, scaleResolutionDownBy: 4, active: false },
]

export class Layers {
  private wanted: string[] | null = null
  private turning = false

  constructor(private readonly sender: RTCRtpSender) {}

  want(rids: string[]): void {
    this.wanted = rids
    void this.turn()
  }

  /** As the relay has asked last. */
  async turn(): Promise<void> {
    if (this.turning) return
    this.turning = true
    let turned: string[] | null = null
    while (this.wanted && turned !== this.wanted) {
      turned = this.wanted
      const is = this.sender.getParameters()
      if (is.encodings.length < 2) break
      for (const layer of is.encodings) layer.active = turned.includes(layer.rid ?? "")
      try {
        await this.sender.setParameters(is)
      } catch {
        break // The relay asks again.
      }
    }
    this.turning = false
  }
}
