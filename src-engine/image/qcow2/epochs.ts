// Who still reads by a mapping that has been replaced meanwhile. A host cluster that lost its last reference may be used
// again only when all reads that were in flight then are over. Invariant: enter() and leave() come in pairs.
// Runs in: the image's thread.

export class Epochs {
  private current = 0
  /** Requests in flight by the epoch they started in; keys ascend. */
  private readonly counts = new Map<number, number>()
  private waiting: { readonly epoch: number; readonly resolve: () => void }[] = []

  enter(): number {
    this.counts.set(this.current, (this.counts.get(this.current) ?? 0) + 1)
    return this.current
  }

  leave(epoch: number): void {
    const left = (this.counts.get(epoch) ?? 0) - 1
    if (left > 0) {
      this.counts.set(epoch, left)
      return
    }
    this.counts.delete(epoch)
    if (this.waiting.length === 0) return
    const oldest = this.oldest()
    const ready = this.waiting.filter((one) => one.epoch < oldest)
    this.waiting = this.waiting.filter((one) => one.epoch >= oldest)
    for (const one of ready) one.resolve()
  }

  /** Settles when everything that has entered so far has left. */
  drained(): Promise<void> {
    const epoch = this.current++
    if (this.oldest() > epoch) return Promise.resolve()
    return new Promise((resolve) => this.waiting.push({ epoch, resolve }))
  }

  private oldest(): number {
    for (const epoch of this.counts.keys()) return epoch
    return Number.POSITIVE_INFINITY
  }
}
