// A host that fails now and then: no room, or errors of reading. A request that failed may or may not have taken effect,
// sector by sector; what others hold is kept, later requests go on, and the image has no errors in the end.
// Runs in: vitest, plain Node with qemu-utils.
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, describe, expect, it } from 'vitest'
import { fail, type ImageResult } from '../../../src-engine/image/error'
import { openImage } from '../../../src-engine/image/open'
import type { ViewList } from '../../../src-engine/image/views'
import { ok } from '../../../src-engine/public/result'
import { pattern, readAll, value } from '../../support/image-work'
import { NO_QEMU_IMG, qemuCheck, qemuImg, scratch } from '../../support/qemu-img'
import { randomFrom } from '../../support/random'
import { RecordingFile } from '../../support/recording-file'
import { count } from '../../support/tier'

const place = scratch()
afterAll(place.remove)

class FullDisk extends RecordingFile {
  failing = false
  failures = 0
  private readonly random = randomFrom(77)

  override write(offset: number, sources: ViewList): Promise<ImageResult<void>> {
    return this.fails() ? Promise.resolve(fail('no-space', 'No room.')) : super.write(offset, sources)
  }

  override truncate(size: number): Promise<ImageResult<void>> {
    return size > this.size && this.fails() ? Promise.resolve(fail('no-space', 'No room.')) : super.truncate(size)
  }

  private fails(): boolean {
    if (!this.failing || this.random(4) !== 0) return false
    this.failures++
    return true
  }
}

const KINDS = ['cluster_size=4k', 'cluster_size=512,refcount_bits=64', 'extended_l2=on,cluster_size=16k']

describe.skipIf(NO_QEMU_IMG)(`a host without room${NO_QEMU_IMG ? ` (${NO_QEMU_IMG})` : ''}`, () => {
  it.each(KINDS)('loses nothing that was answered: %s', async (options) => {
    const path = place.file('full.qcow2')
    await qemuImg('create', '-f', 'qcow2', '-o', options, path, '3M')
    const file = new FullDisk(path, readFileSync(path))
    const image = value(await openImage(path, { format: 'qcow2', readonly: false }, async () => ok(file)))
    const mirror = await readAll(image)
    const random = randomFrom(6)
    for (let i = 0; i < count(250, 4000); i++) {
      file.failing = random(3) === 0
      const length = 512 * (1 + random(80))
      const offset = 512 * random((image.size - length) / 512 + 1)
      const zero = random(4) === 0
      const bytes = zero ? new Uint8Array(length) : pattern(length, i)
      const done = await (zero ? image.writeZeroes(offset, length) : image.write(offset, bytes))
      if (random(8) === 0) await image.flush()
      file.failing = false
      const now = Buffer.alloc(length)
      value(await image.read(offset, now))
      for (let at = 0; at < length; at += 512) {
        const sector = now.subarray(at, at + 512)
        const kept = !done.ok && sector.equals(mirror.subarray(offset + at, offset + at + 512))
        if (!kept && !sector.equals(bytes.subarray(at, at + 512))) throw new Error(`request ${i}, sector at ${offset + at}`)
      }
      mirror.set(now, offset)
    }
    expect(file.failures).toBeGreaterThan(10)
    expect((await readAll(image)).equals(mirror)).toBe(true)
    value(await image.close())
    writeFileSync(path, file.contents())
    expect(await qemuCheck(path)).toMatch(/^(clean|leaks)$/)
    await qemuImg('convert', '-f', 'qcow2', '-O', 'raw', path, `${path}.raw`)
    expect(readFileSync(`${path}.raw`).equals(mirror)).toBe(true)
  })
})
