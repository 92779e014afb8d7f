// The Image every format gives: bounds, order, closing, shared memory, extents; and files opened under their locks.
// Runs in: vitest, plain Node.
import { readSync, statSync, writeFileSync, writeSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { createImage } from '../../../src-engine/image/create-image'
import type { Image } from '../../../src-engine/image/image'
import { ImageLocks } from '../../../src-engine/image/lock'
import { lockedFiles } from '../../../src-engine/image/locked-files'
import { openNodeFile } from '../../../src-engine/image/node-file'
import { openImage } from '../../../src-engine/image/open'
import { PUNCH_LEAST } from '../../../src-engine/image/punch'
import { pattern, randomWork, readAll, value } from '../../support/image-work'
import { scratch } from '../../support/qemu-img'

const place = scratch()
afterAll(place.remove)

const MiB = 1024 * 1024
const FORMATS = ['raw', 'qcow2'] as const
let files = 0

async function fresh(format: 'raw' | 'qcow2', size = 4 * MiB): Promise<Image> {
  const file = place.file(`${++files}.${format}`)
  value(await createImage(file, { format, size }))
  return value(await openImage(file, { format, readonly: false }))
}

describe.each(FORMATS)('an image of format %s', (format) => {
  it('refuses what is no range of whole sectors, and everything after it was closed', async () => {
    const image = await fresh(format)
    const sector = new Uint8Array(512)
    for (const offset of [-512, 1, 4 * MiB, Number.NaN, 2 ** 53]) {
      expect(await image.read(offset, sector)).toMatchObject({ error: { code: 'range' } })
      expect(await image.write(offset, sector)).toMatchObject({ error: { code: 'range' } })
      expect(await image.discard(offset, 512)).toMatchObject({ error: { code: 'range' } })
    }
    expect(await image.read(0, new Uint8Array(100))).toMatchObject({ error: { code: 'range' } })
    value(await image.read(4 * MiB, []))
    const [written, closed] = await Promise.all([image.write(0, sector), image.close()])
    value(written)
    value(closed)
    value(await image.close())
    for (const late of [image.read(0, sector), image.flush(), image.resize(MiB), image.extents(0, 512, 'read')]) {
      expect(await late).toMatchObject({ error: { code: 'closed' } })
    }
    const again = value(await openImage(image.path, { format, readonly: true }))
    expect(await again.write(0, sector)).toMatchObject({ error: { code: 'read-only' } })
    value(await again.close())
  })

  it('keeps overlapping requests in order', async () => {
    const image = await fresh(format)
    const asked: Promise<unknown>[] = []
    const seen: Uint8Array[] = []
    for (let i = 0; i < 50; i++) {
      asked.push(image.write(512 * (i % 3), new Uint8Array(2048).fill(i)))
      const bytes = new Uint8Array(512)
      seen.push(bytes)
      asked.push(image.read(1024, bytes))
    }
    await Promise.all(asked)
    expect(seen.map((bytes) => bytes[0])).toEqual(seen.map((_, i) => i))
    value(await image.close())
  })

  it('reads and writes views of shared memory', async () => {
    const image = await fresh(format)
    const shared = new Uint8Array(new SharedArrayBuffer(65536))
    shared.set(pattern(16384, 5))
    value(await image.write(8192, [shared.subarray(0, 4096), shared.subarray(4096, 16384)]))
    value(await image.read(8192, [shared.subarray(32768, 36864), shared.subarray(40960, 53248)]))
    expect(Buffer.from(shared.slice(32768, 36864)).equals(pattern(16384, 5).subarray(0, 4096))).toBe(true)
    expect(Buffer.from(shared.slice(40960, 53248)).equals(pattern(16384, 5).subarray(4096))).toBe(true)
    value(await image.close())
  })

  it('hands out extents that hold their range', async () => {
    const image = await fresh(format)
    value(await image.write(65536, pattern(131072, 1)))
    const lease = value(await image.extents(0, MiB, 'write'))
    let at = 0
    for (const piece of lease.pieces) {
      if (piece.kind === 'file' && at <= 65536 && at + piece.length > 65536) {
        const bytes = new Uint8Array(512)
        readSync(piece.fileDescriptor, bytes, 0, 512, piece.fileOffset + 65536 - at)
        expect(Buffer.from(bytes).equals(pattern(131072, 1).subarray(0, 512))).toBe(true)
        writeSync(piece.fileDescriptor, bytes.fill(9), 0, 512, piece.fileOffset + 65536 - at)
      }
      at += piece.length
    }
    expect(at).toBe(MiB)
    let read = false
    const bytes = new Uint8Array(512)
    const later = image.read(65536, bytes).then(() => {
      read = true
    })
    // Others come through meanwhile.
    for (let i = 0; i < 10; i++) value(await image.read(2 * MiB, new Uint8Array(512)))
    expect(read).toBe(false)
    lease.release()
    lease.release()
    await later
    expect(bytes.every((byte) => byte === 9)).toBe(true)
    const hole = value(await image.extents(2 * MiB, MiB, 'read'))
    if (format === 'qcow2') expect(hole.pieces).toEqual([{ kind: 'zero', length: MiB }])
    hole.release()
    value(await image.close())
  })

  it('does random work as a plain copy does', async () => {
    const image = await fresh(format)
    const mirror = await readAll(image)
    await randomWork(image, mirror, { requests: 100, seed: 12, most: 200_000 })
    expect((await readAll(image)).equals(mirror)).toBe(true)
    value(await image.close())
  })
})

it('a raw image is sparse, and gives room back where the host can', async () => {
  const image = await fresh('raw', 16 * MiB)
  expect(statSync(image.path).blocks).toBeLessThan(64)
  value(await image.write(0, new Uint8Array(16 * MiB).fill(1)))
  value(await image.flush())
  const full = statSync(image.path).blocks
  value(await image.writeZeroes(512, 8 * PUNCH_LEAST))
  value(await image.discard(12 * MiB, 2 * MiB))
  const bytes = await readAll(image)
  expect(bytes.subarray(512, 512 + 8 * PUNCH_LEAST).every((byte) => byte === 0)).toBe(true)
  expect([bytes[511], bytes[512 + 8 * PUNCH_LEAST]]).toEqual([1, 1])
  expect(statSync(image.path).blocks).toBeLessThanOrEqual(full)
  expect(statSync(image.path).size).toBe(16 * MiB)
  value(await image.close())
})

it('a raw file that ends within a sector is filled up with zeroes', async () => {
  const file = place.file('odd.raw')
  writeFileSync(file, new Uint8Array(700).fill(5))
  const image = value(await openImage(file, { format: 'raw', readonly: false }))
  expect(image.size).toBe(1024)
  const bytes = await readAll(image)
  expect([bytes[699], bytes[700], bytes[1023]]).toEqual([5, 0, 0])
  value(await image.write(512, new Uint8Array(512).fill(6)))
  expect((await readAll(image))[1023]).toBe(6)
  value(await image.close())
})

it('a vmdk descriptor is read line by line, however many blank ones there are', async () => {
  const blank = '\n'.repeat(256 * 1024)
  for (const [text, code] of [
    ['', 'corrupt'],
    ['parentCID=ffffffff\nRW 8 ZERO\n', undefined],
    ['  parentCID = 12ab34cd\nRW 8 ZERO\n', 'unsupported'],
    ['RW 8 ZERO\n\0parentCID=12ab34cd\n', undefined],
  ] as const) {
    const file = place.file('blank.vmdk')
    writeFileSync(file, `# Disk DescriptorFile\n${blank}${text}`)
    const opened = await openImage(file, { format: 'vmdk', readonly: true })
    expect(opened.ok ? undefined : opened.error.code, JSON.stringify(text)).toBe(code)
    if (opened.ok) value(await opened.value.close())
  }
})

it('an image and its backing file are locked while it is open', async () => {
  const openFile = lockedFiles(openNodeFile, new ImageLocks(place.file('locks'), 100))
  const base = place.file('base.raw')
  writeFileSync(base, pattern(MiB, 3))
  const overlays = await Promise.all(
    ['a', 'b'].map(async (name) => {
      const file = place.file(`${name}.qcow2`)
      value(await createImage(file, { format: 'qcow2', backing: { name: 'base.raw', format: 'raw' } }, openFile))
      return value(await openImage(file, { format: 'qcow2', readonly: false }, openFile))
    }),
  )
  expect(await openImage(base, { format: 'raw', readonly: false }, openFile)).toMatchObject({ error: { code: 'in-use' } })
  const [a, b] = overlays
  expect(await openImage(a?.path ?? '', { format: 'qcow2', readonly: true }, openFile)).toMatchObject({
    error: { code: 'in-use' },
  })
  for (const image of [a, b]) value((await image?.close()) ?? { ok: true, value: undefined })
  value(await value(await openImage(base, { format: 'raw', readonly: false }, openFile)).close())
})
