// Watches of domain 0's own code (backends), on the connection that domain 0 has to its store.
// A change may come in the middle of a guest's request, so what it leads to is done when that request is finished: in a microtask,
// once for all firings of one watch. Nothing of this is journalled; a new domain 0 watches anew and looks at the store as it is.
// Invariant: `call` is not called any more after the watch was ended. Runs in: domain 0.
import type { XenStored } from './xenstored'

export class OwnWatches {
  private readonly xenstored: XenStored
  private readonly calls = new Map<string, () => void>()
  private readonly fired = new Set<string>()
  private next = 1

  constructor(xenstored: XenStored) {
    this.xenstored = xenstored
    xenstored.store.dom0.onEvent = ({ token }) => this.fire(token)
  }

  /** Calls after each change at or below `path`. The returned function ends the watch. */
  watch(path: string, call: () => void): () => void {
    const { store } = this.xenstored
    const token = String(this.next++)
    store.watch(store.dom0, path, token)
    this.calls.set(token, call)
    return () => {
      store.unwatch(store.dom0, path, token)
      this.calls.delete(token)
    }
  }

  private fire(token: string): void {
    if (this.fired.size === 0) queueMicrotask(() => this.tell())
    this.fired.add(token)
  }

  private tell(): void {
    const fired = [...this.fired]
    this.fired.clear()
    for (const token of fired) this.calls.get(token)?.()
  }
}
