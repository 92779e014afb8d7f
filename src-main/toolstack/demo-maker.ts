// What the toolstack needs of whoever makes the files of a guest: the demo guest's (demo-guest.ts) and a Debian system's
// (debian-system.ts); in tests empty files.
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

export interface DebianSystem {
  readonly kernel: string
  readonly ramdisk: string
  /** A raw image of the caller's own. */
  readonly image: string
  readonly cmdline: string
  readonly memoryMiB: number
}

export interface DebianMaker {
  available(): Outcome
  /** Makes the system unless it is kept already, and a copy of its image at `image`, where nothing may be yet. */
  make(image: string, progress: DemoProgress): Outcome<DebianSystem>
}
