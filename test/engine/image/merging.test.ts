// An overlay that is merged into its backing file while it is written to: what is read at any time, and what both files hold when the
// work is done, called off or fails. Judged by qemu-img where it is there. Runs in: vitest, plain Node.
import { writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { createImage } from '../../../src-engine/image/create-image'
import { fail } from '../../../src-engine/image/error'
import type { OpenFile } from '../../../src-engine/image/file'
import { openMerging } from '../../../src-engine/image/merging-image'
import { openNodeFile } from '../../../src-engine/image/node-file'
import { openImage } from '../../../src-engine/image/open'
import { pattern, randomWork, readAll, value } from '../../support/image-work'
import { NO_QEMU_IMG, qemuCheck, qemuImg, scratch } from '../../support/qemu-img'

const place = scratch()
afterAll(place.remove)

const MiB = 1024 * 1024
const SIZE = 9 * MiB + 512
const WRITE = { format: 'qcow2' } as const

async function contents(file: string, format: 'raw' | 'qcow2'): Promise<Buffer> {
  const image = value(await openImage(file, { format, readonly: true }))
  const bytes = await readAll(image)
  value(await image.close())
  return bytes
}

/** An overlay with contents of its own on a file with contents of its own; and what the disk is then. */
async function chain(name: string, format: 'raw' | 'qcow2', baseSize = SIZE) {
  const below = place.file(`${name}-below.${format}`)
  const file = place.file(`${name}.qcow2`)
  value(await createImage(below, { format, size: baseSize }))
  const base = value(await openImage(below, { format, readonly: false }))
  value(await base.write(0, pattern(3 * MiB, 1)))
  value(await base.close())
  value(await createImage(file, { format: 'qcow2', size: SIZE, backing: { name: `${name}-below.${format}`, format } }))
  const image = value(await openImage(file, { ...WRITE, readonly: false }))
  const mirror = await readAll(image)
  await randomWork(image, mirror, { requests: 60, seed: 5, most: 200_000 })
  value(await image.close())
  return { below, file, mirror }
}

describe.each(['raw', 'qcow2'] as const)('an overlay that is merged into a %s file while it is used', (format) => {
  it('reads as before all the time, and in the end both files hold the disk', async () => {
    const { below, file, mirror } = await chain(`used-${format}`, format)
    const merging = value(await openMerging(file, WRITE))
    expect(merging.total).toBe(SIZE)
    for (let step = 0; merging.done < merging.total; step++) {
      // The copying goes on among the guest's requests.
      const work = randomWork(merging.image, mirror, { requests: 30, seed: 100 + step, most: 150_000 })
      value(await merging.copy(512 * 1024))
      await work
    }
    await randomWork(merging.image, mirror, { requests: 40, seed: 77, most: 150_000 })
    value(await merging.image.close())
    expect((await contents(file, 'qcow2')).equals(mirror)).toBe(true)
    expect((await contents(below, format)).equals(mirror)).toBe(true)
    if (NO_QEMU_IMG) return
    expect(await qemuImg('compare', '-f', format, '-F', 'qcow2', below, file)).toContain('identical')
    for (const one of format === 'qcow2' ? [below, file] : [file]) expect(await qemuCheck(one)).toBe('clean')
  })

  it('asks nothing of its files once they are closed, at whatever moment of the copying that is', async () => {
    const { file, mirror } = await chain(`ended-${format}`, format)
    const late: string[] = []
    // A number that is closed may be another file's by the time it is used.
    const openFile: OpenFile = async (path, mode) => {
      const opened = await openNodeFile(path, mode)
      if (!opened.ok) return opened
      let closed = false
      const seen = new Proxy(opened.value, {
        get(real, name) {
          const member: unknown = Reflect.get(real, name, real)
          if (typeof member !== 'function') return member
          return async (...args: unknown[]): Promise<unknown> => {
            if (name === 'close') closed = true
            else await new Promise((resolve) => setImmediate(resolve))
            if (closed && name !== 'close') late.push(`${String(name)} ${path}`)
            return Reflect.apply(member, real, args)
          }
        },
      })
      return { ok: true, value: seen }
    }
    for (let turns = 0; turns < 24; turns++) {
      const merging = value(await openMerging(file, WRITE, openFile))
      const copying = merging.copy(SIZE)
      for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
      value(await merging.image.close())
      const copied = await copying
      if (!copied.ok) expect(copied.error.code).toBe('closed')
      expect(await merging.copy(SIZE)).toMatchObject(
        merging.done < SIZE ? { ok: false, error: { code: 'closed' } } : { ok: true },
      )
      expect(late).toEqual([])
    }
    expect((await contents(file, 'qcow2')).equals(mirror)).toBe(true)
  })

  it('is on the disk below once all is copied: no power cut takes back what the guest had flushed', async () => {
    const { below, file } = await chain(`synced-${format}`, format)
    let unsynced = 0
    const openFile: OpenFile = async (path, mode) => {
      const opened = await openNodeFile(path, mode)
      if (!opened.ok || path !== below) return opened
      const { value: real } = opened
      const counted: Partial<typeof real> = {
        write: (offset, sources) => {
          unsynced++
          return real.write(offset, sources)
        },
        punch: (offset, length) => {
          unsynced++
          return real.punch(offset, length)
        },
        sync: async () => {
          const before = unsynced
          const synced = await real.sync()
          unsynced -= before
          return synced
        },
      }
      return { ok: true, value: new Proxy(real, { get: (of, key) => Reflect.get(counted, key) ?? bound(of, key) }) }
    }
    const merging = value(await openMerging(file, WRITE, openFile))
    value(await merging.copy(MiB))
    expect(unsynced).toBeGreaterThan(0)
    while (merging.done < merging.total) value(await merging.copy(MiB))
    expect(unsynced).toBe(0)
    value(await merging.image.close())
  })

  it('may be left at any moment: the overlay on what is below reads as the disk', async () => {
    const { file, mirror } = await chain(`left-${format}`, format)
    for (let step = 0; step < 4; step++) {
      const merging = value(await openMerging(file, WRITE))
      value(await merging.copy((step + 1) * 700_000))
      await randomWork(merging.image, mirror, { requests: 15, seed: 30 + step, most: 100_000 })
      // The files as a process that is killed now leaves them, then closed in order.
      expect((await contents(file, 'qcow2')).equals(mirror)).toBe(true)
      value(await merging.image.close())
      expect((await contents(file, 'qcow2')).equals(mirror)).toBe(true)
    }
  })

  it('makes a shorter file below as long as the disk', async () => {
    const { below, file, mirror } = await chain(`short-${format}`, format, 4 * MiB)
    const merging = value(await openMerging(file, WRITE))
    while (merging.done < merging.total) value(await merging.copy(MiB))
    value(await merging.image.close())
    expect((await contents(below, format)).equals(mirror)).toBe(true)
  })
})

describe('an overlay whose merging fails', () => {
  it('goes on as a disk: what cannot be written below is no error of the guest’s', async () => {
    const { below, file, mirror } = await chain('full', 'raw')
    let full = false
    const openFile: OpenFile = async (path, mode) => {
      const opened = await openNodeFile(path, mode)
      if (!opened.ok || path !== below) return opened
      const write: typeof opened.value.write = (offset, sources) =>
        full ? Promise.resolve(fail('no-space', 'The host has no room.')) : opened.value.write(offset, sources)
      return { ok: true, value: new Proxy(opened.value, { get: (of, key) => (key === 'write' ? write : bound(of, key)) }) }
    }
    const merging = value(await openMerging(file, WRITE, openFile))
    value(await merging.copy(MiB))
    full = true
    await randomWork(merging.image, mirror, { requests: 40, seed: 9, most: 100_000 })
    expect(await merging.copy(MiB)).toMatchObject({ ok: false, error: { code: 'no-space' } })
    full = false
    expect((await merging.copy(MiB)).ok).toBe(false)
    value(await merging.image.close())
    expect((await contents(file, 'qcow2')).equals(mirror)).toBe(true)
  })

  it('is refused what has nothing below it', async () => {
    writeFileSync(place.file('plain.raw'), Buffer.alloc(512))
    expect(await openMerging(place.file('plain.raw'), { format: 'raw' })).toMatchObject({ error: { code: 'unsupported' } })
    const alone = place.file('alone.qcow2')
    value(await createImage(alone, { format: 'qcow2', size: MiB }))
    expect(await openMerging(alone, WRITE)).toMatchObject({ error: { code: 'unsupported' } })
  })
})

function bound(of: object, key: string | symbol): unknown {
  const found: unknown = Reflect.get(of, key)
  return typeof found === 'function' ? found.bind(of) : found
}
