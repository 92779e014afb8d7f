// Syncs shared by all who wait for one: whoever asks while a sync runs gets the next, which starts when that one is done.
// Invariant: barrier() answers only after a sync that started after it was called. A failed sync is for ever: what the host
// has thrown away then nobody knows, so every later one fails too; it is no want of room, after which all would go on.
// Runs in: the image's thread.
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File } from './file'

export class SyncGroup {
  private readonly files: readonly File[]
  private running: Promise<ImageResult<void>> | undefined
  private next: Promise<ImageResult<void>> | undefined
  private broken: ImageResult<void> | undefined
  /** Called when a sync starts; what it returns is called when that sync has succeeded. */
  private readonly hooks: (() => (() => void) | undefined)[] = []

  constructor(files: readonly File[]) {
    this.files = files
  }

  onSync(hook: () => (() => void) | undefined): void {
    this.hooks.push(hook)
  }

  barrier(): Promise<ImageResult<void>> {
    if (this.broken) return Promise.resolve(this.broken)
    if (!this.running) return this.start()
    this.next ??= this.running.then(() => {
      this.next = undefined
      return this.start()
    })
    return this.next
  }

  private start(): Promise<ImageResult<void>> {
    const run = this.run().then((done) => {
      if (this.running === run) this.running = undefined
      return done
    })
    this.running = run
    return run
  }

  private async run(): Promise<ImageResult<void>> {
    if (this.broken) return this.broken
    const after = this.hooks.map((hook) => hook())
    for (const file of this.files) {
      const done = await file.sync()
      if (!done.ok) {
        this.broken = fail('io', done.error.message)
        return this.broken
      }
    }
    for (const call of after) call?.()
    return ok(undefined)
  }
}
