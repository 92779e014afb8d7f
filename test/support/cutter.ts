// Ends the app, as by SIGKILL, at one of the steps that steps.ts makes of its calls. Runs in: vitest, plain Node.
import type { StepListener } from './steps'

/** Lets this many steps happen; the next one never does, and nothing after it. */
export class Cutter implements StepListener {
  steps = 0
  cut: Promise<void>
  private told: () => void = () => {}

  constructor(private readonly at: number) {
    this.cut = new Promise((resolve) => {
      this.told = resolve
    })
  }

  async step(): Promise<void> {
    if (this.steps++ < this.at) return
    this.told()
    await new Promise(() => {})
  }
}
