// Whose domain a save file is of: its first record, read without the rest. The format is in src-engine/save/README.md; the
// domain's process checks the file whole when it restores it, so here only enough is looked at to choose a name.
// Invariant: the file is hostile; nothing is read beyond a small limit. Runs in: main, plain Node.
import { open } from 'node:fs/promises'
import { handle } from '../../../src-engine/public/protocol/control'
import { err, ok, type Result } from '../../../src-engine/public/result'
import { fields, shortText } from '../../../src-engine/public/shape'
import { systemErrorText } from '../../lib/atomic-file'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { SavedDomain } from '../driver'

const MAGIC = 'RMDOMAIN'
const FILE_HEADER = 16
const RECORD_HEADER = 16
const IDENTITY = 1
const IDENTITY_LIMIT = 64 * 1024

const identity = fields({ handle, name: shortText(256) })

async function readHead(path: string): Promise<Buffer> {
  const file = await open(path, 'r')
  try {
    const head = Buffer.alloc(FILE_HEADER + RECORD_HEADER + IDENTITY_LIMIT)
    const { bytesRead } = await file.read(head, 0, head.length, 0)
    return head.subarray(0, bytesRead)
  } finally {
    await file.close()
  }
}

export async function readIdentity(path: string): Promise<Result<SavedDomain, ErrorReport>> {
  try {
    const head = await readHead(path)
    if (head.length < FILE_HEADER + RECORD_HEADER || head.toString('latin1', 0, MAGIC.length) !== MAGIC) {
      return err(errorReport('save-corrupt', { path, detail: 'it is not a save file of Ringmaster' }))
    }
    const length = Number(head.readBigUInt64LE(FILE_HEADER + 8))
    const start = FILE_HEADER + RECORD_HEADER
    if (head.readUInt32LE(FILE_HEADER) === IDENTITY && length <= head.length - start) {
      const read: unknown = JSON.parse(head.toString('utf8', start, start + length))
      if (identity.is(read)) return ok({ uuid: read.handle, name: read.name })
    }
    return err(errorReport('save-corrupt', { path, detail: 'its first record is not whole' }))
  } catch (thrown) {
    if (thrown instanceof SyntaxError)
      return err(errorReport('save-corrupt', { path, detail: 'its first record is not whole' }))
    return err(errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }))
  }
}
