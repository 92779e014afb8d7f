// Create, resize, convert, check with repair, and rebase; judged by qemu-img where it is there.
// Runs in: vitest, plain Node with qemu-utils.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { checkImage } from '../../../src-engine/image/check-image'
import { commitImage } from '../../../src-engine/image/commit'
import { convertImage } from '../../../src-engine/image/convert'
import { createImage } from '../../../src-engine/image/create-image'
import { openImage } from '../../../src-engine/image/open'
import { rebaseImage } from '../../../src-engine/image/rebase'
import { writerOf } from '../../../src-engine/public/unfinished-copy'
import { pattern, randomWork, readAll, value } from '../../support/image-work'
import { NO_QEMU_IMG, qemuCheck, qemuImg, qemuIo, scratch } from '../../support/qemu-img'

const place = scratch()
afterAll(place.remove)

const MiB = 1024 * 1024
const WRITE = { format: 'qcow2', readonly: false } as const
const READ = { format: 'qcow2', readonly: true } as const

const bytesOf = async (file: string, format: 'raw' | 'qcow2' = 'qcow2') => {
  const image = value(await openImage(file, { format, readonly: true }))
  const bytes = await readAll(image)
  value(await image.close())
  return bytes
}

describe.skipIf(NO_QEMU_IMG)(`operations${NO_QEMU_IMG ? ` (${NO_QEMU_IMG})` : ''}`, () => {
  it.each([
    [512, 16, 'off'],
    [4096, 1, 'metadata'],
    [65536, 16, 'off'],
    [65536, 16, 'falloc'],
    [2 * MiB, 64, 'metadata'],
  ] as const)(
    'create makes qcow2 with clusters of %i, refcount bits %i, preallocation %s',
    async (clusterSize, refcountBits, preallocation) => {
      const file = place.file(`new-${clusterSize}-${preallocation}.qcow2`)
      const size = clusterSize === 512 ? 10 * MiB : 5 * MiB + 512
      value(await createImage(file, { format: 'qcow2', size, clusterSize, refcountBits, preallocation }))
      expect(await qemuCheck(file)).toBe('clean')
      expect(await qemuImg('info', '-f', 'qcow2', file)).toContain(`(${size} bytes)`)
      const image = value(await openImage(file, WRITE))
      const mirror = await readAll(image)
      expect(mirror.equals(Buffer.alloc(size))).toBe(true)
      await randomWork(image, mirror, { requests: 20, seed: 3, most: 100_000 })
      value(await image.close())
      expect(await qemuCheck(file)).toBe('clean')
      expect(await createImage(file, { format: 'qcow2', size })).toMatchObject({ error: { code: 'exists' } })
    },
  )

  it('create makes an overlay with the size of its backing file, and refuses one outside', async () => {
    writeFileSync(place.file('base.raw'), pattern(MiB, 4))
    const file = place.file('overlay.qcow2')
    value(await createImage(file, { format: 'qcow2', backing: { name: 'base.raw', format: 'raw' } }))
    expect((await bytesOf(file)).equals(pattern(MiB, 4))).toBe(true)
    expect(await qemuImg('info', '-f', 'qcow2', file)).toContain('backing file format: raw')
    const outside = await createImage(place.file('bad.qcow2'), {
      format: 'qcow2',
      backing: { name: '/etc/passwd', format: 'raw' },
    })
    expect(outside).toMatchObject({ error: { code: 'backing-refused', refused: { path: '/etc/passwd' } } })
  })

  it('resize grows over a longer backing file with zeroes, and shrinks', async () => {
    writeFileSync(place.file('long.raw'), pattern(4 * MiB, 6))
    const file = place.file('resized.qcow2')
    value(
      await createImage(file, { format: 'qcow2', size: MiB, clusterSize: 4096, backing: { name: 'long.raw', format: 'raw' } }),
    )
    const image = value(await openImage(file, WRITE))
    value(await image.write(MiB - 512, pattern(512, 1)))
    expect(await image.resize(512 * 1024)).toMatchObject({ error: { code: 'range' } })
    value(await image.resize(24 * MiB))
    value(await image.write(20 * MiB, pattern(8192, 2)))
    value(await image.resize(26 * MiB + 512))
    const bytes = await readAll(image)
    expect(bytes.subarray(MiB, 20 * MiB).every((byte) => byte === 0)).toBe(true)
    expect(bytes.subarray(20 * MiB, 20 * MiB + 8192).equals(pattern(8192, 2))).toBe(true)
    value(await image.resize(512 * 1024, true))
    value(await image.resize(2 * MiB))
    expect((await readAll(image)).subarray(512 * 1024).every((byte) => byte === 0)).toBe(true)
    value(await image.close())
    expect(await qemuCheck(file)).toBe('clean')
    await qemuImg('compare', '-f', 'qcow2', '-F', 'qcow2', file, file)
  })

  it('convert copies any to any, sparse', async () => {
    const raw = place.file('from.raw')
    const bytes = Buffer.alloc(20 * MiB + 512)
    bytes.set(pattern(300_032, 8), 5 * MiB + 512)
    writeFileSync(raw, bytes)
    const done: number[] = []
    const options = { source: { format: 'raw', readonly: true }, target: { format: 'qcow2' } } as const
    // Until it is whole it has another name: a process that is killed leaves none that looks like a copy.
    const seen = new Set<string>()
    const progress = (at: number): void => {
      done.push(at)
      for (const name of readdirSync(dirname(raw))) if (/^to\.qcow2$|^\.ringmaster-copy/.test(name)) seen.add(name)
    }
    value(await convertImage(raw, place.file('to.qcow2'), { ...options, progress }))
    expect([...seen].map(writerOf)).toEqual([process.pid])
    expect(readdirSync(dirname(raw)).filter((name) => writerOf(name) !== undefined)).toEqual([])
    expect(done[done.length - 1]).toBe(bytes.length)
    expect(await qemuCheck(place.file('to.qcow2'))).toBe('clean')
    expect(await qemuImg('compare', '-f', 'raw', '-F', 'qcow2', raw, place.file('to.qcow2'))).toContain('identical')
    expect(statSync(place.file('to.qcow2')).size).toBeLessThan(MiB)
    value(await convertImage(place.file('to.qcow2'), place.file('back.raw'), { source: READ, target: { format: 'raw' } }))
    expect(readFileSync(place.file('back.raw')).equals(bytes)).toBe(true)
    expect(statSync(place.file('back.raw')).blocks * 512).toBeLessThan(2 * MiB)
    const cancelled = await convertImage(raw, place.file('never.raw'), { ...options, signal: AbortSignal.abort() })
    expect(cancelled).toMatchObject({ error: { code: 'cancelled' } })
    expect(statSync(place.file('never.raw'), { throwIfNoEntry: false })).toBeUndefined()
    const before = readFileSync(place.file('to.qcow2'))
    expect(await convertImage(raw, place.file('to.qcow2'), options)).toMatchObject({ error: { code: 'exists' } })
    expect(readFileSync(place.file('to.qcow2')).equals(before)).toBe(true)
    expect(readdirSync(dirname(raw)).filter((name) => writerOf(name) !== undefined)).toEqual([])
  })

  it.each([
    ['vhd', 'vpc', 'subformat=dynamic,force_size=on'],
    ['vmdk', 'vmdk', 'subformat=streamOptimized'],
  ] as const)('convert copies %s, which is only read, to what is written', async (format, name, options) => {
    const raw = place.file(`of-${format}.raw`)
    const bytes = Buffer.alloc(6 * MiB)
    bytes.set(pattern(200_192, 12), 3 * MiB)
    writeFileSync(raw, bytes)
    const from = place.file(`from.${format}`)
    await qemuImg('convert', '-f', 'raw', '-O', name, '-o', options, raw, from)
    for (const target of ['raw', 'qcow2'] as const) {
      const to = place.file(`of-${format}-to.${target}`)
      value(await convertImage(from, to, { source: { format, readonly: true }, target: { format: target } }))
      expect(await qemuImg('compare', '-f', 'raw', '-F', target, raw, to)).toContain('identical')
      expect(statSync(to).blocks * 512).toBeLessThan(MiB)
    }
  })

  it('check finds what qemu-img finds, and mends leaks and lost refcounts', async () => {
    const file = place.file('check.qcow2')
    value(await createImage(file, { format: 'qcow2', size: 8 * MiB, clusterSize: 4096 }))
    await qemuIo(file, ['write -P 1 0 2M'])
    await qemuImg('snapshot', '-c', 'one', file)
    await qemuIo(file, ['write -P 2 1M 64k'])
    expect(value(await checkImage(file, 'qcow2'))).toEqual({
      errors: [],
      errorCount: 0,
      leaks: 0,
      dirty: false,
      corrupt: false,
    })
    const before = await bytesOf(file)
    const damage = (change: (bytes: Buffer, block: number) => void) => {
      const bytes = readFileSync(file)
      const table = Number(bytes.readBigUInt64BE(48))
      change(bytes, Number(bytes.readBigUInt64BE(table)))
      writeFileSync(file, bytes)
    }
    const clusters = statSync(file).size / 4096
    damage((bytes, block) => bytes.writeUInt16BE(5, block + 2 * (clusters - 3)))
    expect(value(await checkImage(file, 'qcow2')).leaks).toBe(1)
    expect(await qemuCheck(file)).not.toBe('clean')
    expect(value(await checkImage(file, 'qcow2', 'leaks')).leaks).toBe(0)
    damage((bytes, block) => bytes.fill(0, block, block + 2 * clusters))
    expect(value(await checkImage(file, 'qcow2')).errorCount).toBeGreaterThan(400)
    expect(value(await checkImage(file, 'qcow2', 'all'))).toMatchObject({ errors: [], leaks: 0 })
    expect(await qemuCheck(file)).toBe('clean')
    expect((await bytesOf(file)).equals(before)).toBe(true)
  })

  it('a dirty image is repaired when it is opened for writing', async () => {
    const file = place.file('dirty.qcow2')
    await qemuImg('create', '-f', 'qcow2', '-o', 'lazy_refcounts=on', file, '8M')
    // Ended by a signal inside qemu-io: the refcounts are left behind.
    await qemuIo(file, ['write -P 3 1M 1M', 'abort']).catch(() => {})
    expect(await qemuImg('info', '-f', 'qcow2', '-U', file)).toContain('qcow2')
    const report = value(await checkImage(file, 'qcow2'))
    expect(report.dirty).toBe(true)
    const image = value(await openImage(file, WRITE))
    value(await image.write(0, pattern(65536, 1)))
    value(await image.close())
    expect(await qemuCheck(file)).toBe('clean')
    expect((await bytesOf(file)).subarray(MiB, 2 * MiB).every((byte) => byte === 3)).toBe(true)
  })

  it('rebase keeps what the disk reads as', async () => {
    writeFileSync(place.file('old.raw'), pattern(2 * MiB, 31))
    const other = Buffer.from(pattern(2 * MiB, 31))
    other.fill(7, MiB, MiB + 100_000)
    writeFileSync(place.file('new.raw'), other)
    const file = place.file('rebased.qcow2')
    value(
      await createImage(file, {
        format: 'qcow2',
        size: 3 * MiB,
        clusterSize: 4096,
        backing: { name: 'old.raw', format: 'raw' },
      }),
    )
    await qemuIo(file, ['write -P 1 64k 64k'])
    const before = await bytesOf(file)
    value(await rebaseImage(file, { backing: { name: 'new.raw', format: 'raw' }, mode: 'safe' }))
    expect((await bytesOf(file)).equals(before)).toBe(true)
    expect(await qemuImg('info', '-f', 'qcow2', file)).toContain('backing file: new.raw')
    expect(statSync(file).size).toBeLessThan(MiB)
    expect(await qemuCheck(file)).toBe('clean')
    value(await rebaseImage(file, { mode: 'safe' }))
    expect((await bytesOf(file)).equals(before)).toBe(true)
    expect(await qemuImg('info', '-f', 'qcow2', file)).not.toContain('backing')
    expect(await qemuCheck(file)).toBe('clean')
    value(await rebaseImage(file, { backing: { name: 'old.raw', format: 'raw' }, mode: 'unsafe' }))
    expect(await qemuImg('info', '-f', 'qcow2', file)).toContain('backing file: old.raw')
  })

  it('snapshots survive what we write', async () => {
    const file = place.file('snap.qcow2')
    await qemuImg('create', '-f', 'qcow2', '-o', 'cluster_size=4k', file, '4M')
    await qemuIo(file, ['write -P 1 0 3M'])
    await qemuImg('snapshot', '-c', 'one', file)
    const image = value(await openImage(file, WRITE))
    const mirror = await readAll(image)
    await randomWork(image, mirror, { requests: 100, seed: 4, most: 200_000 })
    value(await image.close())
    await qemuImg('snapshot', '-a', 'one', file)
    const bytes = await bytesOf(file)
    expect(bytes.subarray(0, 3 * MiB).every((byte) => byte === 1)).toBe(true)
    expect(await qemuCheck(file)).toBe('clean')
  })

  it.each(['raw', 'qcow2'] as const)('commit makes a backing file of format %s read as its overlay did', async (format) => {
    const base = place.file(`commit-base.${format}`)
    const over = place.file(`commit-over-${format}.qcow2`)
    value(await createImage(base, { format, size: 6 * MiB + 512 }))
    await qemuIo(base, ['write -P 1 0 3M'], '-f', format)
    value(await createImage(over, { format: 'qcow2', backing: { name: `commit-base.${format}`, format } }))
    await qemuIo(over, ['write -P 2 1M 64k', 'write -z 2M 128k', 'discard 0 64k', 'write -P 3 6M 512'], '-f', 'qcow2')
    const wanted = await bytesOf(over)
    const options = { into: base, intoFormat: format, allowed: [] }
    const abort = new AbortController()
    abort.abort()
    expect(await commitImage(over, { ...options, signal: abort.signal })).toMatchObject({ error: { code: 'cancelled' } })
    expect((await bytesOf(over)).equals(wanted)).toBe(true)
    value(await commitImage(over, options))
    expect((await bytesOf(base, format)).equals(wanted)).toBe(true)
    expect((await bytesOf(over)).equals(wanted)).toBe(true)
    expect(await qemuImg('compare', '-f', format, '-F', 'qcow2', base, over)).toContain('identical')
    if (format === 'qcow2') expect(await qemuCheck(base)).toBe('clean')
  })
})
