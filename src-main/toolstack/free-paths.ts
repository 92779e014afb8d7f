// Paths for new images in the app's folder. Invariant: what one piece of work was offered nobody else is until it has ended, also while
// the file is not there yet, as a copy gets its name when it is whole. Runs in: main, plain Node.
import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { fileStem } from '../../src-engine/public/name'
import type { WrittenFormat } from '../public/device'

export type ProposePath = (name: string, format: WrittenFormat, taken: readonly string[]) => Promise<string>

export class FreePaths {
  private readonly folder: string
  private readonly held = new Set<string>()

  constructor(folder: string) {
    this.folder = folder
  }

  /** One that is not there, is not held and not in `taken`. */
  propose(name: string, format: WrittenFormat, taken: readonly string[]): Promise<string> {
    return this.first(name, format, (path) => this.isFree(path, taken))
  }

  /** The work holds each path that it is proposed. */
  async holding<T>(work: (propose: ProposePath) => Promise<T>): Promise<T> {
    const own: string[] = []
    const propose: ProposePath = (name, format, taken) =>
      this.first(name, format, (path) => {
        if (!this.isFree(path, taken)) return false
        this.held.add(path)
        own.push(path)
        return true
      })
    try {
      return await work(propose)
    } finally {
      for (const path of own) this.held.delete(path)
    }
  }

  private isFree(path: string, taken: readonly string[]): boolean {
    return !taken.includes(path) && !this.held.has(path)
  }

  /** guest-1.qcow2, guest-1-2.qcow2, …: the first that is not there and that `take` takes, which is asked last. */
  private async first(name: string, format: WrittenFormat, take: (path: string) => boolean): Promise<string> {
    const base = fileStem(name.trim(), '-') || 'disk'
    for (let number = 1; ; number++) {
      const path = join(this.folder, `${base}${number === 1 ? '' : `-${number}`}.${format}`)
      const there = await stat(path).catch(() => null)
      if (there === null && take(path)) return path
    }
  }
}
