// One contract, every transport: what protocol/transport.ts promises holds whatever carries the messages.
import { fork } from 'node:child_process'
import fs from 'node:fs'
import { connect as netConnect } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { MessageChannel } from 'node:worker_threads'
import { afterAll, describe, expect, it } from 'vitest'
import { connectTransport, localSocketPath, TransportListener } from '../../../src-engine/link/transport'
import { encodeFrame, FRAME_LIMIT, FrameReader } from '../../../src-engine/public/protocol/frame'
import {
  electronPortTransport,
  nodeProcessTransport,
  workerPortTransport,
} from '../../../src-engine/public/protocol/port-transport'
import { type Transport, transportPair } from '../../../src-engine/public/protocol/transport'

const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rm-transport-'))
const cleanups: (() => void)[] = []
afterAll(() => {
  for (const cleanup of cleanups) cleanup()
  fs.rmSync(directory, { recursive: true, force: true })
})

async function socketPair(): Promise<[Transport, Transport]> {
  const listening = await TransportListener.listen(localSocketPath(directory, `pair-${Math.random()}`))
  if (!listening.ok) throw new Error(listening.error)
  cleanups.push(() => listening.value.close())
  const accepted = new Promise<Transport>((resolve) => listening.value.expect('ticket', resolve))
  const connected = await connectTransport(listening.value.path, 'ticket')
  if (!connected.ok) throw new Error(connected.error)
  return [connected.value, await accepted]
}

function workerPair(): [Transport, Transport] {
  const { port1, port2 } = new MessageChannel()
  return [workerPortTransport(port1), workerPortTransport(port2)]
}

/** MessagePortMain's form on top of a worker port: events with data and ports. */
function electronPair(): [Transport, Transport] {
  const { port1, port2 } = new MessageChannel()
  const wrap = (port: typeof port1) =>
    electronPortTransport({
      on(event: string, listener: (value?: unknown) => void) {
        port.on(event, event === 'message' ? (data: unknown) => listener({ data, ports: [] }) : () => listener())
        return this
      },
      postMessage: (message) => port.postMessage(message),
      start: () => port.start(),
      close: () => port.close(),
    })
  return [wrap(port1), wrap(port2)]
}

/** A forked child that hands back what it gets; the "other end" is seen through the echo. */
async function forkedEcho(): Promise<Transport> {
  const script = path.join(directory, 'echo.cjs')
  fs.writeFileSync(script, "process.on('message', (m) => m && m.leave ? process.disconnect() : process.send(m))")
  const child = fork(script, { serialization: 'advanced' })
  cleanups.push(() => child.kill('SIGKILL'))
  return nodeProcessTransport(child)
}

function collect(transport: Transport): { messages: unknown[]; until(n: number): Promise<unknown[]> } {
  const messages: unknown[] = []
  const waiting: { n: number; resolve: (messages: unknown[]) => void }[] = []
  transport.onMessage((message) => {
    messages.push(message)
    for (const one of waiting) if (messages.length >= one.n) one.resolve(messages)
  })
  return {
    messages,
    until: (n) => (messages.length >= n ? Promise.resolve(messages) : new Promise((resolve) => waiting.push({ n, resolve }))),
  }
}

const closed = (transport: Transport) => new Promise<string>((resolve) => transport.onClose(resolve))

const PAIRS: [string, () => Promise<[Transport, Transport]> | [Transport, Transport]][] = [
  ['a pair within a process', () => transportPair()],
  ['a worker port', workerPair],
  ['an Electron port', electronPair],
  ['a local socket', socketPair],
]

