// Writing and reading the stream of records as a file. Written under the name of an unfinished copy beside the target, flushed, renamed: the
// target is either the old file or the whole new one. Read from front to back; each record is checked before it is handed on.
// Runs in: main thread of the domain's process (asynchronous file access only).
import { randomUUID } from 'node:crypto'
import { type FileHandle, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { crc32 } from '../lib/bytes'
import { syncFolder } from '../lib/sync-folder'
import { err, ok, type Result } from '../public/result'
import { unfinishedCopyName } from '../public/unfinished-copy'
import {
  encodeFileHeader,
  encodeRecord,
  FILE_HEADER_SIZE,
  RECORD_HEADER_SIZE,
  RECORD_LIMIT,
  RECORD_OPTIONAL,
  RECORD_TRAILER_SIZE,
  type RecordName,
  recordName,
  SAVE_MAGIC,
  SAVE_VERSION,
  type SaveRecord,
} from './records'

/** What can go wrong, with one sentence for people. */
export interface SaveError {
  readonly kind: 'IO' | 'CORRUPT' | 'NEWER' | 'CANCELLED' | 'STATE'
  readonly message: string
}

const WHY = new Map([
  ['ENOSPC', 'the disk is full'],
  ['EDQUOT', 'the disk quota is used up'],
  ['ENOENT', 'there is no such file or folder'],
  ['EACCES', 'permission is denied'],
  ['EISDIR', 'it is a folder'],
  ['EROFS', 'the disk is read-only'],
])

function why(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : ''
  return WHY.get(code) ?? (error instanceof Error ? error.message : String(error))
}

export class SaveFileWriter {
  private records = 0
  private position = 0

  private constructor(
    private readonly file: FileHandle,
    private readonly temporary: string,
    private readonly target: string,
  ) {}

  static async create(target: string): Promise<Result<SaveFileWriter, SaveError>> {
    const temporary = path.join(path.dirname(target), unfinishedCopyName(process.pid, randomUUID()))
    try {
      const file = await open(temporary, 'w', 0o600)
      const writer = new SaveFileWriter(file, temporary, target)
      await writer.put([encodeFileHeader()])
      return ok(writer)
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {})
      return err({ kind: 'IO', message: `Cannot write ${target}: ${why(error)}.` })
    }
  }

  /** Bytes written so far. */
  get bytes(): number {
    return this.position
  }

  private async put(pieces: readonly Uint8Array[]): Promise<void> {
    const moved = await moveAll(pieces, (some) => this.file.writev(some).then(({ bytesWritten }) => bytesWritten))
    if (moved < pieces.reduce((sum, { length }) => sum + length, 0)) throw new Error('the file takes no more bytes')
    this.position += moved
  }

  /** A record, and behind it what it speaks of, from where it is. Throws as `record` does. */
  async recordAndPieces(name: RecordName, body: Uint8Array, pieces: readonly Uint8Array[]): Promise<void> {
    await this.record(name, body)
    await this.put(pieces)
  }

  /** Throws what the file system throws; the caller ends with `abandon`. */
  async record(name: RecordName, body: Uint8Array): Promise<void> {
    const [header, trailer] = encodeRecord(name, body)
    await this.put([header, body, trailer])
    this.records += 1
  }

  /** END record, flush, rename, flush of the folder; with `lasting` false without the flushes. */
  async finish(lasting = true): Promise<void> {
    const count = new Uint8Array(4)
    new DataView(count.buffer).setUint32(0, this.records, true)
    await this.record('END', count)
    if (lasting) await this.file.sync()
    await this.file.close()
    await rename(this.temporary, this.target)
    if (lasting) await syncFolder(path.dirname(this.target))
  }

  /** Removes what was written; turns what was thrown into a sentence. */
  async abandon(error: unknown): Promise<SaveError> {
    await this.file.close().catch(() => {})
    await rm(this.temporary, { force: true }).catch(() => {})
    if (error instanceof Cancelled) return { kind: 'CANCELLED', message: 'The save was cancelled.' }
    return { kind: 'IO', message: `Cannot write ${this.target}: ${why(error)}.` }
  }
}

