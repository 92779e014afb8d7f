// Our writer against qemu-img: random requests on images of many kinds, with a plain copy beside; afterwards the image is
// clean for `qemu-img check` and equal for `qemu-img convert`. Runs in: vitest, plain Node with qemu-utils.
import { readFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { openImage } from '../../../src-engine/image/open'
import { randomWork, readAll, value } from '../../support/image-work'
import { NO_QEMU_IMG, qemuCheck, qemuImg, qemuIo, scratch } from '../../support/qemu-img'
import { count } from '../../support/tier'

const place = scratch()
afterAll(place.remove)

const MiB = 1024 * 1024

interface Kind {
  readonly name: string
  readonly options: string
  readonly size: number
  readonly prepare?: (file: string) => Promise<void>
}

const KINDS: readonly Kind[] = [
  { name: 'version 3', options: 'compat=1.1', size: 24 * MiB },
  { name: 'version 2', options: 'compat=0.10', size: 24 * MiB },
  { name: 'clusters of 512', options: 'cluster_size=512', size: 3 * MiB },
  { name: 'clusters of 4096, refcount bits 1', options: 'cluster_size=4096,refcount_bits=1', size: 8 * MiB },
  { name: 'clusters of 2M, refcount bits 64', options: 'cluster_size=2M,refcount_bits=64', size: 32 * MiB + 512 * 7 },
  { name: 'preallocated tables', options: 'preallocation=metadata', size: 16 * MiB },
  { name: 'lazy refcounts', options: 'lazy_refcounts=on', size: 16 * MiB },
  { name: 'extended L2', options: 'extended_l2=on,cluster_size=64k', size: 16 * MiB },
  { name: 'refcount bits 2, clusters of 1024', options: 'refcount_bits=2,cluster_size=1k', size: 4 * MiB },
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

describe.skipIf(NO_QEMU_IMG)(`random work${NO_QEMU_IMG ? ` (${NO_QEMU_IMG})` : ''}`, () => {
  it.each(KINDS)('leaves $name clean and equal', async ({ name, options, size, prepare }) => {
    const file = place.file(`${name.replaceAll(' ', '-')}.qcow2`)
    await qemuImg('create', '-f', 'qcow2', '-o', options, file, String(size))
    await prepare?.(file)
    for (let round = 0; round < count(2, 20); round++) {
      const image = value(await openImage(file, { format: 'qcow2', readonly: false }))
      const mirror = await readAll(image)
      await randomWork(image, mirror, { requests: count(150, 2000), seed: 7 + round, most: 300 * 1024 })
      expect((await readAll(image)).equals(mirror)).toBe(true)
      value(await image.close())
      expect(await qemuCheck(file)).toBe('clean')
      await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', file, `${file}.raw`)
      expect(readFileSync(`${file}.raw`).equals(mirror)).toBe(true)
    }
  })
})
