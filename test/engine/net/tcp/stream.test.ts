// Two ends of ours over a line that loses, duplicates, delays and reorders segments: what arrives is what was sent, both ways,
// half closes included. Seeds are fixed; npm run test:long has more of them.
import { describe, expect, it } from 'vitest'
import { type CloseReason, TcpConnection, type TcpUser } from '../../../../src-engine/net/tcp/connection'
import { plus, type Segment } from '../../../../src-engine/net/tcp/segment'
import { randomFrom } from '../../../support/random'
import { count } from '../../../support/tier'
import { VirtualClock } from '../../../support/virtual-clock'

interface Line {
  readonly loss: number
  readonly duplication: number
  readonly jitter: number
}

class End implements TcpUser {
  readonly connection: TcpConnection
  readonly log: string[] = []
  hash = 0
  gotBytes = 0
  /** Nothing is given back for this long. */
  private readonly slow: number
  private readonly clock: VirtualClock
  private readonly plan: number[]
  private sentBytes = 0
  private sentHash = 0

  constructor(clock: VirtualClock, chance: () => number, plan: number[], slow: number, transmit: (segment: Segment) => void) {
    this.clock = clock
    this.plan = plan
    this.slow = slow
    this.connection = new TcpConnection({
      clock,
      iss: Math.floor(chance() * 0x1_0000_0000),
      user: this,
      output: (header, queue, offset, length, mss) => {
        // Super frames are cut up, so that each segment has its own fate.
        for (let at = 0; at === 0 || at < length; at += mss) {
          const part = Math.min(mss, length - at)
          const data = new Uint8Array(Math.max(0, part))
          if (part > 0) queue.copy(offset + at, part, data, 0)
          const flags = at + part < length ? header.flags & ~9 : header.flags
          transmit({
            ...header,
            sequence: plus(header.sequence, at),
            flags,
            data,
            mss: header.mss,
            scale: header.scale,
          })
        }
      },
    })
  }

  get sent(): { bytes: number; hash: number } {
    return { bytes: this.sentBytes, hash: this.sentHash }
  }

  /** Gives the connection what it has room for. */
  feed(): void {
    while (this.connection.queued < 200_000) {
      const length = this.plan.shift()
      if (length === undefined) {
        this.connection.finish()
        return
      }
      const bytes = Uint8Array.from({ length }, (_, i) => (this.sentBytes + i) % 251)
      for (const byte of bytes) this.sentHash = (this.sentHash * 31 + byte) | 0
      this.sentBytes += length
      this.connection.send(bytes)
    }
  }

  established(): void {
    this.log.push('established')
    this.feed()
  }

  received(data: Uint8Array): void {
    for (const byte of data) this.hash = (this.hash * 31 + byte) | 0
    this.gotBytes += data.length
    if (this.slow === 0) this.connection.consumed(data.length)
    else this.clock.after(this.slow, () => this.connection.consumed(data.length))
  }

  drained(): void {
    this.feed()
  }

  finished(): void {
    this.log.push('finished')
  }

  closed(reason: CloseReason): void {
    this.log.push(`closed ${reason}`)
  }
}

function run(seed: number, line: Line): { a: End; b: End; milliseconds: number } {
  const clock = new VirtualClock()
  const random = randomFrom(seed)
  const chance = (): number => random(0x1_0000_0000) / 0x1_0000_0000
  const carry = (to: () => End) => (segment: Segment) => {
    const copies = chance() < line.duplication ? 2 : 1
    for (let i = 0; i < copies; i++) {
      if (chance() < line.loss) continue
      clock.after(1 + Math.floor(chance() * line.jitter), () => to().connection.take(segment))
    }
  }
  const plan = (): number[] =>
    Array.from({ length: 5 + Math.floor(chance() * 40) }, () => 1 + Math.floor(chance() ** 3 * 60_000))
  const slow = (): number => (chance() < 0.3 ? Math.floor(chance() * 2000) : 0)
  const a: End = new End(
    clock,
    chance,
    plan(),
    slow(),
    carry(() => b),
  )
  let opened = false
  const b: End = new End(
    clock,
    chance,
    plan(),
    slow(),
    carry(() => a),
  )
  // The listening side takes the first SYN as a gateway does.
  const take = b.connection.take.bind(b.connection)
  b.connection.take = (segment) => {
    if (!opened && segment.flags === 2) {
      opened = true
      b.connection.wait(segment)
      clock.after(5, () => b.connection.accept())
    } else take(segment)
  }
  a.connection.open()
  const start = clock.now()
  while (clock.pending > 0 && clock.now() - start < 3_600_000) clock.advance(clock.next ?? 0)
  return { a, b, milliseconds: clock.now() - start }
}

const LINES: readonly (readonly [string, Line])[] = [
  ['perfect', { loss: 0, duplication: 0, jitter: 0 }],
  ['that reorders', { loss: 0, duplication: 0, jitter: 30 }],
  ['that duplicates', { loss: 0, duplication: 0.2, jitter: 5 }],
  ['that loses one in fifty', { loss: 0.02, duplication: 0, jitter: 0 }],
  ['that does everything wrong', { loss: 0.08, duplication: 0.05, jitter: 20 }],
]

describe.each(LINES)('over a line %s', (_name, line) => {
  it('streams arrive whole in both directions and both sides end', () => {
    for (let seed = 1; seed <= count(3, 400); seed++) {
      const { a, b } = run(seed * 7919, line)
      const seen = (end: End) => ({ bytes: end.gotBytes, hash: end.hash, log: end.log.filter((text) => text !== 'finished') })
      const good = ['established', 'closed done']
      expect({ seed, ...seen(b) }).toEqual({ seed, ...a.sent, log: good })
      // The last acknowledgement may be lost: then one side gives its FIN up though everything arrived.
      expect({ seed, ...seen(a) }).toEqual({ seed, ...b.sent, log: good })
    }
  })
})
