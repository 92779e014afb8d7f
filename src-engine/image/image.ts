// An opened disk image, whatever its format: what block backends and the operations in this folder work with.
// Requests may overlap in time. Two whose ranges overlap take effect in the order they were made when one of them changes
// anything; all others run side by side, and a read of mapped clusters waits for nobody.
// A write that was answered is in the host's page cache, so it outlives our process; after flush() has answered, all that
// was answered before is on the disk. See README.md for the order of writes that makes it so.
// Invariant: buffers belong to the image until the request is answered. They may be views of a SharedArrayBuffer.
// Runs in: any thread that may do file I/O; each image belongs to one thread.
import type { ImageFormat } from '../public/protocol/device'
import type { ImageResult } from './error'

/** One buffer, or several that follow each other (a vectored request). */
export type Views = Uint8Array | readonly Uint8Array[]

/** A piece of the range asked for; the pieces of one answer follow each other and cover it. */
export type Extent =
  /** The bytes lie in a host file as they are. Whoever uses the descriptor must not close it. */
  | { readonly kind: 'file'; readonly length: number; readonly fileDescriptor: number; readonly fileOffset: number }
  /** Reads as zeroes. Never in an answer for writing. */
  | { readonly kind: 'zero'; readonly length: number }
  /** Go through read() or write(): compressed, to be allocated, or a short backing file's end. */
  | { readonly kind: 'through'; readonly length: number }

/** Holds the range like a request in flight: overlapping ones wait until release(), so hold it briefly. */
export interface Extents {
  readonly pieces: readonly Extent[]
  release(): void
}

/** What an image has in a range: for copying, charts and "how much of it is used". */
export type Allocation = 'data' | 'zero'

export interface Allocated {
  readonly kind: Allocation
  readonly length: number
  /** Of data, where it is known: the file whose image has it at the same offset of its disk, this one or one below. */
  readonly source?: string
}

export interface Image {
  readonly format: ImageFormat
  readonly path: string
  readonly readonly: boolean
  /** Size of the disk in bytes; changed by resize() only. */
  readonly size: number
  /** Offsets and lengths of all requests are multiples of this: 512, a sector. */
  readonly alignment: number
  /** Requests of this size and alignment are cheapest: the cluster. */
  readonly granularity: number

  read(offset: number, targets: Views): Promise<ImageResult<void>>
  write(offset: number, sources: Views): Promise<ImageResult<void>>
  /** The guest needs the contents no more: afterwards they read as before or as zeroes. */
  discard(offset: number, length: number): Promise<ImageResult<void>>
  /** Afterwards the range reads as zeroes; `unmap` gives its room back where possible. */
  writeZeroes(offset: number, length: number, unmap?: boolean): Promise<ImageResult<void>>
  flush(): Promise<ImageResult<void>>

  /**
   * Where the bytes lie, for reading or writing past us: one way to serve pages without a copy. With 'write' only pieces that
   * may be written in place are of kind 'file', and what is written there counts as answered from release() on.
   */
  extents(offset: number, length: number, purpose: 'read' | 'write'): Promise<ImageResult<Extents>>
  /** The kind of contents at `offset` and for how many bytes it goes on, at most `length`. Zeroes may be called data. */
  allocation(offset: number, length: number): Promise<ImageResult<Allocated>>

  /** Makes the disk longer (new bytes read as zeroes) or, when `shrink` says that loss is meant, shorter. */
  resize(size: number, shrink?: boolean): Promise<ImageResult<void>>
  /** Waits for the requests in flight, flushes and closes; later requests fail with `closed`. May be called twice. */
  close(): Promise<ImageResult<void>>
}

/** How openImage (open.ts) opens an image. */
export interface OpenOptions {
  /** The format is told, never guessed: a guest could write a header into its raw disk. */
  readonly format: ImageFormat
  readonly readonly: boolean
  /** Files outside the image's folder that it may refer to: backing files, extents of a vmdk; and data files, where they are written. */
  readonly allowed?: readonly string[]
  /** Judges what it refers to as if it were opened to be written, which it will be. */
  readonly judgeAsWritten?: boolean
  /** Format of a backing file whose overlay does not tell it; without it such an overlay is refused. */
  readonly backingFormat?: ImageFormat
  /** The file right below is opened for writing too: see merging-image.ts. */
  readonly writableBacking?: true
}
