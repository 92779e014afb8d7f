// The stream of a screen at the window's end: pieces by the port and through the file are handed on in order, and what is no piece ends it.
import { afterEach, describe, expect, it } from 'vitest'
import { type PieceFile, ScreenChannel } from '../../../src-renderer/client/screen-stream'

/** A file whose pieces come when the test says so. */
class TestFile implements PieceFile {
  readonly asked: { readonly place: number; readonly give: (bytes: Uint8Array) => void }[] = []
  readonly back: ArrayBufferLike[] = []
  closed = 0
  read(place: number, _length: number, give: (bytes: Uint8Array) => void): void {
    this.asked.push({ place, give })
  }
  takeBack(buffer: ArrayBufferLike): boolean {
    this.back.push(buffer)
    return true
  }
  close(): void {
    this.closed++
  }
}

const ports: MessagePort[] = []
afterEach(() => {
  for (const port of ports.splice(0)) port.close()
})

function stream(file: PieceFile | null) {
  const { port1, port2 } = new MessageChannel()
  ports.push(port1, port2)
  const came: string[] = []
  const told: unknown[] = []
  let ends = 0
  const channel = new ScreenChannel(port2, file)
  channel.onmessage = ({ data }) => came.push(new TextDecoder().decode(data))
  channel.onclose = () => ends++
  port1.onmessage = ({ data }) => told.push(data)
  channel.start()
  return { channel, guest: port1, came, told, ends: () => ends }
}

const bytes = (word: string) => new TextEncoder().encode(word)

describe('a screen', () => {
  it('hands pieces on in the order they were sent', async () => {
    const file = new TestFile()
    const { guest, came, told } = stream(file)
    guest.postMessage(bytes('one'))
    guest.postMessage({ kind: 'filed', place: 0, length: 3 })
    guest.postMessage(bytes('three'))
    guest.postMessage({ kind: 'filed', place: 1, length: 4 })
    await expect.poll(() => file.asked.map(({ place }) => place)).toEqual([0, 1])
    expect(came).toEqual(['one'])
    file.asked[0]?.give(bytes('two'))
    expect(came).toEqual(['one', 'two', 'three'])
    file.asked[1]?.give(bytes('four'))
    expect(came).toEqual(['one', 'two', 'three', 'four'])
    // The guest may use the places again, and the file the arrays.
    await expect
      .poll(() => told)
      .toEqual([
        { kind: 'read', place: 0 },
        { kind: 'read', place: 1 },
      ])
    expect(file.back.length).toBeGreaterThanOrEqual(2)
  })

  it.each([
    ['a piece where there is no file', null, { kind: 'filed', place: 0, length: 3 }],
    ['a place that is none', new TestFile(), { kind: 'filed', place: 2, length: 3 }],
    ['a piece of no length', new TestFile(), { kind: 'filed', place: 0, length: 0 }],
    ['something else', new TestFile(), { kind: 'output' }],
  ])('is ended by %s', async (_what, file, message) => {
    const { guest, ends } = stream(file)
    guest.postMessage(message)
    await expect.poll(ends).toBe(1)
    if (file) expect(file.closed).toBe(1)
  })

  it('is ended by a piece that cannot be read, and asks for nothing after its end', async () => {
    const file = new TestFile()
    const { guest, came, ends } = stream(file)
    for (const place of [0, 1]) guest.postMessage({ kind: 'filed', place, length: 3 })
    await expect.poll(() => file.asked.length).toBe(2)
    file.asked[0]?.give(new Uint8Array(0))
    await expect.poll(ends).toBe(1)
    file.asked[1]?.give(bytes('two'))
    expect(came).toEqual([])
  })
})
