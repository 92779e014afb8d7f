// A read-only format made of pieces of host files: what vhd and vmdk come down to. A subclass says where a range is, the rest
// of Format follows from that. Writes never come here: such images are opened for reading alone (open.ts).
// Runs in: the image's thread.
import type { ImageFormat } from '../public/protocol/device'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File } from './file'
import type { ExtentPieces, Format } from './format'
import type { Allocation, Extent } from './image'
import { cut, fillZero, lengthOf, scatter, type ViewList } from './views'

export type Piece =
  | { readonly kind: 'zero'; readonly length: number }
  | { readonly kind: 'file'; readonly length: number; readonly file: File; readonly offset: number }
  /** Bytes that had to be unpacked. */
  | { readonly kind: 'bytes'; readonly length: number; readonly bytes: Uint8Array }

export abstract class MappedFormat implements Format {
  abstract readonly name: ImageFormat
  abstract readonly size: number
  abstract readonly granularity: number

  /** The first piece at `offset`, at most `most` bytes. */
  protected abstract locate(offset: number, most: number): Promise<ImageResult<Piece>>
  abstract close(): Promise<ImageResult<void>>

  async read(offset: number, targets: ViewList): Promise<ImageResult<void>> {
    const total = lengthOf(targets)
    for (let at = 0; at < total; ) {
      const found = await this.locate(offset + at, total - at)
      if (!found.ok) return found
      const piece = found.value
      const views = cut(targets, at, piece.length)
      if (piece.kind === 'zero') fillZero(views)
      else if (piece.kind === 'bytes') scatter(piece.bytes, views)
      else {
        const read = await piece.file.read(piece.offset, views)
        if (!read.ok) return read
      }
      at += piece.length
    }
    return ok(undefined)
  }

  async extents(offset: number, length: number): Promise<ImageResult<ExtentPieces>> {
    const pieces: Extent[] = []
    for (let at = offset; at < offset + length; ) {
      const found = await this.locate(at, offset + length - at)
      if (!found.ok) return found
      pieces.push(extentOf(found.value))
      at += found.value.length
    }
    return ok({ pieces })
  }

  async allocation(offset: number, length: number): Promise<ImageResult<{ kind: Allocation; length: number }>> {
    const found = await this.locate(offset, length)
    return found.ok ? ok({ kind: found.value.kind === 'zero' ? 'zero' : 'data', length: found.value.length }) : found
  }

  async write(): Promise<ImageResult<void>> {
    return this.onlyRead()
  }

  async discard(): Promise<ImageResult<void>> {
    return this.onlyRead()
  }

  async writeZeroes(): Promise<ImageResult<void>> {
    return this.onlyRead()
  }

  async resize(): Promise<ImageResult<void>> {
    return this.onlyRead()
  }

  async flush(): Promise<ImageResult<void>> {
    return ok(undefined)
  }

  private onlyRead() {
    return fail('read-only', `Images of format ${this.name} are only read.`)
  }
}

function extentOf(piece: Piece): Extent {
  const { length } = piece
  if (piece.kind === 'zero') return { kind: 'zero', length }
  if (piece.kind === 'file' && piece.file.descriptor !== undefined && piece.offset + length <= piece.file.size) {
    return { kind: 'file', length, fileDescriptor: piece.file.descriptor, fileOffset: piece.offset }
  }
  return { kind: 'through', length }
}
