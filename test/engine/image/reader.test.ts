// Our reader against qemu-img: images that it makes in every variant, read byte for byte as `qemu-img convert` gives them.
// Runs in: vitest, plain Node with qemu-utils.
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import type { OpenOptions } from '../../../src-engine/image/image'
import { openImage } from '../../../src-engine/image/open'
import { pattern, readAll, value } from '../../support/image-work'
import { NO_QEMU_IMG, qemuImg, qemuIo, scratch } from '../../support/qemu-img'
import { randomFrom } from '../../support/random'
import { LONG } from '../../support/tier'

const place = scratch()
afterAll(place.remove)

const MiB = 1024 * 1024

/** A disk with data, repeated data and holes. */
function disk(size: number, seed: number): Buffer {
  const bytes = Buffer.alloc(size)
  const random = randomFrom(seed)
  for (let at = 0; at < size; ) {
    const length = Math.min(512 * (1 + random(200)), size - at)
    const what = random(3)
    if (what === 0) bytes.set(pattern(length, at + seed), at)
    else if (what === 1) bytes.fill(random(255), at, at + length)
    at += length
  }
  return bytes
}

async function expectSame(file: string, format: OpenOptions['format'], qemuFormat: string = format): Promise<void> {
  await qemuImg('convert', '-f', qemuFormat, '-O', 'raw', file, `${file}.out`)
  const image = value(await openImage(file, { format, readonly: true }))
  const wanted = readFileSync(`${file}.out`)
  expect(image.size).toBe(wanted.length)
  expect((await readAll(image)).equals(wanted)).toBe(true)
  // Odd pieces, several at once.
  const random = randomFrom(9)
  await Promise.all(
    Array.from({ length: 40 }, async () => {
      const length = 512 * (1 + random(300))
      const offset = 512 * random((image.size - length) / 512 + 1)
      const bytes = new Uint8Array(length)
      value(await image.read(offset, [bytes.subarray(0, 512), bytes.subarray(512)]))
      expect(Buffer.from(bytes).equals(wanted.subarray(offset, offset + length))).toBe(true)
    }),
  )
  value(await image.close())
}

const CLUSTERS = LONG ? [9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21].map((bits) => 2 ** bits) : [512, 65536, 2 * MiB]
const VARIANTS: readonly (readonly [options: string, always: boolean])[] = [
  ['compat=0.10', true],
  ['compat=1.1,refcount_bits=1', true],
  ['compat=1.1,refcount_bits=2', false],
  ['compat=1.1,refcount_bits=4', false],
  ['compat=1.1,refcount_bits=8', false],
  ['compat=1.1,refcount_bits=16', false],
  ['compat=1.1,refcount_bits=32', false],
  ['compat=1.1,refcount_bits=64', true],
  ['lazy_refcounts=on', true],
  ['preallocation=off', false],
  ['preallocation=metadata', true],
  ['preallocation=falloc', false],
  ['preallocation=full', false],
  ['compression_type=zstd', false],
  ['extended_l2=on,cluster_size=16k', true],
  ['extended_l2=on,cluster_size=2M', false],
]

