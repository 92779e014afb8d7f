// What translating may cost. Samples are paid for before anything is translated, and yet a guest can run a loop until it is hot, behind it
// as many long blocks as a region has, and change the code as soon as that is translated: ten times the interpreter's time. So the
// translator spends what it has earned: translated instructions save time, stays cost some of it, and a small share of what the
// interpreter takes may be lost. A guest that starts has earned nothing yet, so there is credit; and not more is kept than programs
// need when they run first, or a guest that has run well for an hour might then be slow for seconds.
// By counts and not by a clock, so that a guest is translated the same way each time and on each machine. The figures are the README's.
// Runs in: the vcpu's worker thread.

/** What has run translated since the vcpu began. */
export interface Translated {
  instructions(): number
  stays(): number
}

/** Nanoseconds, all of them: interpreted instead of translated; from one region to another; interpreted at all. */
const SAVED_INSTRUCTION = 2.5
const LOST_STAY = 10
const INTERPRETED_INSTRUCTION = 4
/** Share of the interpreter's time that may be lost. */
const LOST_SHARE = 0.025
/** Choosing, writing and V8's quick code of a module's byte; what each module costs beside that. */
const BYTE = 100
const MODULE = 200_000

/** What a translator may spend before it has earned anything: a boot is never short of 2,000,000, programs of x87 of 6,000,000. */
export const CREDIT = 30_000_000
/** What it keeps of all that it earns: a program's first run is 80,000,000. */
const KEPT = 250_000_000

export class Account {
  private balance: number
  private readonly most: number
  private instructions: number
  private stays: number

  constructor(
    private readonly ran: Translated,
    credit: number,
  ) {
    this.balance = credit
    this.most = Math.max(credit, KEPT)
    this.instructions = ran.instructions()
    this.stays = ran.stays()
  }

  /** So many instructions have been interpreted. */
  interpreted(instructions: number): void {
    this.earn(instructions * INTERPRETED_INSTRUCTION * LOST_SHARE)
  }

  /** May something be translated? */
  affords(): boolean {
    const instructions = this.ran.instructions()
    const stays = this.ran.stays()
    // code whose stays are too short has earned nothing, but costs the translator no more than that
    this.earn(Math.max(0, (instructions - this.instructions) * SAVED_INSTRUCTION - (stays - this.stays) * LOST_STAY))
    this.instructions = instructions
    this.stays = stays
    return this.balance >= 0
  }

  /** Modules of so many bytes have been made. */
  spend(bytes: number, modules: number): void {
    this.balance -= bytes * BYTE + modules * MODULE
  }

  private earn(nanoseconds: number): void {
    this.balance = Math.min(this.most, this.balance + nanoseconds)
  }
}
