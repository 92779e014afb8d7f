// Raw: byte n of the disk is byte n of the file; iso files are opened as this too. Sparse: discarded and zeroed ranges of
// a megabyte and more become holes where the host can, smaller ones are written as zeroes or, when discarded, left.
// Invariant: the file's length is the disk's, so no operation but resize() shortens it. Runs in: the image's thread.
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File } from './file'
import type { ExtentPieces, Format } from './format'
import type { Allocated } from './image'
import { SECTOR } from './ordered-image'
import { PUNCH_LEAST } from './punch'
import { SyncGroup } from './sync-group'
import { type ViewList, zeroViews } from './views'

/** What one write of zeroes takes. */
const ZERO_CHUNK = 4 * 1024 * 1024
const PAGE = 4096

export class RawFormat implements Format {
  readonly name = 'raw'
  readonly granularity = PAGE
  size: number
  private readonly file: File
  private readonly sync: SyncGroup

  constructor(file: File) {
    this.file = file
    this.sync = new SyncGroup([file])
    // A file that ends within a sector: the rest of it reads as zeroes.
    this.size = Math.ceil(file.size / SECTOR) * SECTOR
  }

  read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    return this.file.read(offset, targets)
  }

  write(offset: number, sources: ViewList): Promise<ImageResult<void>> {
    return this.file.write(offset, sources)
  }

  async discard(offset: number, length: number): Promise<ImageResult<void>> {
    const start = Math.ceil(offset / PAGE) * PAGE
    const end = Math.floor((offset + length) / PAGE) * PAGE
    if (end - start < PUNCH_LEAST) return ok(undefined)
    const punched = await this.file.punch(start, end - start)
    return punched.ok ? ok(undefined) : punched
  }

  async writeZeroes(offset: number, length: number, unmap: boolean): Promise<ImageResult<void>> {
    const start = Math.ceil(offset / PAGE) * PAGE
    const end = Math.floor((offset + length) / PAGE) * PAGE
    if (unmap && end - start >= PUNCH_LEAST) {
      const punched = await this.file.punch(start, end - start)
      if (!punched.ok) return punched
      if (punched.value) {
        const head = await this.zero(offset, start)
        return head.ok ? this.zero(end, offset + length) : head
      }
    }
    return this.zero(offset, offset + length)
  }

  flush(): Promise<ImageResult<void>> {
    return this.sync.barrier()
  }

  async extents(offset: number, length: number, purpose: 'read' | 'write'): Promise<ImageResult<ExtentPieces>> {
    const { descriptor } = this.file
    // Beyond the end of a file that ends within a sector the host reads nothing, so our own read must fill up.
    const inside = purpose === 'write' || offset + length <= this.file.size
    if (descriptor === undefined || !inside) return ok({ pieces: [{ kind: 'through', length }] })
    return ok({ pieces: [{ kind: 'file', length, fileDescriptor: descriptor, fileOffset: offset }] })
  }

  async allocation(_offset: number, length: number): Promise<ImageResult<Allocated>> {
    return ok({ kind: 'data', length, source: this.file.path })
  }

  async resize(size: number): Promise<ImageResult<void>> {
    const done = await this.file.truncate(size)
    if (!done.ok) return done
    this.size = size
    return this.sync.barrier()
  }

  close(): Promise<ImageResult<void>> {
    return this.file.close()
  }

  private async zero(from: number, to: number): Promise<ImageResult<void>> {
    for (let at = from; at < to; at += ZERO_CHUNK) {
      const done = await this.file.write(at, zeroViews(Math.min(ZERO_CHUNK, to - at)))
      if (!done.ok) return done
    }
    return ok(undefined)
  }
}

/** A raw file of no whole sector is still a disk when it is empty; larger than 2^53 it cannot be. */
export function openRaw(file: File): ImageResult<RawFormat> {
  return Number.isSafeInteger(file.size) ? ok(new RawFormat(file)) : fail('unsupported', `${file.path} is too large.`)
}
