// How often a terminal draws, on a clock of the test's own. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import { DrawPace, type FrameClock } from '../../../src-renderer/features/console/draw-pace'

/** Frames come when the test says so; everything due is called in order of time. */
class ScriptedFrames implements FrameClock {
  private time = 1000
  private due: { at: number; call: () => void }[] = []
  private waiting: ((began: number) => void)[] = []

  now(): number {
    return this.time
  }

  after(milliseconds: number, call: () => void): void {
    this.due.push({ at: this.time + milliseconds, call })
  }

  nextFrame(call: (began: number) => void): void {
    this.waiting.push(call)
  }

  pass(milliseconds: number): void {
    const end = this.time + milliseconds
    for (;;) {
      const next = this.due.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at)[0]
      if (next === undefined) break
      this.due.splice(this.due.indexOf(next), 1)
      this.time = Math.max(this.time, next.at)
      next.call()
    }
    this.time = end
  }

  /** A frame that keeps the page for so long. */
  frame(milliseconds: number): void {
    const began = this.time
    const calls = this.waiting
    this.waiting = []
    for (const call of calls) call(began)
    this.time += milliseconds
    this.pass(0)
  }
}

/** For each of this many pieces drawn one after the other: how long after its frame began the terminal was ready. */
function pauses(pieces: number, frameMs: number | undefined): number[] {
  const frames = new ScriptedFrames()
  const pace = new DrawPace(frames)
  const taken: number[] = []
  for (let piece = 0; piece < pieces; piece++) {
    const start = frames.now()
    let times = 0
    pace.afterDrawing(() => {
      times++
      taken.push(frames.now() - start)
    })
    if (frameMs !== undefined) frames.frame(frameMs)
    while (taken.length === piece) frames.pass(1)
    // A second answer would come now.
    if (piece === pieces - 1) frames.pass(1000)
    if (times !== 1) throw new Error(`${times} answers`)
  }
  return taken
}

describe('a terminal that has drawn', () => {
  it('is ready at once after a rest, and in the long run when drawing was a fiftieth of the time', () => {
    const taken = pauses(40, 2)
    expect(taken[0]).toBe(2)
    expect(taken[3]).toBe(2)
    expect(new Set(taken.slice(12))).toEqual(new Set([100]))
  })

  it('waits 150 ms at most, also where frames take long or none come', () => {
    expect(pauses(20, 50).at(-1)).toBe(150)
    expect(pauses(3, undefined)).toEqual([150, 150, 150])
  })
})
