// What viewers type and point at, on its way to the guest: an ordered queue in front of the ring, which may be full or not there at
// all. (An InputSink of rfb/.) Motion that nobody has seen yet is joined; keys never are. When a guest takes nothing the queue is
// given up, and what it believes to be held is released before anything else: nothing sticks.
// Invariant: `believed` is what the guest has been told is down, by the ring. Runs in: main thread of the domain's process.

export type InputEvent =
  | { readonly kind: 'key'; readonly code: number; readonly pressed: boolean }
  | { readonly kind: 'pointer'; readonly x: number; readonly y: number; readonly wheel: number }

/** The ring as the queue sees it: false when it is full. */
export interface InputRing {
  put(event: InputEvent): boolean
  /** After the last `put` of a turn. */
  flush(): void
}

const LIMIT = 1024

export class GuestInput {
  private ring: InputRing | undefined
  private queue: InputEvent[] = []
  private believed = new Set<number>()

  get connected(): boolean {
    return this.ring !== undefined
  }

  /** A frontend is there. `believed`: keys it takes for held, after a restore; no viewer holds them any more. */
  open(ring: InputRing, believed: readonly number[]): void {
    this.ring = ring
    this.queue = []
    this.believed = new Set(believed)
    this.releaseAll()
    this.drain()
  }

  shut(ring: InputRing): void {
    if (this.ring !== ring) return
    this.ring = undefined
    this.queue = []
    this.believed.clear()
  }

  key(code: number, pressed: boolean): void {
    this.push({ kind: 'key', code, pressed })
  }

  pointer(x: number, y: number, wheel: number): void {
    const last = this.queue.at(-1)
    if (last?.kind === 'pointer' && wheel === 0 && last.wheel === 0) this.queue.pop()
    this.push({ kind: 'pointer', x, y, wheel })
  }

  /** The guest has taken events. */
  drain(): void {
    const { ring } = this
    if (!ring) return
    let put = 0
    for (const event of this.queue) {
      if (!ring.put(event)) break
      put++
      if (event.kind !== 'key') continue
      if (event.pressed) this.believed.add(event.code)
      else this.believed.delete(event.code)
    }
    if (put === 0) return
    this.queue.splice(0, put)
    ring.flush()
  }

  /** Keys the guest believes to be held: saved with the domain. */
  get held(): number[] {
    return [...this.believed]
  }

  private push(event: InputEvent): void {
    if (!this.ring) return
    if (this.queue.length >= LIMIT) {
      this.queue = []
      this.releaseAll()
    }
    this.queue.push(event)
    this.drain()
  }

  private releaseAll(): void {
    for (const code of this.believed) this.queue.push({ kind: 'key', code, pressed: false })
  }
}
