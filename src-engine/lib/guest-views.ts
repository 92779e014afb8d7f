// Views of guest memory for a transfer: ranges that follow each other are one view, as each view costs the system call, and the way to
// it, more than the copy of its page. Pages of one request are often neighbours: a guest's allocator gives them out in rows.
// Runs in: main thread of the domain's process.

export class GuestViews {
  private readonly views: Uint8Array[] = []
  private start = 0
  private stop = 0

  /** `bytes`: the memory that ranges are of. */
  constructor(private readonly bytes: Uint8Array) {}

  /** The next range, which is not empty. */
  add(from: number, to: number): void {
    if (from !== this.stop) {
      this.close()
      this.start = from
    }
    this.stop = to
  }

  /** The next bytes are somewhere else. */
  other(view: Uint8Array): void {
    this.close()
    this.views.push(view)
  }

  /** All of them; then it is of no more use. */
  end(): readonly Uint8Array[] {
    this.close()
    return this.views
  }

  private close(): void {
    if (this.stop > this.start) this.views.push(this.bytes.subarray(this.start, this.stop))
    this.start = 0
    this.stop = 0
  }
}