/** The system takes at most IOV_MAX (1024) pieces at once, and may move fewer bytes than it was given. The number of bytes moved. */
async function moveAll(pieces: readonly Uint8Array[], move: (some: Uint8Array[]) => Promise<number>): Promise<number> {
  const left = [...pieces].reverse()
  let total = 0
  while (left.length > 0) {
    const some = left.slice(-1024).reverse()
    let moved = await move(some)
    if (moved === 0) return total
    total += moved
    for (const piece of some) {
      if (moved < piece.length) {
        left[left.length - 1] = piece.subarray(moved)
        break
      }
      moved -= piece.length
      left.pop()
    }
  }
  return total
}

/** Thrown through a save to stop it. */
export class Cancelled extends Error {}

/** Reads the stream and hands each record to `take`, which may refuse it with a sentence. */
export async function readSaveFile(
  file: string,
  take: (record: SaveRecord) => Promise<Result<undefined, SaveError>>,
): Promise<Result<undefined, SaveError>> {
  let handle: FileHandle
  try {
    handle = await open(file, 'r')
  } catch (error) {
    return err({ kind: 'IO', message: `Cannot read ${file}: ${why(error)}.` })
  }
  const corrupt = (what: string): Result<undefined, SaveError> =>
    err({ kind: 'CORRUPT', message: `The save file ${file} is damaged: ${what}.` })
  const get = async (length: number): Promise<Uint8Array | undefined> => {
    const bytes = new Uint8Array(length)
    let done = 0
    while (done < length) {
      const { bytesRead } = await handle.read(bytes, done, length - done)
      if (bytesRead === 0) return undefined
      done += bytesRead
    }
    return bytes
  }
  const behind = async (pieces: readonly Uint8Array[]): Promise<boolean> => {
    const wanted = pieces.reduce((sum, { length }) => sum + length, 0)
    return wanted === (await moveAll(pieces, (some) => handle.readv(some).then(({ bytesRead }) => bytesRead)))
  }
  try {
    const header = await get(FILE_HEADER_SIZE)
    if (!header || SAVE_MAGIC.some((byte, i) => header[i] !== byte)) {
      return err({ kind: 'CORRUPT', message: `${file} is not a save file of Ringmaster, or its start is damaged.` })
    }
    const headerView = new DataView(header.buffer)
    if (headerView.getUint32(12, true) !== crc32(header.subarray(0, 12)))
      return corrupt('its header does not match its checksum')
    const version = headerView.getUint32(8, true)
    if (version > SAVE_VERSION) {
      return err({
        kind: 'NEWER',
        message: `The save file ${file} has format version ${version}; this program reads up to ${SAVE_VERSION}.`,
      })
    }
    for (let count = 0; ; count++) {
      const start = await get(RECORD_HEADER_SIZE)
      if (!start) return corrupt('it is cut off')
      const view = new DataView(start.buffer)
      const length = view.getBigUint64(8, true)
      if (length > BigInt(RECORD_LIMIT)) return corrupt(`record ${count} has an impossible length`)
      const body = await get(Number(length))
      const trailer = body && (await get(RECORD_TRAILER_SIZE))
      if (!body || !trailer) return corrupt('it is cut off')
      if (new DataView(trailer.buffer).getUint32(0, true) !== crc32(body, crc32(start))) {
        return corrupt(`record ${count} does not match its checksum`)
      }
      const name = recordName(view.getUint32(0, true))
      if (name === undefined) {
        if ((view.getUint32(4, true) & RECORD_OPTIONAL) !== 0) continue
        return corrupt(`record ${count} is of a type this program does not know`)
      }
      if (name === 'END') {
        const counted = body.length === 4 ? new DataView(body.buffer).getUint32(0, true) : -1
        if (counted !== count) return corrupt('records are missing')
        return (await get(1)) ? corrupt('there is more after its end') : ok(undefined)
      }
      const taken = await take({ name, body, behind })
      if (!taken.ok) return taken
    }
  } catch (error) {
    return err({ kind: 'IO', message: `Cannot read ${file}: ${why(error)}.` })
  } finally {
    await handle.close().catch(() => {})
  }
}
