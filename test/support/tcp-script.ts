// A TCP peer by script: what it sends is built from a few words, what it gets is written in a few words, so that a rule of an
// RFC is a row of a table. Numbers are relative: ours from our initial number, the peer's from its own.
import { type CloseReason, TcpConnection, type TcpUser } from '../../src-engine/net/tcp/connection'
import { ACK, FIN, PSH, plus, RST, SYN } from '../../src-engine/net/tcp/segment'
import { VirtualClock } from './virtual-clock'

export const OUR_ISS = 0xffff_fff0
export const PEER_ISS = 0x7fff_fff8
const LETTERS: readonly (readonly [string, number])[] = [
  ['S', SYN],
  ['F', FIN],
  ['R', RST],
  ['P', PSH],
  ['.', ACK],
]

export interface Sent {
  readonly text: string
  readonly flags: string
  /** Relative. */
  readonly sequence: number
  readonly acknowledgement: number
  readonly window: number
  readonly data: Uint8Array
  readonly mss: number
}

export class TcpScript implements TcpUser {
  readonly clock = new VirtualClock()
  readonly connection: TcpConnection
  readonly log: string[] = []
  got: number[] = []
  /** Whether data is given back at once. */
  consuming = true
  whenDrained: () => void = () => {}
  private out: Sent[] = []

  constructor() {
    this.connection = new TcpConnection({
      clock: this.clock,
      iss: OUR_ISS,
      user: this,
      output: (header, queue, offset, length, mss) => {
        const data = new Uint8Array(length)
        if (length > 0) queue.copy(offset, length, data, 0)
        const flags = LETTERS.filter(([, bit]) => header.flags & bit)
          .map(([letter]) => letter)
          .join('')
        const sequence = (header.sequence - OUR_ISS) | 0
        const acknowledgement = (header.acknowledgement - PEER_ISS) | 0
        const options = [
          header.mss === undefined ? '' : ` mss ${header.mss}`,
          header.scale === undefined ? '' : ` ws ${header.scale}`,
          header.sackPermitted ? ' sack permitted' : '',
          ...(header.sack ?? []).map(({ from, to }) => ` sack ${(from - PEER_ISS) | 0}:${(to - PEER_ISS) | 0}`),
        ].join('')
        const ack = header.flags & ACK ? ` ack ${acknowledgement}` : ''
        const text = `${flags} ${sequence}:${sequence + length}${ack}${options}`
        this.out.push({ text, flags, sequence, acknowledgement, window: header.window, data, mss })
      },
    })
  }

  /** What was sent since the last look. */
  sent(): Sent[] {
    const out = this.out
    this.out = []
    return out
  }

  texts(): string[] {
    return this.sent().map(({ text }) => text)
  }

  /** Lets time pass until something is sent; returns how much passed. */
  untilSent(): number {
    const start = this.clock.now()
    while (this.out.length === 0 && this.clock.pending > 0) this.clock.advance(this.clock.next ?? 0)
    return this.clock.now() - start
  }

  /** A segment from the peer: flags, sequence and acknowledgement relative. */
  from(
    flags: string,
    sequence: number,
    acknowledgement?: number,
    more: {
      data?: Uint8Array
      window?: number
      mss?: number
      scale?: number
      sackPermitted?: boolean
    } = {},
  ): this {
    let bits = 0
    for (const [letter, bit] of LETTERS) if (flags.includes(letter)) bits |= bit
    this.connection.take({
      sequence: plus(PEER_ISS, sequence),
      acknowledgement: acknowledgement === undefined ? 0 : plus(OUR_ISS, acknowledgement),
      flags: bits,
      window: more.window ?? 65535,
      data: more.data ?? new Uint8Array(0),
      mss: more.mss,
      scale: more.scale,
      sackPermitted: more.sackPermitted,
    })
    return this
  }

  /** Up, opened by the peer. Nothing of it is left in `sent`. */
  passive(
    options: { mss?: number; scale?: number; window?: number; sackPermitted?: boolean | undefined } = { mss: 1000 },
  ): this {
    const { mss, scale, window, sackPermitted } = options
    this.connection.wait({
      sequence: PEER_ISS,
      acknowledgement: 0,
      flags: SYN,
      window: window ?? 65535,
      data: new Uint8Array(0),
      mss,
      scale,
      sackPermitted,
    })
    this.connection.accept()
    this.from('.', 1, 1, window === undefined ? {} : { window })
    this.sent()
    this.log.length = 0
    return this
  }

  established(): void {
    this.log.push('established')
  }

  received(data: Uint8Array): void {
    this.got.push(...data)
    if (this.consuming) this.connection.consumed(data.length)
  }

  finished(): void {
    this.log.push('finished')
  }

  drained(): void {
    this.whenDrained()
  }

  closed(reason: CloseReason): void {
    this.log.push(`closed ${reason}`)
  }
}
