// The scheduler over all running domains: looks at who wants vcpu time, and while they want more than there is (or one has a cap) grants it
// in slices over the control ports. A domain alone and without a cap is never asked.
// Invariant: what is granted follows the time that has really passed, so a late look costs nobody his part; a domain is metered only
// while there is a reason, and a domain that does not answer is left out until it does.
// Runs in: main. A time slice is between Xen's 10 and 30 ms.
import { type Claim, shareOut } from './shares'

/** Between two grants. */
export const SLICE_MS = 20
/** Between two looks while nobody has to be metered. */
export const LOOK_MS = 250
/** What passed while main was held up is not granted as a whole. */
const LONGEST_MS = 100
const AHEAD_MS = 60

export interface Schedulable {
  /** As set for the domain; weight 256 and cap 0 are Xen's defaults. */
  readonly weight: number
  readonly cap: number
  /** Undefined: no answer. */
  schedule(grantNs: number | undefined): Promise<{ readonly usedNs: number; readonly wanting: number } | undefined>
}

export interface SchedulerSurroundings {
  domains(): readonly Schedulable[]
  /** Processors of the host that guests may use. */
  readonly capacity: number
  /** Monotonic ms. */
  now(): number
}

interface Known {
  wanting: number
  metered: boolean
  asking: boolean
  /** When it was last granted time. */
  granted: number
}

export class Scheduler {
  private readonly known = new WeakMap<Schedulable, Known>()
  private timer: NodeJS.Timeout | undefined

  constructor(private readonly surroundings: SchedulerSurroundings) {}

  start(): void {
    this.timer ??= setTimeout(() => this.tick(), LOOK_MS)
    this.timer.unref()
  }
  stop(): void {
    clearTimeout(this.timer)
    this.timer = undefined
  }

  private tick(): void {
    const wait = this.look()
    if (this.timer === undefined) return
    this.timer = setTimeout(() => this.tick(), wait)
    this.timer.unref()
  }

  /** One look, and grants for the time since the last; returns ms until the next. */
  look(): number {
    const { surroundings } = this
    const now = surroundings.now()
    const domains = surroundings.domains()
    const concerned = domains.length > 1 || domains.some(({ cap }) => cap > 0)
    const parts = concerned
      ? shareOut(
          domains.map((domain) => this.claim(domain)),
          surroundings.capacity,
        )
      : []
    let metering = false
    for (const [i, domain] of domains.entries()) {
      const known = this.of(domain)
      const part = parts[i]
      if (part !== undefined) metering = true
      // Alone it is asked only to be let go.
      if (known.asking || (!concerned && !known.metered)) continue
      // The first grant is for what comes, and lasts while a look is late: those who get by with their part keep that much in hand.
      const passed = known.metered ? Math.min(now - known.granted, LONGEST_MS) : AHEAD_MS
      known.metered = part !== undefined
      known.granted = now
      this.ask(domain, known, part === undefined ? undefined : Math.max(1, Math.round(part * passed * 1e6)))
    }
    return metering ? SLICE_MS : LOOK_MS
  }

  private of(domain: Schedulable): Known {
    const known = this.known.get(domain) ?? { wanting: 0, metered: false, asking: false, granted: 0 }
    this.known.set(domain, known)
    return known
  }

  private claim(domain: Schedulable): Claim {
    return { weight: domain.weight, cap: domain.cap, wanting: this.of(domain).wanting }
  }

  private ask(domain: Schedulable, known: Known, grantNs: number | undefined): void {
    known.asking = true
    domain.schedule(grantNs).then((answer) => {
      known.asking = false
      known.wanting = answer?.wanting ?? 0
    })
  }
}
