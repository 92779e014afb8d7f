// Gets modules freed that nothing refers to any more, a few at a time. V8 frees them at the end of a major collection, or at the next
// collection of any kind: all that have died since the last one, on the vcpu's thread, which stands still for 25 µs for each. By itself
// it collects once in a thousand modules. It can be asked without standing still for marking, as `gc()` would: a buffer from outside its
// heap that is larger than what it lets come between two collections makes it begin one, which goes on beside the vcpu.
// Runs in: the vcpu's worker thread.

/** Modules between two collections. */
export const MODULES_A_COLLECTION = 48
/** V8 lets 64 MiB come. Nobody writes to the buffer, so it takes addresses and no memory. */
const BUFFER_BYTES = 72 << 20

export class DeadModules {
  private made = 0
  private buffer: ArrayBuffer | undefined

  /** One more module has been made. About as many die: those of single regions soon, as they are gathered, the others for want of room. */
  oneMore(): void {
    if (this.buffer) this.buffer = undefined
    this.made++
  }

  /** Is it time for a collection? */
  isDue(): boolean {
    return this.made >= MODULES_A_COLLECTION
  }

  /** Asks for a collection. Not right before another module: V8 marks for some milliseconds when one is made meanwhile. */
  collect(): void {
    this.made = 0
    try {
      this.buffer = new ArrayBuffer(BUFFER_BYTES)
    } catch (error) {
      // The host has no addresses to spare. V8 has collected everything before it says so.
      if (!(error instanceof RangeError)) throw error
    }
  }
}
