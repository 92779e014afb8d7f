// DNS over TCP from a guest that asks without end: what it does not take of the answers keeps it from asking more, and once it takes
// them it gets every one.
import { expect, it } from 'vitest'
import { encodeName } from '../../../../src-engine/net/dns/message'
import { DnsProxy } from '../../../../src-engine/net/dns/proxy'
import { DnsStream } from '../../../../src-engine/net/dns/stream-service'
import { get16, set16 } from '../../../../src-engine/net/switch/frame'
import { TcpConnection } from '../../../../src-engine/net/tcp/connection'
import { ACK, FIN, plus, type Segment, SYN, type TcpHeader } from '../../../../src-engine/net/tcp/segment'
import { FakeHost } from '../../../support/fake-host'
import { VirtualClock } from '../../../support/virtual-clock'

const PART = 1400
const ISS = 1000

/** A question for the address of a guest, its length before it. */
function question(): Uint8Array {
  const name = encodeName('web')
  const message = new Uint8Array(2 + 12 + name.length + 4)
  set16(message, 0, message.length - 2)
  message[4] = 1
  message[7] = 1
  message.set(name, 14)
  message[message.length - 3] = 1
  message[message.length - 1] = 1
  return message
}

/** A guest's end of a connection to the gateway's port 53. */
class Asker {
  private readonly clock = new VirtualClock()
  readonly connection: TcpConnection
  /** The last header that came, and the answers in order, as far as each came. */
  last: TcpHeader | undefined
  private readonly came = new Map<number, Uint8Array>()
  private sequence = 1

  constructor() {
    const proxy = new DnsProxy({
      clock: this.clock,
      host: new FakeHost(),
      domain: 'default.internal',
      names: () => new Map([['web', 0x0a000205]]),
      isInside: () => true,
    })
    this.connection = new TcpConnection({
      clock: this.clock,
      iss: ISS,
      user: new DnsStream(proxy, () => this.connection, 1),
      output: (header, queue, offset, length) => {
        this.last = header
        if (length === 0) return
        const data = new Uint8Array(length)
        queue.copy(offset, length, data, 0)
        this.came.set(header.sequence, data)
      },
    })
    this.connection.wait(this.segment(SYN, new Uint8Array(0), 0))
    this.sequence++
    this.connection.accept()
    this.send(new Uint8Array(0))
  }

  /** Bytes of the answers that are there without a hole. */
  get answers(): Uint8Array {
    const pieces: Uint8Array[] = []
    let at = plus(ISS, 1)
    for (let piece = this.came.get(at); piece; piece = this.came.get(at)) {
      pieces.push(piece)
      at = plus(at, piece.length)
    }
    return Uint8Array.from(pieces.flatMap((piece) => [...piece]))
  }

  /** Sends a segment if the window has room for it; `taken` bytes of answers are acknowledged. */
  send(data: Uint8Array, taken = 0, flags = ACK): boolean {
    const { last } = this
    const edge = (last?.acknowledgement ?? 0) + (last?.window ?? 0)
    if (this.sequence + data.length > edge) return false
    this.connection.take(this.segment(flags, data, plus(ISS, 1 + taken)))
    this.sequence += data.length
    return true
  }

  private segment(flags: number, data: Uint8Array, acknowledgement: number): Segment {
    return { sequence: this.sequence, acknowledgement, flags, window: 0xffff, data, mss: 1460, scale: undefined }
  }
}

it('a guest that takes no answers is not heard any further, and gets them all when it takes them', () => {
  const asker = new Asker()
  const one = question()
  const asked = 10 * PART
  const stream = new Uint8Array(one.length * asked)
  for (let i = 0; i < asked; i++) stream.set(one, i * one.length)
  let at = 0
  const more = (taken: number): void => {
    while (at < stream.length && asker.send(stream.subarray(at, at + PART), taken)) at += PART
  }
  more(0)
  // 64 KiB of answers and what the window holds, of the 280 KiB it would ask.
  expect(at).toBeLessThan(stream.length / 2)
  expect(asker.connection.queued).toBeLessThan(80 * 1024)
  for (let taken = -1; taken !== asker.answers.length; ) {
    taken = asker.answers.length
    asker.send(new Uint8Array(0), taken)
    more(taken)
  }
  expect(at).toBeGreaterThanOrEqual(stream.length)
  const { answers } = asker
  let count = 0
  for (let from = 0; from < answers.length; from += 2 + get16(answers, from)) count++
  expect(count).toBe(asked)
  expect(asker.connection.queued).toBe(0)
  asker.send(new Uint8Array(0), answers.length, ACK | FIN)
  expect(asker.connection.state).toBe('LAST-ACK')
})
