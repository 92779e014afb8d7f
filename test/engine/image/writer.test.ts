// Our writer against qemu-img: random requests on images of many kinds, with a plain copy beside; afterwards the image is
// clean for `qemu-img check` and equal for `qemu-img convert`. Runs in: vitest, plain Node with qemu-utils.
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { openImage } from '../../../src-engine/image/open'
import { pattern, randomWork, readAll, value } from '../../support/image-work'
import { NO_QEMU_IMG, qemuCheck, qemuImg, qemuIo, scratch } from '../../support/qemu-img'
import { count, LONG } from '../../support/tier'

const place = scratch()
afterAll(place.remove)

const MiB = 1024 * 1024

interface Kind {
  readonly name: string
  readonly options: string
  /** Left out of the slice. */
  readonly long?: boolean
  readonly size: number
  /** Whether it must be raw too. */
  readonly dataFile?: 'on' | 'off'
  readonly compressed?: boolean
  /** Size of the raw backing file. */
  readonly backing?: number
  readonly prepare?: (file: string) => Promise<void>
}

const KINDS: readonly Kind[] = [
  { name: 'version 3', options: 'compat=1.1', size: 8 * MiB },
  { name: 'version 2', options: 'compat=0.10', size: 8 * MiB },
  { name: 'clusters of 512', options: 'cluster_size=512', size: 3 * MiB },
  { name: 'clusters of 4096, refcount bits 1', options: 'cluster_size=4096,refcount_bits=1', size: 8 * MiB },
  { name: 'clusters of 2M, refcount bits 64', options: 'cluster_size=2M,refcount_bits=64', size: 12 * MiB + 512 * 7 },
  { name: 'preallocated tables', options: 'preallocation=metadata', size: 8 * MiB },
  { name: 'lazy refcounts', long: true, options: 'lazy_refcounts=on', size: 8 * MiB },
  { name: 'extended L2', options: 'extended_l2=on,cluster_size=64k', size: 8 * MiB },
  { name: 'refcount bits 2, clusters of 1024', long: true, options: 'refcount_bits=2,cluster_size=1k', size: 4 * MiB },
  { name: 'an external data file', long: true, options: 'cluster_size=16k', size: 6 * MiB, dataFile: 'off' },
  { name: 'an external raw data file', options: 'cluster_size=64k', size: 6 * MiB, dataFile: 'on' },
  { name: 'compressed clusters', options: 'cluster_size=16k', size: 6 * MiB, compressed: true },
  { name: 'compressed clusters of zstd', long: true, options: 'compression_type=zstd', size: 6 * MiB, compressed: true },
  { name: 'a backing file', options: 'cluster_size=16k', size: 6 * MiB, backing: 3 * MiB + 512 },
  { name: 'a backing file of version 2', long: true, options: 'compat=0.10', size: 6 * MiB, backing: 3 * MiB + 512 },
  { name: 'a backing file and extended L2', options: 'extended_l2=on,cluster_size=32k', size: 6 * MiB, backing: 8 * MiB },
  {
    name: 'a snapshot',
    options: 'cluster_size=16k',
    size: 8 * MiB,
    async prepare(file) {
      await qemuIo(file, ['write -P 17 0 3M', 'write -P 18 5M 1M'])
      await qemuImg('snapshot', '-c', 'first', file)
      await qemuIo(file, ['write -P 19 1M 64k'])
      await qemuImg('snapshot', '-c', 'second', file)
    },
  },
]

async function make(kind: Kind, file: string, data: string): Promise<void> {
  const size = String(kind.size)
  if (kind.compressed) {
    const source = new Uint8Array(kind.size)
    // Compressible, and each cluster its own.
    for (let at = 0; at < source.length; at += 8) source[at] = (at * 2654435761) >>> 20
    writeFileSync(`${file}.source`, source)
    await qemuImg('convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', kind.options, `${file}.source`, file)
  } else if (kind.backing !== undefined) {
    writeFileSync(`${file}.base`, pattern(kind.backing, 77))
    await qemuImg('create', '-f', 'qcow2', '-o', kind.options, '-b', `${file}.base`, '-F', 'raw', file, size)
    await qemuImg('rebase', '-u', '-f', 'qcow2', '-b', path.basename(`${file}.base`), '-F', 'raw', file)
  } else {
    const external = kind.dataFile ? `,data_file=${data},data_file_raw=${kind.dataFile}` : ''
    await qemuImg('create', '-f', 'qcow2', '-o', `${kind.options}${external}`, file, size)
  }
  await kind.prepare?.(file)
}

describe.skipIf(NO_QEMU_IMG)(`random work${NO_QEMU_IMG ? ` (${NO_QEMU_IMG})` : ''}`, () => {
  it.each(KINDS.filter(({ long }) => LONG || !long))(
    'leaves $name clean and equal',
    async (kind) => {
      const file = place.file(`${kind.name.replaceAll(' ', '-')}.qcow2`)
      const data = `${file}.data`
      await make(kind, file, data)
      for (let round = 0; round < count(1, 5); round++) {
        const image = value(await openImage(file, { format: 'qcow2', readonly: false, allowed: [data] }))
        const mirror = await readAll(image)
        await randomWork(image, mirror, { requests: count(80, 1500), seed: 7 + round, most: 300 * 1024 })
        expect((await readAll(image)).equals(mirror)).toBe(true)
        value(await image.close())
        expect(await qemuCheck(file)).toBe('clean')
        await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', file, `${file}.raw`)
        expect(readFileSync(`${file}.raw`).equals(mirror)).toBe(true)
        if (kind.dataFile === 'on') expect(readFileSync(data).equals(mirror)).toBe(true)
      }
    },
    count(120_000, 3_600_000),
  )
})
