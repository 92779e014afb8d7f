// Long pieces of a window's stream go through the file, each place once until it was read; all else as without a file.
import { randomBytes } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { throughFile } from '../../../src-engine/process/filed-transport'
import { SCREEN_PLACE_BYTES, SCREEN_TO_WINDOW } from '../../../src-engine/public/protocol/stream'
import { transportPair } from '../../../src-engine/public/protocol/transport'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-filed-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const settled = () => new Promise((resolve) => setImmediate(resolve))
const long = () => randomBytes(100_000)

function joined() {
  const file = path.join(folder, `file-${Math.random()}`)
  fs.writeFileSync(file, '')
  const [inner, window] = transportPair()
  const came: unknown[] = []
  window.onMessage((message) => came.push(message))
  return { file, inner, window, came, stream: throughFile(inner, file) }
}

/** What a window makes of a message. */
function bytesOf(file: string, message: unknown): Uint8Array {
  if (message instanceof Uint8Array) return message
  if (!SCREEN_TO_WINDOW.filed.is(message)) throw new Error('no piece')
  const from = message.place * SCREEN_PLACE_BYTES
  return fs.readFileSync(file).subarray(from, from + message.length)
}

/** Not by toEqual, which walks byte by byte. */
const same = (file: string, came: readonly unknown[], pieces: readonly Uint8Array[]): boolean =>
  came.length === pieces.length && pieces.every((piece, i) => Buffer.compare(bytesOf(file, came[i]), piece) === 0)

describe('a stream with a file', () => {
  it('puts long pieces there while there is a place, and sends short ones and the rest', async () => {
    const { file, window, came, stream } = joined()
    const pieces = [long(), Buffer.from([1, 2, 3]), long(), long()]
    for (const piece of pieces) stream.send(piece)
    await settled()
    expect(came.map((message) => message instanceof Uint8Array)).toEqual([false, true, false, true])
    expect(same(file, came, pieces)).toBe(true)
    // One that was read may be used again, once, however often that is said.
    for (let times = 0; times < 2; times++) window.send({ kind: 'read', place: 1 })
    await settled()
    came.length = 0
    const more = [long(), long()]
    for (const piece of more) stream.send(piece)
    await settled()
    expect(came).toMatchObject([{ kind: 'filed', place: 1, length: 100_000 }, expect.any(Uint8Array)])
    expect(same(file, came, more)).toBe(true)
  })

  it('hands on what the window says, and ends with it', async () => {
    const { window, stream } = joined()
    const said: unknown[] = []
    const ends: string[] = []
    stream.onMessage((message) => said.push(message))
    stream.onClose((reason) => ends.push(reason))
    window.send(new Uint8Array([7]))
    window.send({ kind: 'read', place: 2 })
    await settled()
    expect(said).toEqual([new Uint8Array([7]), { kind: 'read', place: 2 }])
    window.close()
    await settled()
    expect(ends).toHaveLength(1)
    stream.send(long())
  })

  it('goes by the port alone where the file cannot be opened or written', async () => {
    const { inner, came } = joined()
    expect(throughFile(inner, path.join(folder, 'none'))).toBe(inner)
    if (!fs.existsSync('/dev/full')) return
    throughFile(inner, '/dev/full').send(long())
    await settled()
    expect(came).toEqual([expect.any(Uint8Array)])
  })
})
