// What the toolstack needs of whoever makes the demo guest's files (demo-guest.ts; in tests a file of zeroes).
// Runs in: main, plain Node.
import type { Outcome } from '../driver/driver'
import type { JobStep } from '../public/types'

/** How a maker tells what it does and hears that it should stop. */
export interface DemoProgress {
  step(step: JobStep): void
  /** 0 to 1 within the present step. */
  report(fraction: number): void
  readonly signal: AbortSignal
}

export interface DemoFiles {
  /** Proposed name of the domain, such as "Debian demo". */
  readonly name: string
  readonly kernel: string
  readonly ramdisk: string
  readonly cmdline: string
  readonly memoryMiB: number
}

export interface DemoMaker {
  /** Whether it can be made on this machine; the error says what is missing and what to provide instead. */
  available(): Outcome
  /** Fetches and builds into its folder; again at once when it is there already and current. */
  make(progress: DemoProgress): Outcome<DemoFiles>
}
