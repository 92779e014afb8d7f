// A vmdk image on a host that fails to read once: the next read of the same place is a new one.
// Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { fail, type ImageResult } from '../../../src-engine/image/error'
import type { ViewList } from '../../../src-engine/image/views'
import { SparseExtent } from '../../../src-engine/image/vmdk-sparse'
import { value } from '../../support/image-work'
import { MemoryFile } from '../../support/memory-file'

const SECTOR = 512
const GRAIN_AT = 8

/** One grain of 4 KiB: a directory in sector 1, its only table from sector 2 on. */
function oneGrain(): Uint8Array {
  const bytes = new Uint8Array(16 * SECTOR)
  const view = new DataView(bytes.buffer)
  bytes.set(Buffer.from('KDMV', 'latin1'))
  view.setBigUint64(12, 8n, true)
  view.setBigUint64(20, 8n, true)
  view.setUint32(44, 512, true)
  view.setBigUint64(56, 1n, true)
  view.setUint32(SECTOR, 2, true)
  view.setUint32(2 * SECTOR, GRAIN_AT, true)
  return bytes
}

class FailingFile extends MemoryFile {
  failing = false

  override read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    return this.failing ? Promise.resolve(fail('io', 'Input/output error.')) : super.read(offset, targets)
  }
}

it('what could not be read is read again', async () => {
  const file = new FailingFile('one.vmdk', oneGrain())
  const extent = value(await SparseExtent.open(file))
  file.failing = true
  expect((await extent.locate(0, SECTOR)).ok).toBe(false)
  file.failing = false
  expect(value(await extent.locate(0, SECTOR))).toMatchObject({ kind: 'file', offset: GRAIN_AT * SECTOR })
})
