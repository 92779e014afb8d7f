// A sync that failed is for good, whatever the format: nobody knows what the host has thrown away then, and the next sync would be told
// that all is well. It is no want of room either, for which a guest would be held until there is some.
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
import { checkImage } from '../../../src-engine/image/check-image'
import { createImage } from '../../../src-engine/image/create-image'
import { fail, type ImageResult } from '../../../src-engine/image/error'
import { openImage } from '../../../src-engine/image/open'
import { ok } from '../../../src-engine/public/result'
import { value } from '../../support/image-work'
import { scratch } from '../../support/qemu-img'
import { RecordingFile } from '../../support/recording-file'

const place = scratch()
afterAll(place.remove)

class LosingDisk extends RecordingFile {
  losing = false
  syncsLeft = Number.POSITIVE_INFINITY

  override sync(): Promise<ImageResult<void>> {
    return this.losing || this.syncsLeft-- <= 0 ? Promise.resolve(fail('no-space', 'No room after all.')) : super.sync()
  }
}

it.each(['raw', 'qcow2'] as const)('of %s: no later flush is answered well', async (format) => {
  const path = place.file(`disk.${format}`)
  if (format === 'raw') writeFileSync(path, new Uint8Array(65_536))
  else value(await createImage(path, { format, size: 65_536 }))
  const file = new LosingDisk(path, readFileSync(path))
  const image = value(await openImage(path, { format, readonly: false }, async () => ok(file)))
  value(await image.write(0, new Uint8Array(512).fill(1)))
  value(await image.flush())
  value(await image.write(0, new Uint8Array(512).fill(2)))
  file.losing = true
  expect(await image.flush()).toMatchObject({ ok: false, error: { code: 'io' } })
  file.losing = false
  expect(await image.flush()).toMatchObject({ ok: false, error: { code: 'io' } })
  await image.close()
})

it('whichever sync of a growing image is the first that fails, its tables have no errors afterwards', async () => {
  const path = place.file('growing.qcow2')
  value(await createImage(path, { format: 'qcow2', size: 262_144, clusterSize: 512, refcountBits: 64 }))
  const empty = readFileSync(path)
  for (let good = 0, failed = true; failed; good++) {
    const file = new LosingDisk(path, empty)
    const image = value(await openImage(path, { format: 'qcow2', readonly: false }, async () => ok(file)))
    file.syncsLeft = good
    for (let at = 0; at < image.size; at += 16_384) await image.write(at, new Uint8Array(16_384).fill(1))
    failed = !(await image.close()).ok
    writeFileSync(path, file.contents())
    expect(await checkImage(path, 'qcow2'), `after ${good} syncs`).toMatchObject({ ok: true, value: { errorCount: 0 } })
  }
})
