// Watches a guest's console for what is expected of it, in order. A match ends where the next search begins.
// Invariant: only the last KEPT characters after the last match are searched, so a flood costs no memory.
// Runs in: the runner's process (pure).
import type { Expectation } from './guest-options'

const KEPT = 1024 * 1024

export class ConsoleWatch {
  private text = ''
  private next = 0
  /** Text to type on the screen for expectations that were met; the runner takes it out. */
  readonly keys: string[] = []
  private readonly decoder = new TextDecoder('latin1')

  constructor(private readonly expectations: readonly Expectation[]) {}

  /** All were met (true also when there are none). */
  get met(): boolean {
    return this.next >= this.expectations.length
  }

  /** New output. Returns what to type for each expectation it has met, undefined where there is nothing to type. */
  add(bytes: Uint8Array): (string | undefined)[] {
    this.text = (this.text + this.decoder.decode(bytes)).slice(-KEPT)
    const typed: (string | undefined)[] = []
    for (let expected = this.expectations[this.next]; expected; expected = this.expectations[this.next]) {
      const match = expected.pattern.exec(this.text)
      if (!match) break
      this.text = this.text.slice(match.index + match[0].length)
      this.next += 1
      typed.push(expected.send)
      if (expected.keys !== undefined) this.keys.push(expected.keys)
      // What is typed now is answered later: do not let the next expectation match on output that was there before.
      if (expected.send !== undefined || expected.keys !== undefined) break
    }
    return typed
  }
}
