// The WebAssembly frames that are open where a region's code is being written, and which of them a branch to a block goes to.
// Runs in: the vcpu's worker thread.
import type { Emitter } from './emitter'
import type { Node } from './region-shape'

type Frame = { readonly kind: 'if' | 'arm' } | { readonly kind: 'loop' | 'after'; readonly node: Node }

export class RegionFrames {
  private frames: Frame[] = []

  constructor(private readonly e: Emitter) {}

  /** A region begins. */
  clear(): void {
    this.frames = []
    this.e.depth = 0
  }

  open(code: number, frame: Frame): void {
    this.e.open(code)
    this.frames.push(frame)
  }
  /** An if that is hardly ever taken. */
  seldom(): void {
    this.e.seldom()
    this.frames.push({ kind: 'if' })
  }
  close(): void {
    this.e.close()
    this.frames.pop()
  }

  /** Label of the way to a block that is not written right here, or -1. */
  label(from: Node, to: Node): number {
    const back = to.order <= from.order
    if (!back && !to.merge) return -1
    for (let i = this.frames.length - 1; i >= 0; i--) {
      const frame = this.frames[i]
      if (frame && (frame.kind === 'loop' || frame.kind === 'after') && frame.node === to && (frame.kind === 'loop') === back)
        return this.frames.length - 1 - i
    }
    throw new Error('translator: a branch has no frame to go to')
  }
}
