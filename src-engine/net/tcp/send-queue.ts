// Bytes that were given to a connection and not yet acknowledged, as the pieces they came in: nothing is copied until it
// goes into a frame. Runs in: domain 0.

export class SendQueue {
  length = 0
  private pieces: Uint8Array[] = []
  /** Pieces before it are done with; they are cut off now and then. */
  private head = 0
  /** Bytes of the first piece that are done with. */
  private skip = 0

  push(bytes: Uint8Array): void {
    if (bytes.length === 0) return
    this.pieces.push(bytes)
    this.length += bytes.length
  }

  /** Copies `length` bytes from `offset` on to `target` at `at`. */
  copy(offset: number, length: number, target: Uint8Array, at: number): void {
    let from = offset + this.skip
    let left = length
    let to = at
    for (let i = this.head; left > 0; i++) {
      const piece = this.pieces[i]
      if (!piece) throw new Error('beyond the end of the queue')
      if (from < piece.length) {
        const count = Math.min(left, piece.length - from)
        target.set(count === piece.length ? piece : piece.subarray(from, from + count), to)
        to += count
        left -= count
        from = 0
      } else from -= piece.length
    }
  }

  /** Forgets the first bytes. */
  discard(count: number): void {
    this.length -= count
    let left = count + this.skip
    for (let piece = this.pieces[this.head]; piece && left >= piece.length; piece = this.pieces[this.head]) {
      left -= piece.length
      this.head++
    }
    this.skip = left
    if (this.head >= 64 || this.head === this.pieces.length) {
      this.pieces = this.pieces.slice(this.head)
      this.head = 0
    }
  }

  clear(): void {
    this.pieces = []
    this.head = 0
    this.skip = 0
    this.length = 0
  }
}
