// The last part of an endless sequence of console bytes, addressed by their offset from the beginning.
// Two of these exist per domain: the pump's (the truth, saved with the domain) and domain 0's (what windows read).
// Invariant: bytes start..end-1 are held, end - start <= SCROLLBACK_LIMIT. Grows with what it holds, so quiet guests cost
// little. Runs in: main thread of a domain's process, domain 0.

export const SCROLLBACK_LIMIT = 1024 * 1024
const SMALLEST = 16 * 1024

export class Scrollback {
  private ring = new Uint8Array(0)
  private first = 0
  private next = 0

  get start(): number {
    return this.first
  }

  get end(): number {
    return this.next
  }

  append(bytes: Uint8Array): void {
    const kept = bytes.length > SCROLLBACK_LIMIT ? bytes.subarray(bytes.length - SCROLLBACK_LIMIT) : bytes
    if (kept.length < bytes.length) this.jump(this.next + bytes.length - kept.length)
    this.grow(Math.min(SCROLLBACK_LIMIT, this.next - this.first + kept.length))
    const size = this.ring.length
    if (size === 0) return
    const at = this.next % size
    const head = Math.min(kept.length, size - at)
    this.ring.set(kept.subarray(0, head), at)
    this.ring.set(kept.subarray(head), 0)
    this.next += kept.length
    this.first = Math.max(this.first, this.next - size)
  }

  /** Bytes up to `offset` are lost: what follows starts there. */
  jump(offset: number): void {
    this.first = offset
    this.next = offset
  }

  /** A copy of at most `limit` bytes from `offset`, which must be within start..end. */
  slice(offset: number, limit: number): Uint8Array {
    const from = Math.max(offset, this.first)
    const n = Math.max(0, Math.min(limit, this.next - from))
    const out = new Uint8Array(n)
    const size = this.ring.length
    if (n === 0) return out
    const at = from % size
    const head = Math.min(n, size - at)
    out.set(this.ring.subarray(at, at + head))
    out.set(this.ring.subarray(0, n - head), head)
    return out
  }

  /** Sizes are powers of two times SMALLEST; offsets map to places modulo the size, so growing moves the bytes. */
  private grow(needed: number): void {
    if (needed <= this.ring.length) return
    let size = Math.max(SMALLEST, this.ring.length)
    while (size < needed) size *= 2
    const held = this.slice(this.first, this.next - this.first)
    this.ring = new Uint8Array(size)
    const at = this.first % size
    const head = Math.min(held.length, size - at)
    this.ring.set(held.subarray(0, head), at)
    this.ring.set(held.subarray(head), 0)
  }
}
