// Byte rings shared with a guest: the XenStore ring's and the console ring's two directions.
// Both indexes run freely as u32 and are masked on use. `take` and `put` are the only ones that move them, and hold
// the barriers: Atomics loads and stores are sequentially consistent, so data is read after the producer's index that
// announced it, and the consumer's index is moved after the data was read (the other way round for the producer).
// The page is hostile: an index is read once per decision, and a distance beyond the size is BROKEN.
// Runs in: main thread of the domain's process (hot: no allocation, no exceptions).

export const BROKEN = -1

export interface ByteRingPlace {
  /** Memory the page is in, and the page's first byte. */
  readonly memory: SharedArrayBuffer | ArrayBuffer
  readonly page: number
  /** Offsets in the page, and the size (a power of two). */
  readonly data: number
  readonly size: number
  readonly consumer: number
  readonly producer: number
}

export class ByteRing {
  private readonly bytes: Uint8Array
  private readonly words: Int32Array
  private readonly data: number
  private readonly size: number
  private readonly consumer: number
  private readonly producer: number

  constructor(place: ByteRingPlace) {
    this.bytes = new Uint8Array(place.memory)
    this.words = new Int32Array(place.memory)
    this.data = place.page + place.data
    this.size = place.size
    this.consumer = (place.page + place.consumer) >>> 2
    this.producer = (place.page + place.producer) >>> 2
  }

  /** How many bytes wait for their consumer, or BROKEN. */
  waiting(): number {
    const waiting = (Atomics.load(this.words, this.producer) - Atomics.load(this.words, this.consumer)) >>> 0
    return waiting > this.size ? BROKEN : waiting
  }

  /** Moves up to `limit` waiting bytes into `into` at `at`, as their consumer. Returns how many, or BROKEN. */
  take(into: Uint8Array, at: number, limit: number): number {
    const producer = Atomics.load(this.words, this.producer)
    const consumer = Atomics.load(this.words, this.consumer)
    const waiting = (producer - consumer) >>> 0
    if (waiting > this.size) return BROKEN
    const n = Math.min(waiting, limit, into.length - at)
    for (let i = 0; i < n; i++) into[at + i] = this.bytes[this.data + ((consumer + i) & (this.size - 1))] ?? 0
    // Orders the reads above before the space is given back.
    if (n > 0) Atomics.store(this.words, this.consumer, (consumer + n) | 0)
    return n
  }

  /** Puts bytes of `from` (from `at`) into the free space, as their producer. Returns how many fitted, or BROKEN. */
  put(from: Uint8Array, at: number): number {
    const consumer = Atomics.load(this.words, this.consumer)
    const producer = Atomics.load(this.words, this.producer)
    const waiting = (producer - consumer) >>> 0
    if (waiting > this.size) return BROKEN
    const n = Math.min(this.size - waiting, from.length - at)
    for (let i = 0; i < n; i++) this.bytes[this.data + ((producer + i) & (this.size - 1))] = from[at + i] ?? 0
    // Orders the writes above before they are announced.
    if (n > 0) Atomics.store(this.words, this.producer, (producer + n) | 0)
    return n
  }
}
