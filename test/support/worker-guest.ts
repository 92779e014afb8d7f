// The lines of test/guest/kernel/worker.c, computed here: what the guest prints must be these, whatever was done to it.
// Runs in: tests.

const CELLS = 4096
const STEPS = 20_000

/** Lines of the guest so far; more are computed as they are asked for. */
export class WorkerLines {
  private readonly cell = new Uint32Array(CELLS)
  private hash = 1
  private sum = 0
  private readonly lines: string[] = []

  /** The line of this number, from 1. */
  line(number: number): string {
    while (this.lines.length < number) this.block()
    return this.lines[number - 1] ?? ''
  }

  /** Why this console text is not a piece of an uninterrupted run; undefined when it is. `last`: number of its last line. */
  check(text: string): { readonly wrong: string | undefined; readonly first: number; readonly last: number } {
    let first = 0
    let last = 0
    for (const line of text.split(/\r?\n/).slice(0, -1)) {
      const number = Number(/^LINE (\d+) /.exec(line)?.[1] ?? 0)
      if (number === 0) continue
      if (first === 0) first = number
      const wrong = (last !== 0 && number !== last + 1) || line !== this.line(number)
      if (wrong) return { wrong: `after line ${last}: ${line}, expected ${this.line(last + 1)}`, first, last }
      last = number
    }
    return { wrong: undefined, first, last }
  }

  private block(): void {
    let { hash } = this
    const { cell } = this
    for (let i = 0; i < STEPS; i++) {
      hash = (Math.imul(hash, 1664525) + 1013904223) >>> 0
      const at = hash >>> 20
      cell[at] = (cell[at] ?? 0) ^ hash
      hash = (hash + (cell[(hash >>> 8) & (CELLS - 1)] ?? 0)) >>> 0
    }
    this.hash = hash
    this.sum = (this.sum + hash) >>> 0
    const number = this.lines.length + 1
    this.lines.push(`LINE ${number} ${hash} ${this.sum} ${number}`)
  }
}

/** What the key holds after this many transactions of the guest. */
export function transactionSum(count: number): number {
  let value = 0
  for (let done = 1; done <= count; done++) value = (Math.imul(value, 31) + done) >>> 0
  return value
}
