// A file in the middle of the files below a disk takes over from the one it stands on while the disk is used: what the disk reads
// before, meanwhile and after, and what is there when the process is killed at any write. Judged by qemu-img where it is there.
// Runs in: vitest, plain Node.
import { copyFileSync, existsSync, rmSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { createImage } from '../../../src-engine/image/create-image'
import type { File, OpenFile } from '../../../src-engine/image/file'
import type { Image } from '../../../src-engine/image/image'
import { openNodeFile } from '../../../src-engine/image/node-file'
import { openImage } from '../../../src-engine/image/open'
import { rebaseAside } from '../../../src-engine/image/rebase-aside'
import { pattern, randomWork, readAll, value } from '../../support/image-work'
import { NO_QEMU_IMG, qemuCheck, qemuImg, scratch } from '../../support/qemu-img'

const place = scratch()
afterAll(place.remove)

const KiB = 1024
const SIZE = 1536 * KiB + 512

async function contents(file: string, format: 'raw' | 'qcow2' = 'qcow2'): Promise<Buffer> {
  const image = value(await openImage(file, { format, readonly: true }))
  const bytes = await readAll(image)
  value(await image.close())
  return bytes
}

/** base ◀ lower ◀ middle ◀ top, each with contents of its own and zeroes where the one below has none. */
async function chain(name: string, format: 'raw' | 'qcow2') {
  const names = { base: `${name}-base.${format}`, lower: `${name}-lower`, middle: `${name}-middle`, top: `${name}-top` }
  const base = place.file(names.base)
  value(await createImage(base, { format, size: 1024 * KiB }))
  const image = value(await openImage(base, { format, readonly: false }))
  value(await image.write(0, pattern(512 * KiB, 1)))
  value(await image.close())
  const add = async (file: string, below: string, belowFormat: 'raw' | 'qcow2', seed: number) => {
    const path = place.file(file)
    value(await createImage(path, { format: 'qcow2', size: SIZE, backing: { name: below, format: belowFormat } }))
    const own = value(await openImage(path, { format: 'qcow2', readonly: false }))
    const mirror = await readAll(own)
    await randomWork(own, mirror, { requests: 12, seed, most: 64 * KiB })
    value(await own.close())
    return path
  }
  const lower = await add(names.lower, names.base, format, 3)
  const middle = await add(names.middle, names.lower, 'qcow2', 4)
  const top = await add(names.top, names.middle, 'qcow2', 5)
  return { base, lower, middle, top, aside: `${middle}.aside`, onBase: { backing: { name: names.base, format } } }
}

describe.each(['raw', 'qcow2'] as const)('a file in the middle, over a %s file', (format) => {
  it('reads as before without the one it stood on, for who has it open and for who opens it', async () => {
    const { base, lower, middle, top, aside, onBase } = await chain(`alike-${format}`, format)
    const was = { base: await contents(base, format), middle: await contents(middle) }
    const disk: Image = value(await openImage(top, { format: 'qcow2', readonly: false }))
    const mirror = await readAll(disk)
    const fractions: number[] = []
    const progress = (done: number, total: number): void => void fractions.push(done / total)
    const [done] = await Promise.all([
      rebaseAside(middle, aside, { ...onBase, progress }),
      randomWork(disk, mirror, { requests: 60, seed: 8, most: 64 * KiB }),
    ])
    value(done)
    rmSync(lower)
    expect(fractions.at(-1)).toBe(1)
    expect(existsSync(aside)).toBe(false)
    await randomWork(disk, mirror, { requests: 20, seed: 9, most: 64 * KiB })
    expect((await readAll(disk)).equals(mirror)).toBe(true)
    value(await disk.close())
    expect((await contents(top)).equals(mirror)).toBe(true)
    expect((await contents(middle)).equals(was.middle)).toBe(true)
    expect((await contents(base, format)).equals(was.base)).toBe(true)
    if (NO_QEMU_IMG) return
    for (const file of [middle, top]) expect(await qemuCheck(file)).toBe('clean')
    expect(await qemuImg('info', '--backing-chain', top)).not.toContain('lower')
  })

  it('is whole whenever the process is killed, and the work may be done again', { timeout: 120_000 }, async () => {
    const { lower, middle, top, aside, onBase } = await chain(`killed-${format}`, format)
    const was = await contents(top)
    const before = `${middle}.before`
    copyFileSync(middle, before)
    for (let at = 0, ended = false; !ended; at++) {
      const killed = new Killed(at)
      ended = await Promise.race([
        rebaseAside(middle, aside, { ...onBase, openFile: killed.openFile }).then((done) => done.ok),
        killed.now.then(() => false),
      ])
      await killed.close()
      expect((await contents(top)).equals(was), `killed at ${at}`).toBe(true)
      if (ended) expect(at).toBeGreaterThan(10)
    }
    // What is left is the new one, and done again on it nothing changes.
    rmSync(lower)
    value(await rebaseAside(middle, aside, onBase))
    expect((await contents(top)).equals(was)).toBe(true)
  })
})

it.each(['raw', 'qcow2'] as const)('does not read what comes from one %s file before and after', async (format) => {
  const SHARED = 64 * 1024 * KiB
  const names = { base: `shared-base.${format}`, lower: `shared-lower-${format}`, middle: `shared-middle-${format}` }
  const base = place.file(names.base)
  value(await createImage(base, { format, size: SHARED }))
  const full = value(await openImage(base, { format, readonly: false }))
  for (let at = 0; at < SHARED; at += 1024 * KiB) value(await full.write(at, pattern(1024 * KiB, at)))
  value(await full.close())
  const add = async (name: string, below: string, belowFormat: 'raw' | 'qcow2', writes: readonly number[]) => {
    const path = place.file(name)
    value(await createImage(path, { format: 'qcow2', backing: { name: below, format: belowFormat } }))
    const own = value(await openImage(path, { format: 'qcow2', readonly: false }))
    for (const at of writes) value(await own.write(at * 1024 * KiB, pattern(64 * KiB, at)))
    value(await own.close())
    return path
  }
  await add(names.lower, names.base, format, [3, 40])
  const middle = await add(names.middle, names.lower, 'qcow2', [5, 40, 60])
  const was = await contents(middle)
  let fromBase = 0
  const openFile: OpenFile = async (path, mode) => {
    const opened = await openNodeFile(path, mode)
    if (!opened.ok || !path.endsWith(names.base)) return opened
    const real = opened.value
    const read: File['read'] = (offset, targets) => {
      fromBase += targets.reduce((sum, { length }) => sum + length, 0)
      return real.read(offset, targets)
    }
    const bound = (key: string | symbol): unknown => {
      const found: unknown = Reflect.get(real, key)
      return typeof found === 'function' ? found.bind(real) : found
    }
    return { ok: true, value: new Proxy(real, { get: (_, key) => (key === 'read' ? read : bound(key)) }) }
  }
  value(await rebaseAside(middle, `${middle}.aside`, { backing: { name: names.base, format }, openFile }))
  // The tables of a qcow2 file, and what is compared with that which the files above have.
  expect(fromBase).toBeLessThan(2048 * KiB)
  rmSync(place.file(names.lower))
  expect((await contents(middle)).equals(was)).toBe(true)
})

it('leaves the file as it was when it is called off', async () => {
  const { middle, top, aside, onBase } = await chain('off', 'raw')
  const was = await contents(top)
  const abort = new AbortController()
  abort.abort()
  const done = await rebaseAside(middle, aside, { ...onBase, signal: abort.signal })
  expect(done).toMatchObject({ error: { code: 'cancelled' } })
  expect(existsSync(aside)).toBe(false)
  expect((await contents(top)).equals(was)).toBe(true)
})

/** A process that does this many writes and syncs, and then nothing any more. */
class Killed {
  readonly now: Promise<void>
  private told: () => void = () => {}
  private readonly files: File[] = []

  constructor(private left: number) {
    this.now = new Promise((resolve) => {
      this.told = resolve
    })
  }

  readonly openFile: OpenFile = async (path, mode) => {
    const opened = await openNodeFile(path, mode)
    if (!opened.ok || mode === 'read') return opened
    const real = opened.value
    this.files.push(real)
    const steps: Partial<File> = {
      write: async (offset, sources) => {
        await this.step()
        return real.write(offset, sources)
      },
      truncate: async (size) => {
        await this.step()
        return real.truncate(size)
      },
      sync: async () => {
        await this.step()
        return real.sync()
      },
    }
    const bound = (key: string | symbol): unknown => {
      const found: unknown = Reflect.get(real, key)
      return typeof found === 'function' ? found.bind(real) : found
    }
    return { ok: true, value: new Proxy(real, { get: (_, key) => Reflect.get(steps, key) ?? bound(key) }) }
  }

  async close(): Promise<void> {
    for (const file of this.files) await file.close()
  }

  private async step(): Promise<void> {
    if (this.left-- > 0) return
    this.told()
    await new Promise(() => {})
  }
}
