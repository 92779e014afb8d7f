// The order of requests whose ranges overlap: each waits for the earlier ones it conflicts with, others pass.
// Two readers never conflict. Invariant: an entry leaves the list by leave() alone, so waiting is first come, first served
// and no one can starve. The list is as long as there are requests in flight: tens, which a walk serves best.
// Runs in: the image's thread.

export interface Range {
  readonly start: number
  readonly end: number
  readonly exclusive: boolean
  /** Settles when the range is left; made only once somebody waits. */
  left: Promise<void> | undefined
  done: (() => void) | undefined
}

export class Ranges {
  private readonly list: Range[] = []

  get busy(): boolean {
    return this.list.length > 0
  }

  /**
   * Enters [start, end). Returns the entry and, if earlier ones conflict, what to wait for; without conflict `wait` is
   * undefined so that the usual case costs no turn of the event loop.
   */
  enter(start: number, end: number, exclusive: boolean): { range: Range; wait: Promise<unknown> | undefined } {
    let waits: Promise<void>[] | undefined
    for (const other of this.list) {
      if (other.start < end && start < other.end && (exclusive || other.exclusive)) {
        other.left ??= new Promise((resolve) => {
          other.done = resolve
        })
        waits ??= []
        waits.push(other.left)
      }
    }
    const range: Range = { start, end, exclusive, left: undefined, done: undefined }
    this.list.push(range)
    return { range, wait: waits === undefined ? undefined : waits.length === 1 ? waits[0] : Promise.all(waits) }
  }

  leave(range: Range): void {
    const at = this.list.indexOf(range)
    if (at < 0) return
    const last = this.list.pop()
    if (last !== undefined && last !== range) this.list[at] = last
    range.done?.()
  }

  /** Waits until everything that is there now has left. */
  async settle(): Promise<void> {
    const { range, wait } = this.enter(0, Number.POSITIVE_INFINITY, true)
    await wait
    this.leave(range)
  }
}
