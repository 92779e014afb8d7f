// Quitting with guests that run: asks once, then saves, shuts down or forces off, then lets the app go.
//   idle → asking → working → done      cancel and a failed save lead back to idle; the end of the session goes to working
// Invariant: the app ends only when no guest runs, or the user said force off, or the session ends and all was tried.
// Runs in: main, plain Node.
import type { ErrorReport } from '../public/error-code'
import type { QuitChoice } from '../public/types'
import { type EndableGuests, endGuests } from '../toolstack/end-guests'

export interface Guests extends EndableGuests {
  activeNames(): string[]
}

export interface QuitParts {
  readonly guests: Guests
  ask(names: readonly string[]): void
  waitingFor(names: readonly string[]): void
  failed(errors: readonly ErrorReport[]): void
  /** Ends the app now. */
  leave(): void
}

export class Quit {
  private readonly parts: QuitParts
  private phase: 'idle' | 'asking' | 'working' | 'done' = 'idle'

  constructor(parts: QuitParts) {
    this.parts = parts
  }

  get leaving(): boolean {
    return this.phase === 'done'
  }

  /** The user wants to quit. True when the app may end at once. */
  request(): boolean {
    if (this.phase === 'done') return true
    if (this.phase === 'working') return false
    const names = this.parts.guests.activeNames()
    if (names.length === 0) {
      this.phase = 'done'
      return true
    }
    this.phase = 'asking'
    this.parts.ask(names)
    return false
  }

  async choose(choice: QuitChoice): Promise<void> {
    if (this.phase !== 'asking') return
    if (choice === 'cancel') {
      this.phase = 'idle'
      return
    }
    this.phase = 'working'
    this.parts.waitingFor(this.parts.guests.activeNames())
    const failures = await endGuests(this.parts.guests, choice)
    if (failures.length > 0 || this.parts.guests.activeNames().length > 0) {
      this.phase = 'idle'
      this.parts.waitingFor([])
      if (failures.length > 0) this.parts.failed(failures)
      return
    }
    this.finish()
  }

  /** The desktop session ends: nobody is asked, what can be saved is saved. */
  async sessionEnds(): Promise<void> {
    if (this.phase === 'done' || this.phase === 'working') return
    this.phase = 'working'
    await this.parts.guests.saveAll()
    this.finish()
  }

  private finish(): void {
    this.phase = 'done'
    this.parts.leave()
  }
}