describe.each(PAIRS)('a transport on %s', (_name, make) => {
  it('carries bytes and plain messages whole and in order, both ways', async () => {
    const [a, b] = await make()
    const atB = collect(b)
    const atA = collect(a)
    const large = new Uint8Array(300_000).map((_, i) => i * 7)
    a.send({ kind: 'one', n: 1, list: [1, 'x', null], nested: { deep: true } })
    a.send(new Uint8Array([1, 2, 3]))
    a.send(large)
    a.send({ kind: 'with bytes', bytes: new Uint8Array([9, 8]), more: new Uint8Array(0), text: 'ü' })
    b.send({ kind: 'back' })
    const got = await atB.until(4)
    // Compared apart: toEqual walks arrays byte by byte.
    expect(got[2] instanceof Uint8Array && Buffer.compare(got[2], large) === 0).toBe(true)
    expect(got.filter((_, i) => i !== 2)).toEqual([
      { kind: 'one', n: 1, list: [1, 'x', null], nested: { deep: true } },
      new Uint8Array([1, 2, 3]),
      { kind: 'with bytes', bytes: new Uint8Array([9, 8]), more: new Uint8Array(0), text: 'ü' },
    ])
    expect(await atA.until(1)).toEqual([{ kind: 'back' }])
    a.close()
  })

  it('keeps messages that come before anyone listens', async () => {
    const [a, b] = await make()
    a.send({ n: 1 })
    a.send({ n: 2 })
    await new Promise((resolve) => setTimeout(resolve, 30))
    expect(await collect(b).until(2)).toEqual([{ n: 1 }, { n: 2 }])
    a.close()
  })

  it('sends exact copies of views of larger and of shared memory', async () => {
    const [a, b] = await make()
    const atB = collect(b)
    a.send(new Uint8Array(new SharedArrayBuffer(64), 8, 4).fill(5))
    a.send({ part: new Uint8Array(1_000_000).subarray(10, 12) })
    const [bytes, plain] = await atB.until(2)
    expect(bytes).toEqual(new Uint8Array([5, 5, 5, 5]))
    expect(plain).toEqual({ part: new Uint8Array(2) })
    a.close()
  })

  it('tells both sides once when one closes, and sends nothing after', async () => {
    const [a, b] = await make()
    let told = 0
    b.onClose(() => told++)
    const gone = closed(b)
    a.close('enough')
    a.close('again')
    a.send({ lost: true })
    expect(await closed(a)).toBe('enough')
    expect(await gone).toMatch(/clos/)
    b.send({ lost: true })
    b.close()
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(told).toBe(1)
    expect(b.closed).toBe(true)
  })
})

describe('a transport to a forked process', () => {
  it('carries messages with bytes, and is told when the process goes', async () => {
    const child = await forkedEcho()
    const back = collect(child)
    child.send({ kind: 'x', bytes: new Uint8Array([1, 2]) })
    child.send(new Uint8Array([7]))
    const [plain, bytes] = await back.until(2)
    expect(plain).toMatchObject({ kind: 'x' })
    expect(bytes).toBeInstanceOf(Uint8Array)
    child.send({ leave: true })
    expect(await closed(child)).toBe('the other process is gone')
    child.send({ lost: true })
  })
})

describe('a listener', () => {
  it('closes a connection with a wrong ticket, and one that sends garbage, and goes on listening', async () => {
    const listening = await TransportListener.listen(localSocketPath(directory, 'strict'))
    if (!listening.ok) throw new Error(listening.error)
    const accepted = new Promise<Transport>((resolve) => listening.value.expect('good', resolve))
    const wrong = await connectTransport(listening.value.path, 'bad')
    if (!wrong.ok) throw new Error(wrong.error)
    const said = collect(wrong.value)
    expect(await said.until(1)).toEqual([{ kind: 'error', text: 'unknown ticket' }])
    await closed(wrong.value)
    for (const garbage of [
      new Uint8Array(100).fill(255),
      new Uint8Array([5, 0, 0, 0, 1, 255, 255, 0, 0]),
      new Uint8Array([1, 0, 0, 0, 9]),
    ]) {
      const socket = netConnect(listening.value.path)
      const ended = new Promise((resolve) => socket.on('close', resolve))
      socket.on('error', () => {})
      socket.resume()
      socket.write(garbage)
      await ended
    }
    const right = await connectTransport(listening.value.path, 'good')
    expect(right.ok).toBe(true)
    expect((await accepted).closed).toBe(false)
    if (right.ok) right.value.close()
    listening.value.close()
  })

  it('answers a path where nobody listens with an error', async () => {
    const connected = await connectTransport(path.join(directory, 'nobody.sock'), 'x')
    expect(connected.ok).toBe(false)
  })
})

describe('frames', () => {
  it('come out whole however the stream is cut', () => {
    const messages = [new Uint8Array([1, 2, 3]), { a: 1, b: new Uint8Array([4]) }, new Uint8Array(0), { last: 'x' }]
    const stream = Buffer.concat(messages.map(encodeFrame))
    for (const step of [1, 2, 3, 7, 100]) {
      const reader = new FrameReader()
      const got: unknown[] = []
      for (let at = 0; at < stream.length; at += step) {
        const part = reader.push(stream.subarray(at, at + step))
        if (!part.ok) throw new Error(part.error)
        got.push(...part.value)
      }
      expect(got).toEqual(messages)
    }
  })

  it('of random bytes end the stream with an error and never throw', () => {
    let seed = 1
    for (let round = 0; round < 300; round++) {
      const bytes = new Uint8Array(64)
      for (let i = 0; i < bytes.length; i++) {
        seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
        bytes[i] = seed >>> 16
      }
      // Small lengths, so that bodies are looked at too.
      bytes[1] = 0
      bytes[2] = 0
      bytes[3] = 0
      new FrameReader().push(bytes)
    }
    const long = new Uint8Array(4)
    new DataView(long.buffer).setUint32(0, FRAME_LIMIT + 1, true)
    expect(new FrameReader().push(long).ok).toBe(false)
  })
})
