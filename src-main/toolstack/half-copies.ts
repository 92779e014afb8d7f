// Copies of disks and saves of memory that an app that was killed left half written. Invariant: only files with the name of an unfinished
// copy go, and none whose writer is still there: a process can outlive its app by a moment, and is waited for. Runs in: main, plain Node.
import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { writerOf } from '../../src-engine/public/unfinished-copy'
import { isAlive } from '../lib/is-alive'

const AGAIN_MS = 1000
/** A writer that stays longer is no process of an app that was killed, but another with its number. */
const TRIES = 60

export class HalfCopies {
  private readonly againMs: number
  private closed = false

  constructor(againMs = AGAIN_MS) {
    this.againMs = againMs
  }

  /** Whether none is left. If one is, it is looked for again, and `gone` is called when there is none any more. */
  async remove(folder: string, gone: () => Promise<unknown> = async () => undefined): Promise<boolean> {
    const none = await removeFrom(folder)
    if (!none) this.later(folder, gone, TRIES)
    return none
  }

  close(): void {
    this.closed = true
  }

  private later(folder: string, gone: () => Promise<unknown>, tries: number): void {
    const look = async (): Promise<void> => {
      if (this.closed) return
      if (await removeFrom(folder)) await gone()
      else if (tries > 1) this.later(folder, gone, tries - 1)
    }
    // What cannot be read or removed any more is left to the next start.
    setTimeout(() => void look().catch(() => undefined), this.againMs).unref()
  }
}

async function removeFrom(folder: string): Promise<boolean> {
  let none = true
  for (const name of await readdir(folder)) {
    const writer = writerOf(name)
    if (writer === undefined) continue
    if (isAlive(writer)) none = false
    // One that cannot go keeps no other.
    else await rm(join(folder, name), { force: true }).catch(() => (none = false))
  }
  return none
}
