// Makes the calls of an object steps that a test hears of: before each, after each, and half-way where a call tells its progress.
// Runs in: vitest, plain Node.

export interface StepListener {
  /** Before and after each call, which waits for it. */
  step(): void | Promise<void>
  /** A call that tells its progress has done half of its work. */
  half?(): void
}

interface Told {
  report(fraction: number): void
  readonly signal: AbortSignal
}

function isTold(value: unknown): value is Told {
  return (
    typeof value === 'object' && value !== null && 'report' in value && typeof value.report === 'function' && 'signal' in value
  )
}

/** From now on each call of these is two steps, or three. */
export function listenToSteps<T extends object>(target: T, names: readonly (keyof T & string)[], listener: StepListener): void {
  for (const name of names) {
    const real: unknown = target[name]
    if (typeof real !== 'function') throw new Error(`no function ${name}`)
    const stepping = async (...args: unknown[]): Promise<unknown> => {
      await listener.step()
      const done: unknown = await real.apply(
        target,
        args.map((arg) => (isTold(arg) ? heard(arg, listener) : arg)),
      )
      await listener.step()
      return done
    }
    Object.defineProperty(target, name, { value: stepping, configurable: true })
  }
}

function heard(progress: Told, listener: StepListener): Told {
  let halfTold = false
  const report = (fraction: number): void => {
    progress.report(fraction)
    if (fraction < 0.5 || halfTold) return
    halfTold = true
    listener.half?.()
  }
  // What else a job's control has stays as it is.
  return Object.assign(Object.create(progress), { report })
}
