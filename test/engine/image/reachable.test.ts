// Files that an image refers to: in its own folder they are opened, elsewhere only when the user has agreed.
// Runs in: vitest, plain Node.
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createImage } from '../../../src-engine/image/create-image'
import type { OpenOptions } from '../../../src-engine/image/image'
import { openImage } from '../../../src-engine/image/open'
import { probeImage } from '../../../src-engine/image/probe'
import { encodeNames } from '../../../src-engine/image/qcow2/create'
import { AT, EXTENSION, INCOMPATIBLE } from '../../../src-engine/image/qcow2/header'
import { rebaseImage } from '../../../src-engine/image/rebase'
import { fromUtf8 } from '../../../src-engine/lib/bytes'
import { value } from '../../support/image-work'
import { scratch } from '../../support/qemu-img'

const place = scratch()
afterAll(place.remove)

const READ: OpenOptions = { format: 'qcow2', readonly: true }
const file = (...names: string[]) => path.join(place.dir, ...names)

/** An image in images/ whose header names this backing file. */
async function overlay(name: string, backing: string, format: 'raw' | 'qcow2' = 'raw'): Promise<string> {
  const made = file('images', `${name}.qcow2`)
  value(await createImage(made, { format: 'qcow2', size: 1024 * 1024 }))
  // The name goes into the header unjudged: what is judged is the opening.
  value(await rebaseImage(made, { backing: { name: 'here.raw', format }, mode: 'unsafe' }))
  const bytes = readFileSync(made)
  const at = Number(bytes.readBigUInt64BE(8))
  bytes.write(backing, at)
  bytes.writeUInt32BE(Buffer.byteLength(backing), 16)
  writeFileSync(made, bytes)
  return made
}

beforeAll(() => {
  mkdirSync(file('images', 'below'), { recursive: true })
  mkdirSync(file('elsewhere'))
  for (const name of ['images/here.raw', 'images/below/deep.raw', 'elsewhere/secret.raw'])
    writeFileSync(file(name), new Uint8Array(4096))
  symlinkSync(file('elsewhere', 'secret.raw'), file('images', 'link.raw'))
})

describe('a backing file', () => {
  it.each([
    ['here.raw', undefined],
    ['below/deep.raw', undefined],
    ['./below/../here.raw', undefined],
    ['../elsewhere/secret.raw', 'backing-refused'],
    ['link.raw', 'backing-refused'],
    ['/dev/zero', 'backing-refused'],
    ['/etc/shadow-that-is-not-there', 'backing-refused'],
    ['../elsewhere/not-there.raw', 'backing-refused'],
    ['nothing.raw', 'not-found'],
    ['nbd://localhost/disk', 'backing-refused'],
    ['json:{"driver":"raw"}', 'backing-refused'],
    ['.', 'backing-refused'],
  ])('named %s: %s', async (name, code) => {
    const made = await overlay(`try-${Math.abs([...name].reduce((sum, c) => (sum * 31 + c.charCodeAt(0)) | 0, 7))}`, name)
    const opened = await openImage(made, READ)
    if (code === undefined) value(await value(opened).close())
    else expect(opened).toMatchObject({ error: { code } })
  })

  it('outside is opened when the user agreed to it, by whatever name', async () => {
    const made = await overlay('agreed', '../elsewhere/secret.raw')
    const refused = await openImage(made, READ)
    const path = file('elsewhere', 'secret.raw')
    expect(refused).toMatchObject({ error: { code: 'backing-refused', refused: { path, chain: [made] } } })
    const above = await overlay('above', 'agreed.qcow2', 'qcow2')
    expect(await openImage(above, READ)).toMatchObject({ error: { refused: { path, chain: [above, made] } } })
    for (const allowed of [file('elsewhere', 'secret.raw'), file('images', 'link.raw')]) {
      value(await value(await openImage(made, { ...READ, allowed: [allowed] })).close())
    }
    const device = await openImage(await overlay('device', '/dev/zero'), { ...READ, allowed: ['/dev/zero'] })
    expect(device).toMatchObject({ error: { code: 'format' } })
  })

  it('that leads back to the image is refused', async () => {
    const a = await overlay('loop-a', 'loop-b.qcow2', 'qcow2')
    await overlay('loop-b', 'loop-a.qcow2', 'qcow2')
    expect(await openImage(a, READ)).toMatchObject({ error: { code: 'corrupt' } })
  })
})

/** An image in images/ that keeps its data in this file. */
async function withDataFile(name: string, dataFile: string): Promise<string> {
  const made = file('images', `${name}.qcow2`)
  value(await createImage(made, { format: 'qcow2', size: 1024 * 1024 }))
  const bytes = readFileSync(made)
  bytes.writeBigUInt64BE(BigInt(INCOMPATIBLE.dataFile), AT.incompatible)
  value(encodeNames(bytes.subarray(0, 65536), 112, [{ type: EXTENSION.dataFile, bytes: fromUtf8(dataFile) }], undefined))
  writeFileSync(made, bytes)
  return made
}

describe('a data file', () => {
  const near = file('images', 'here.raw')
  const refused = { error: { code: 'backing-refused', refused: { path: near } } }

  it('that is only read is opened where a backing file is', async () => {
    value(await value(await openImage(await withDataFile('data-read', 'here.raw'), READ)).close())
    const outside = await openImage(await withDataFile('data-outside', '../elsewhere/secret.raw'), READ)
    expect(outside).toMatchObject({ error: { code: 'backing-refused' } })
  })

  it('that is written is opened only when the user agreed to it, as it may be another guest’s disk', async () => {
    const made = await withDataFile('data-written', 'here.raw')
    const write: OpenOptions = { format: 'qcow2', readonly: false }
    expect(await openImage(made, write)).toMatchObject(refused)
    expect(await openImage(made, { ...READ, judgeAsWritten: true })).toMatchObject(refused)
    value(await value(await openImage(made, { ...write, allowed: [near] })).close())
    // What an overlay stands on is not written, and so its data file is not.
    const above = await overlay('above-data', 'data-written.qcow2', 'qcow2')
    value(await value(await openImage(above, write)).close())
    value(await value(await openImage(above, { ...READ, judgeAsWritten: true })).close())
  })
})

describe('formats', () => {
  it('are told, never taken from what a guest wrote into a raw disk', async () => {
    const made = await overlay('disguised', '../elsewhere/secret.raw')
    const raw = value(await openImage(made, { format: 'raw', readonly: true }))
    const first = new Uint8Array(512)
    value(await raw.read(0, first))
    expect(String.fromCharCode(...first.subarray(0, 3))).toBe('QFI')
    value(await raw.close())
    expect(value(await probeImage(made))).toBe('qcow2')
    expect(value(await probeImage(file('images', 'here.raw')))).toBe('raw')
  })
})
