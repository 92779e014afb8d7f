// What a receiver keeps of segments that come early: every byte once, whatever the pieces are.
import { expect, it } from 'vitest'
import { Receiver } from '../../../../src-engine/net/tcp/receiver'
import { plus } from '../../../../src-engine/net/tcp/segment'
import { pattern } from '../../../support/frames'
import { randomFrom } from '../../../support/random'
import { count } from '../../../support/tier'

const IRS = 0xffff_f000
const WINDOW = 64 * 1024

function receiver(): { take(from: number, to: number): void; readonly held: number; readonly got: number[] } {
  const made = new Receiver(IRS, WINDOW, 1460)
  made.advertise(0)
  const bytes = pattern(WINDOW)
  const got: number[] = []
  return {
    got,
    get held() {
      return made.held
    },
    take: (from, to) =>
      void made.take(plus(IRS, 1 + from), bytes.subarray(from, to), false, 0, (data) => {
        for (const byte of data) got.push(byte)
      }),
  }
}

it('early pieces that overlap cost no more than the window', () => {
  const one = receiver()
  for (let from = 1; from <= 300; from++) one.take(from, from + 60_000)
  expect(one.held).toBe(60_299)
  const backwards = receiver()
  for (let from = 300; from >= 1; from--) backwards.take(from, from + 60_000)
  expect(backwards.held).toBe(60_299)
})

it('a piece that covers others takes their place, and one between two fills the hole alone', () => {
  const one = receiver()
  for (const [from, to] of [
    [100, 200],
    [300, 400],
    [500, 600],
    [250, 450],
    [150, 350],
    [460, 700],
  ] as const)
    one.take(from, to)
  expect(one.held).toBe(350 + 240)
  one.take(0, 100)
  expect(one.got.length).toBe(450)
  one.take(440, 460)
  expect(Uint8Array.from(one.got)).toEqual(pattern(700))
  expect(one.held).toBe(0)
})

it('pieces in any order give the bytes in theirs', () => {
  const random = randomFrom(99)
  for (let round = 0; round < count(200, 5000); round++) {
    const one = receiver()
    const length = 1 + random(3000)
    for (let i = 0; i < 40; i++) {
      const from = 1 + random(length)
      one.take(from, Math.min(length, from + random(400)))
      expect(one.held).toBeLessThanOrEqual(length)
    }
    // A peer sends again what is not acknowledged.
    while (one.got.length < length) one.take(one.got.length, Math.min(length, one.got.length + 1 + random(100)))
    expect(Uint8Array.from(one.got)).toEqual(pattern(length))
    expect(one.held).toBe(0)
  }
})