describe.skipIf(NO_QEMU_IMG)(`the reader${NO_QEMU_IMG ? ` (${NO_QEMU_IMG})` : ''}`, () => {
  it.each(CLUSTERS)('reads clusters of %i, also compressed with zlib and zstd', async (cluster) => {
    const raw = place.file(`c${cluster}.raw`)
    writeFileSync(raw, disk(cluster === 512 ? MiB / 2 : 3 * MiB + 512 * 3, cluster))
    for (const [compress, method] of [
      [false, 'zlib'],
      [true, 'zlib'],
      [true, 'zstd'],
    ] as const) {
      const file = place.file(`c${cluster}-${compress}-${method}.qcow2`)
      const options = `cluster_size=${cluster},compression_type=${method}`
      await qemuImg('convert', '-f', 'raw', '-O', 'qcow2', ...(compress ? ['-c'] : []), '-o', options, raw, file)
      await expectSame(file, 'qcow2')
    }
  })

  it.each(VARIANTS.filter(([, always]) => always || LONG))('reads images made with %s', async (options) => {
    const raw = place.file('v.raw')
    writeFileSync(raw, disk(3 * MiB + 512, 3))
    const file = place.file(`${options.replaceAll(/[=,]/g, '-')}.qcow2`)
    await qemuImg('create', '-f', 'qcow2', '-o', options, file, String(3 * MiB + 512))
    await qemuImg('convert', '-n', '-f', 'raw', '-O', 'qcow2', raw, file)
    await qemuIo(file, ['write -P 5 100k 70k', 'discard 1M 512k', 'write -z 300k 200k', 'write -z -u 2M 128k'])
    await expectSame(file, 'qcow2')
  })

  it('reads an external data file', async () => {
    for (const raw of ['off', 'on']) {
      const file = place.file(`data-${raw}.qcow2`)
      const data = place.file(`data-${raw}.bin`)
      await qemuImg('create', '-f', 'qcow2', '-o', `data_file=${data},data_file_raw=${raw}`, file, '4M')
      await qemuIo(file, ['write -P 7 0 100k', 'write -P 9 2M 1M', 'write -z 2100k 64k'])
      const image = value(await openImage(file, { format: 'qcow2', readonly: true, allowed: [data] }))
      await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', file, `${file}.out`)
      expect((await readAll(image)).equals(readFileSync(`${file}.out`))).toBe(true)
      value(await image.close())
    }
  })

  it('reads chains of backing files of different sizes and formats', async () => {
    writeFileSync(place.file('base.raw'), disk(MiB + 512 * 5, 21))
    await qemuImg('create', '-f', 'qcow2', '-b', 'base.raw', '-F', 'raw', place.file('one.qcow2'), String(3 * MiB))
    await qemuIo(place.file('one.qcow2'), ['write -P 1 900k 300k', 'write -P 2 2M 64k'])
    await qemuImg(
      'create',
      '-f',
      'qcow2',
      '-o',
      'cluster_size=4k',
      '-b',
      'one.qcow2',
      '-F',
      'qcow2',
      place.file('two.qcow2'),
      String(2 * MiB),
    )
    await qemuIo(place.file('two.qcow2'), ['write -P 3 10k 10k', 'write -z 1000k 50k'])
    await qemuImg(
      'create',
      '-f',
      'qcow2',
      '-o',
      'compat=0.10',
      '-b',
      'two.qcow2',
      '-F',
      'qcow2',
      place.file('three.qcow2'),
      String(5 * MiB),
    )
    await qemuIo(place.file('three.qcow2'), ['write -P 4 4M 10k'])
    for (const name of ['one', 'two', 'three']) await expectSame(place.file(`${name}.qcow2`), 'qcow2')
  })

  it('reads the disk of an image with snapshots as it is now', async () => {
    const file = place.file('snap.qcow2')
    await qemuImg('create', '-f', 'qcow2', file, '4M')
    await qemuIo(file, ['write -P 1 0 1M'])
    await qemuImg('snapshot', '-c', 'a', file)
    await qemuIo(file, ['write -P 2 512k 1M'])
    await expectSame(file, 'qcow2')
  })

  it.each([
    ['vhd', 'vpc', 'subformat=dynamic'],
    ['vhd', 'vpc', 'subformat=dynamic,force_size=on'],
    ['vhd', 'vpc', 'subformat=fixed,force_size=on'],
    ['vmdk', 'vmdk', 'subformat=monolithicSparse'],
    ['vmdk', 'vmdk', 'subformat=monolithicFlat'],
    ['vmdk', 'vmdk', 'subformat=twoGbMaxExtentSparse'],
    ['vmdk', 'vmdk', 'subformat=twoGbMaxExtentFlat'],
    ['vmdk', 'vmdk', 'subformat=streamOptimized'],
  ] as const)('reads %s (%s, %s)', async (format, name, options) => {
    const raw = place.file('o.raw')
    writeFileSync(raw, disk(3 * MiB + 512 * 9, 5))
    const file = place.file(`${options.replaceAll(/[=,]/g, '-')}.${format}`)
    await qemuImg('convert', '-f', 'raw', '-O', name, '-o', options, raw, file)
    await expectSame(file, format, name)
    expect(await openImage(file, { format, readonly: false })).toMatchObject({ error: { code: 'read-only' } })
  })

  it('reads disks of several extents, and finds them in their own folder only', async () => {
    const file = place.file('split.vmdk')
    await qemuImg('create', '-f', 'vmdk', '-o', 'subformat=twoGbMaxExtentSparse', file, '5G')
    await qemuIo(file, ['write -P 1 0 1M', 'write -P 2 2047M 3M', 'write -P 3 4096M 64k'], '-f', 'vmdk')
    const image = value(await openImage(file, { format: 'vmdk', readonly: true }))
    const bytes = new Uint8Array(3 * MiB)
    value(await image.read(2047 * MiB, bytes))
    expect(bytes.every((byte) => byte === 2)).toBe(true)
    value(await image.read(4096 * MiB - 512, bytes.subarray(0, 1024)))
    expect([bytes[0], bytes[511], bytes[512], bytes[1023]]).toEqual([0, 0, 3, 3])
    value(await image.close())
    const text = readFileSync(file, 'latin1')
    writeFileSync(file, text.replace(/"split-s001.vmdk"/, '"/etc/passwd"'))
    expect(await openImage(file, { format: 'vmdk', readonly: true })).toMatchObject({ error: { code: 'backing-refused' } })
  })

  it.each(['luks', 'aes'])('refuses images encrypted with %s in one sentence', async (method) => {
    const file = place.file(`${method}.qcow2`)
    // Keys for a test need not be slow to try.
    const hurry = method === 'luks' ? ',encrypt.iter-time=10' : ''
    const options = `encrypt.format=${method},encrypt.key-secret=key${hurry}`
    const create = ['create', '--object', 'secret,id=key,data=geheim', '-f', 'qcow2', '-o', options, file, '1M']
    // It times itself to choose the number of rounds, and gives up where the thread's clock has not moved meanwhile.
    const made = () =>
      qemuImg(...create).then(
        () => 'made',
        (thrown: unknown) => (/accurate CPU usage/.test(String(thrown)) ? 'once more' : String(thrown)),
      )
    await expect.poll(made).not.toBe('once more')
    const opened = await openImage(file, { format: 'qcow2', readonly: true })
    expect(opened).toEqual({
      ok: false,
      error: { code: 'encrypted', message: `${file} is encrypted, and encrypted images are not opened.` },
    })
  })
})
