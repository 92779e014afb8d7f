// A sync that failed is for good, whatever the format: nobody knows what the host has thrown away then, and the next sync would be told
// that all is well. It is no want of room either, for which a guest would be held until there is some.
import { readFileSync, writeFileSync } from 'node:fs'
import { afterAll, expect, it } from 'vitest'
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

  override sync(): Promise<ImageResult<void>> {
    return this.losing ? Promise.resolve(fail('no-space', 'No room after all.')) : super.sync()
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
