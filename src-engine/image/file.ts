// A host file as the formats use it. Everything they read and write goes through here, so that tests can put a recording
// file beneath them and replay what a crash could have left (test/support/recording-file.ts).
// Invariant: writes may reach the disk in any order, or not at all, until a sync() that started after they were answered
// has been answered. Runs in: the image's thread.
import type { ImageResult } from './error'
import type { ViewList } from './views'

export interface File {
  readonly path: string
  /** For handing out by Image.extents(); undefined where there is none to hand out. */
  readonly descriptor: number | undefined
  /** Kept up to date by the calls below: an image has one writer. */
  readonly size: number
  /** Bytes beyond the end of the file read as zeroes. */
  read(offset: number, targets: ViewList): Promise<ImageResult<void>>
  write(offset: number, sources: ViewList): Promise<ImageResult<void>>
  truncate(size: number): Promise<ImageResult<void>>
  /** Gives the room of a range back, which then reads as zeroes. False: not possible here, nothing was changed. */
  punch(offset: number, length: number): Promise<ImageResult<boolean>>
  sync(): Promise<ImageResult<void>>
  close(): Promise<ImageResult<void>>
}

export type FileMode = 'read' | 'write' | 'create'
export type OpenFile = (path: string, mode: FileMode) => Promise<ImageResult<File>>
