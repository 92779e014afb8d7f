// What a format implements beneath OrderedImage: requests that are already checked, ordered against overlapping ones, and
// not empty. Runs in: the image's thread.
import type { ImageFormat } from '../public/protocol/device'
import type { ImageResult } from './error'
import type { Allocated, Extent } from './image'
import type { ViewList } from './views'

export interface Format {
  readonly name: ImageFormat
  readonly size: number
  readonly granularity: number
  read(offset: number, targets: ViewList): Promise<ImageResult<void>>
  write(offset: number, sources: ViewList): Promise<ImageResult<void>>
  discard(offset: number, length: number): Promise<ImageResult<void>>
  writeZeroes(offset: number, length: number, unmap: boolean): Promise<ImageResult<void>>
  flush(): Promise<ImageResult<void>>
  /** Pieces for Extents, and what to call when they are given back. */
  extents(offset: number, length: number, purpose: 'read' | 'write'): Promise<ImageResult<ExtentPieces>>
  allocation(offset: number, length: number): Promise<ImageResult<Allocated>>
  resize(size: number): Promise<ImageResult<void>>
  close(): Promise<ImageResult<void>>
}

export interface ExtentPieces {
  readonly pieces: readonly Extent[]
  readonly release?: () => void
}
