// What is being done just now, as a number, so that leaving can wait for it and need not guess how long it takes.
// Invariant: `ended` is told once whenever the last of it has ended, in a turn of its own: what it brought about has been told by then.
// Runs in: main, plain Node.

export class UnderWay {
  private readonly ended: () => void
  private count = 0

  constructor(ended: () => void) {
    this.ended = ended
  }

  get any(): boolean {
    return this.count > 0
  }

  /** Something begins; the function it gives is called when that has ended. */
  begin(): () => void {
    this.count++
    let open = true
    return () => {
      if (!open) return
      open = false
      this.count--
      if (this.count === 0) setImmediate(this.ended)
    }
  }

  async during<T>(work: () => Promise<T> | T): Promise<T> {
    const end = this.begin()
    try {
      return await work()
    } finally {
      end()
    }
  }
}
