// Images recorded from qemu-img read as they did there. Runs in: vitest, plain Node, with or without qemu-img.
import { createHash } from 'node:crypto'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { checkImage } from '../../../src-engine/image/check-image'
import { convertImage } from '../../../src-engine/image/convert'
import { openImage } from '../../../src-engine/image/open'
import { probeImage } from '../../../src-engine/image/probe'
import { readAll, value } from '../../support/image-work'
import { scratch } from '../../support/qemu-img'
import { unpackVectors } from './vectors'

const place = scratch()
afterAll(place.remove)

const vectors = unpackVectors(place.dir).map((one) => ({ ...one, name: path.basename(one.file) }))
const hash = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex')

it.each(vectors)('$name reads as in QEMU', async ({ file, format, sha256 }) => {
  const image = value(await openImage(file, { format, readonly: true }))
  expect(hash(await readAll(image))).toBe(sha256)
  value(await image.close())
  if (format !== 'raw') expect(value(await probeImage(file))).toBe(format)
  if (format === 'qcow2') expect(value(await checkImage(file, 'qcow2'))).toMatchObject({ errors: [], leaks: 0 })
})

it.each(vectors)('$name survives a conversion and writes', async ({ file, format, sha256 }) => {
  const copy = `${file}.copy`
  value(await convertImage(file, copy, { source: { format, readonly: true }, target: { format: 'qcow2', clusterSize: 4096 } }))
  const image = value(await openImage(copy, { format: 'qcow2', readonly: false }))
  const bytes = await readAll(image)
  expect(hash(bytes)).toBe(sha256)
  bytes.fill(9, 4096, 12288)
  value(await image.write(4096, bytes.subarray(4096, 12288)))
  expect((await readAll(image)).equals(bytes)).toBe(true)
  value(await image.close())
  expect(value(await checkImage(copy, 'qcow2'))).toMatchObject({ errors: [], leaks: 0 })
})
