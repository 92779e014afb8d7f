// What a guest sends to a host's socket that is slow to take it.
import { expect, it } from 'vitest'
import { Splice } from '../../../../src-engine/net/nat/splice'
import { TcpConnection } from '../../../../src-engine/net/tcp/connection'
import { FakeStream } from '../../../support/fake-host'
import { pattern } from '../../../support/frames'
import { VirtualClock } from '../../../support/virtual-clock'

function joined(): { splice: Splice; stream: FakeStream; consumed: () => number } {
  const splice = new Splice({ closed: () => {} })
  const stream = new FakeStream({ address: '127.0.0.1', port: 80 })
  const connection = new TcpConnection({ clock: new VirtualClock(), iss: 0, user: splice, output: () => {} })
  let consumed = 0
  connection.consumed = (count) => {
    consumed += count
  }
  splice.stream = stream
  splice.connection = connection
  return { splice, stream, consumed: () => consumed }
}

it('small pieces become few writes, in order, and each byte is given back', () => {
  const { splice, stream, consumed } = joined()
  stream.taking = false
  const bytes = pattern(100_000)
  let at = 0
  for (let i = 0; at < bytes.length; i++) {
    const length = i % 1000 === 999 ? 3000 : 1 + (i % 3)
    splice.received(bytes.subarray(at, at + length))
    at += length
  }
  expect(stream.waiting.length).toBeLessThan(150)
  splice.finished()
  expect(Uint8Array.from(stream.written)).toEqual(bytes)
  expect([stream.log, consumed()]).toEqual([['finish'], 0])
  for (let done = stream.waiting.shift(); done; done = stream.waiting.shift()) done()
  expect(consumed()).toBe(bytes.length)
})

it('a piece that waits keeps nothing of the message it came in but itself, gathered or not', () => {
  const { splice, stream } = joined()
  stream.taking = false
  const kept = new Set<ArrayBufferLike>()
  const write = stream.write.bind(stream)
  stream.write = (bytes, done) => {
    kept.add(bytes.buffer)
    write(bytes, done)
  }
  const bytes = (): number => [...kept].reduce((sum, { byteLength }) => sum + byteLength, 0)
  for (let i = 0; i < 20; i++) splice.received(new Uint8Array(128 * 1024).subarray(i, i + 1))
  expect(bytes()).toBe(16)
  stream.waiting.shift()?.()
  expect(bytes()).toBe(20)
})

it('what was gathered goes when the socket has taken something', () => {
  const { splice, stream } = joined()
  stream.taking = false
  for (let i = 0; i < 20; i++) splice.received(Uint8Array.of(i))
  expect(stream.written.length).toBe(16)
  stream.waiting.shift()?.()
  expect(stream.written).toEqual(Array.from({ length: 20 }, (_, i) => i))
})

it('what a guest sends at once when it has room comes behind what was gathered', () => {
  const { splice, stream } = joined()
  stream.taking = false
  for (let i = 0; i < 20; i++) splice.received(Uint8Array.of(i))
  if (!splice.connection) throw new Error('not joined')
  splice.connection.consumed = () => splice.received(Uint8Array.of(20))
  stream.waiting.shift()?.()
  for (let done = stream.waiting.shift(); done && stream.written.length < 21; done = stream.waiting.shift()) done()
  expect(stream.written.slice(0, 21)).toEqual(Array.from({ length: 21 }, (_, i) => i))
})

it('a socket that is quick is written to at once', () => {
  const { splice, stream } = joined()
  for (let i = 0; i < 20; i++) {
    splice.received(Uint8Array.of(i))
    expect(stream.written.length).toBe(i + 1)
  }
})
