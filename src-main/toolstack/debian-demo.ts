// The demo guest as the toolstack asks for it: demo-guest.ts does the work, its steps get the names windows know.
// Runs in: main, plain Node.
import { ok } from '../../src-engine/public/result'
import type { Outcome } from '../driver/driver'
import type { JobStep } from '../public/types'
import { type DemoStep, demoGuestAvailable, makeDemoGuest } from './demo-guest'
import type { DemoFiles, DemoMaker, DemoProgress } from './demo-maker'

const STEPS: Readonly<Record<DemoStep, JobStep>> = {
  'package lists': 'finding-packages',
  kernel: 'downloading',
  BusyBox: 'downloading',
  ramdisk: 'building-ramdisk',
}

export class DebianDemoMaker implements DemoMaker {
  private readonly folder: string

  constructor(folder: string) {
    this.folder = folder
  }

  available(): Outcome {
    return demoGuestAvailable()
  }

  async make(progress: DemoProgress): Outcome<DemoFiles> {
    let shown: JobStep | undefined
    const made = await makeDemoGuest(this.folder, {
      signal: progress.signal,
      report: (fraction, step) => {
        const name = STEPS[step]
        if (name !== shown) progress.step(name)
        shown = name
        progress.report(fraction)
      },
    })
    if (!made.ok) return made
    const { kernel, ramdisk, commandLine, memoryMiB } = made.value
    return ok({ name: 'Debian demo', kernel, ramdisk, cmdline: commandLine, memoryMiB })
  }
}
