// Segments of every kind at every time, as a hostile guest would send them: whatever comes, a connection goes through its states to an
// end, delivers only what is in order, sends nothing after the end and leaves no timer behind.
import { expect, it } from 'vitest'
import { pattern } from '../../../support/frames'
import { randomFrom } from '../../../support/random'
import { TcpScript } from '../../../support/tcp-script'
import { count } from '../../../support/tier'

const ALL_FLAGS = ['S', 'S.', '.', 'P.', 'F.', 'R', 'R.', 'F', 'SF.', 'SR', 'FR.', 'SFRP.', '']

it('random segments are survived', () => {
  const random = randomFrom(4711)
  const ends = new Map<string, number>()
  for (let round = 0; round < count(400, 20_000); round++) {
    const s = new TcpScript()
    s.consuming = random(2) === 0
    const kind = random(3)
    if (kind === 0) s.connection.open()
    else if (kind === 1) s.passive({ mss: random(3000), scale: random(15), window: random(65536) })
    else {
      s.connection.wait({
        sequence: 0x7fff_fff8,
        acknowledgement: 0,
        flags: 2,
        window: random(65536),
        data: pattern(random(100)),
        mss: random(70_000),
        scale: random(15),
      })
      if (random(4) > 0) s.connection.accept()
    }
    const near = (spread: number): number => random(2 * spread) - spread
    for (let step = 0; step < 40; step++) {
      const what = random(10)
      if (what === 0) s.connection.send(pattern(random(20_000)))
      else if (what === 1) s.connection.finish()
      else if (what === 2) s.clock.advance(random(5000))
      else if (what === 3 && random(10) === 0) s.connection.abort()
      else {
        const spread = [4, 2000, 2 ** 21, 2 ** 31][random(4)] ?? 4
        const flags = random(2) === 0 ? '.' : (ALL_FLAGS[random(ALL_FLAGS.length)] ?? '.')
        const sequence = random(2) === 0 ? s.got.length + 1 : near(spread)
        const more = {
          data: pattern(random(3) === 0 ? random(3000) : 0),
          window: random(65536),
          mss: random(70_000),
          scale: random(16),
        }
        s.from(flags, sequence, random(2) === 0 ? random(20_000) : near(spread), more)
      }
      for (const { data } of s.sent()) expect(data.length).toBeLessThanOrEqual(65495)
      if (s.log.some((text) => text.startsWith('closed'))) break
    }
    if (s.connection.state !== 'CLOSED') s.connection.abort()
    s.sent()
    s.from('.', 1, 1, { data: pattern(10) })
    s.connection.send(pattern(10))
    s.connection.consumed(0)
    expect([s.texts(), s.clock.pending]).toEqual([[], 0])
    const closings = s.log.filter((text) => text.startsWith('closed'))
    expect(closings.length).toBe(1)
    ends.set(closings[0] ?? '', (ends.get(closings[0] ?? '') ?? 0) + 1)
  }
  // The rounds did go somewhere.
  expect(ends.size).toBeGreaterThanOrEqual(2)
})
