// Checks an image that nobody has open, and mends it when asked. Only qcow2 has counts that can be wrong.
// Runs in: the image's thread.
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File, OpenFile } from './file'
import { openNodeFile } from './node-file'
import { type CheckReport, compareRefcounts } from './qcow2/check'
import { readHeader } from './qcow2/header'
import { type Repair, repairQcow2 } from './qcow2/repair'

export type { CheckReport, Repair }

export async function checkImage(
  path: string,
  format: 'qcow2',
  repair: Repair | 'nothing' = 'nothing',
  signal?: AbortSignal,
  openFile: OpenFile = openNodeFile,
): Promise<ImageResult<CheckReport>> {
  if (format !== 'qcow2') return fail('unsupported', `Images of format ${format} have nothing to be checked.`)
  const file = await openFile(path, repair === 'nothing' ? 'read' : 'write')
  if (!file.ok) return file
  const done = await check(file.value, repair, signal)
  await file.value.close()
  return done
}

async function check(file: File, repair: Repair | 'nothing', signal?: AbortSignal): Promise<ImageResult<CheckReport>> {
  if (repair !== 'nothing') {
    const repaired = await repairQcow2(file, repair, signal)
    if (!repaired.ok) return repaired
  }
  const header = await readHeader(file)
  if (!header.ok) return header
  const compared = await compareRefcounts(file, header.value, signal)
  return compared.ok ? ok(compared.value.report) : compared
}
