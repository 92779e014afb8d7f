// How often a terminal draws, on a clock of the test's own. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import { afterDrawing, type FrameClock } from '../../../src-renderer/features/console/draw-pace'

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

/** How long after the frame's beginning a terminal is ready again whose frame took so long; undefined: not within a second. */
function readyAfter(frameMs: number | undefined): { after: number | undefined; times: number } {
  const frames = new ScriptedFrames()
  const start = frames.now()
  let [after, times]: [number | undefined, number] = [undefined, 0]
  afterDrawing(() => {
    times++
    after = frames.now() - start
  }, frames)
  if (frameMs !== undefined) frames.frame(frameMs)
  frames.pass(1000)
  return { after, times }
}

describe('a terminal that has drawn', () => {
  it('is ready when drawing was a twelfth of the time', () => {
    expect(readyAfter(0.5)).toEqual({ after: 6, times: 1 })
    expect(readyAfter(5)).toEqual({ after: 60, times: 1 })
  })

  it('waits a tenth of a second at most, also where frames take long or none come', () => {
    expect(readyAfter(50)).toEqual({ after: 100, times: 1 })
    expect(readyAfter(undefined)).toEqual({ after: 100, times: 1 })
  })
})
