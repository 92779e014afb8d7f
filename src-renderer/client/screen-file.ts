// The file through which long pieces of a screen's stream come. A page in its sandbox can open no file of the computer, and memory is
// not shared between processes; but it may make files in its own storage (the origin private file system), and a worker reads one by
// the system's own call. Ours has a mark in it, by which main finds it for the guest's process (src-main/lib/page-file.ts).
// Invariant: the arrays pieces are read into go round: to the worker, back with a piece, and on with the next one once it was used.
// Runs in: domain window.

import { SCREEN_PLACE_BYTES } from '../../src-main/public/stream'

/** To the worker: make the file, or read a piece of it, into `into` when that is as long. */
export type ToScreenFile =
  | { readonly mark: string }
  | { readonly at: number; readonly length: number; readonly into: ArrayBuffer | undefined }
/** From it: the file is made or cannot be, or a piece. In the order of what it was asked. */
export type FromScreenFile = { readonly made: boolean } | { readonly piece: ArrayBuffer }

/** A piece that waits: what to do with its bytes. */
type Taker = (bytes: Uint8Array) => void

export class ScreenFile {
  private readonly takers: Taker[] = []
  private handed: ArrayBufferLike | undefined
  private spare: ArrayBuffer | undefined

  private constructor(
    private readonly worker: Worker,
    /** All that stands in it at first. */
    readonly mark: string,
  ) {
    worker.onmessage = ({ data }: MessageEvent<FromScreenFile>) => {
      if ('made' in data) return
      this.handed = data.piece
      this.takers.shift()?.(new Uint8Array(data.piece))
    }
  }

  /** null where the page cannot have one: the stream does without. */
  static make(): Promise<ScreenFile | null> {
    return new Promise((resolve) => {
      const worker = new Worker(new URL('./screen-file-worker.ts', import.meta.url), { type: 'module' })
      const mark = crypto.randomUUID()
      const none = () => {
        worker.terminate()
        resolve(null)
      }
      worker.onerror = none
      worker.onmessage = ({ data }: MessageEvent<FromScreenFile>) => {
        if ('made' in data && data.made) resolve(new ScreenFile(worker, mark))
        else none()
      }
      worker.postMessage({ mark } satisfies ToScreenFile)
    })
  }

  /** Reads what lies at the beginning of a place; `take` is called once, unless it is closed before. */
  read(place: number, length: number, take: Taker): void {
    const into = this.spare?.byteLength === length ? this.spare : undefined
    this.spare = undefined
    this.takers.push(take)
    const asked: ToScreenFile = { at: place * SCREEN_PLACE_BYTES, length, into }
    this.worker.postMessage(asked, into === undefined ? [] : [into])
  }

  /** A piece was used; false when the array is none of a piece. */
  takeBack(buffer: ArrayBufferLike): boolean {
    if (buffer !== this.handed || !(buffer instanceof ArrayBuffer)) return false
    this.handed = undefined
    this.spare = buffer
    return true
  }

  close(): void {
    this.worker.terminate()
  }
}
