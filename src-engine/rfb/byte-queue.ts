// Bytes from a viewer, waiting until a whole message is there. Long texts that nobody wants are skipped without being held.
// Invariant: what is held is less than the longest message asked for plus one chunk. Runs in: anything.

export class ByteQueue {
  private held = new Uint8Array(0)
  private at = 0
  private skipping = 0

  get length(): number {
    return this.held.length - this.at
  }

  push(chunk: Uint8Array): void {
    const skipped = Math.min(this.skipping, chunk.length)
    this.skipping -= skipped
    if (skipped === chunk.length) return
    const rest = this.length
    const joined = new Uint8Array(rest + chunk.length - skipped)
    joined.set(this.held.subarray(this.at))
    joined.set(chunk.subarray(skipped), rest)
    this.held = joined
    this.at = 0
  }

  /** The byte at `index`, if it has come. */
  peek(index: number): number | undefined {
    return this.held[this.at + index]
  }

  /** The next `count` bytes without taking them; undefined until all have come. */
  view(count: number): DataView | undefined {
    if (this.length < count) return undefined
    return new DataView(this.held.buffer, this.held.byteOffset + this.at, count)
  }

  take(count: number): Uint8Array {
    const taken = this.held.slice(this.at, this.at + count)
    this.at += taken.length
    return taken
  }

  /** Drops the next `count` bytes, also those that have not come yet. */
  skip(count: number): void {
    const now = Math.min(count, this.length)
    this.at += now
    this.skipping += count - now
  }
}
