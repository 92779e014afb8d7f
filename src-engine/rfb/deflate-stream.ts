// The one zlib stream of a viewer that takes zrle: pieces go in, and come out whole up to a byte, while the next is being made.
// It works on a thread of the system's pool. Invariant: one piece at a time; the bytes given must not change meanwhile.
// Runs in: the server's process.
import { constants, createDeflate } from 'node:zlib'
import { concatBytes } from '../lib/bytes'

/** Screens are either simple, then 1 finds nearly all, or not, then more is time lost. */
const LEVEL = 1

export class DeflateStream {
  private readonly stream = createDeflate({ level: LEVEL, flush: constants.Z_SYNC_FLUSH, chunkSize: 64 * 1024 })
  private parts: Uint8Array[] = []
  private broken = false

  constructor() {
    this.stream.on('data', (part: Uint8Array) => this.parts.push(part))
    this.stream.on('error', () => {
      this.broken = true
    })
  }

  /** The compressed form, or undefined after dispose. */
  compress(bytes: Uint8Array): Promise<Uint8Array | undefined> {
    return new Promise((resolve) => {
      if (this.broken) {
        resolve(undefined)
        return
      }
      this.stream.once('close', () => resolve(undefined))
      this.stream.write(bytes, () => {
        const parts = this.parts
        this.parts = []
        this.stream.removeAllListeners('close')
        resolve(concatBytes(parts))
      })
    })
  }

  dispose(): void {
    this.broken = true
    this.stream.destroy()
  }
}
