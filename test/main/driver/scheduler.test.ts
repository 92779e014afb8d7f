// Vcpu time by weight and cap: how it is shared out, and what guests get of it over half a minute of simulated time.
// Runs in: vitest.
import { describe, expect, it } from 'vitest'
import { LOOK_MS, type Schedulable, Scheduler, SLICE_MS } from '../../../src-main/driver/embedded/scheduler'
import { type Claim, shareOut } from '../../../src-main/driver/embedded/shares'

const claim = (wanting: number, weight = 256, cap = 0): Claim => ({ weight, cap, wanting })

describe('what is shared out', () => {
  it.each<[string, Claim[], number, (number | undefined)[]]>([
    ['nobody is in anybody’s way', [claim(1), claim(1)], 2, [undefined, undefined]],
    ['by weight, when all want more', [claim(2, 512), claim(2, 256)], 2, [4 / 3, 2 / 3]],
    ['on one processor', [claim(1, 512), claim(1, 256)], 1, [2 / 3, 1 / 3]],
    ['who wants less than his part gets that, the rest is the others’', [claim(1, 512), claim(4), claim(4)], 4, [1, 1.5, 1.5]],
    ['a cap is kept with processors to spare', [claim(1, 256, 50), claim(1)], 4, [0.5, undefined]],
    ['and what it leaves is the others’', [claim(2, 256, 50), claim(2)], 2, [0.5, 1.5]],
    ['also for one alone', [claim(4, 256, 150)], 8, [1.5]],
    ['who wakes is let run until the next look', [claim(0), claim(2), claim(1)], 2, [1, 1, 1]],
    ['but not beyond its cap', [claim(0, 256, 20), claim(2), claim(1)], 2, [0.2, 1, 1]],
  ])('%s', (_what, claims, capacity, parts) => {
    const given = shareOut(claims, capacity)
    expect(given).toHaveLength(parts.length)
    for (const [i, part] of parts.entries()) {
      if (part === undefined) expect(given[i]).toBeUndefined()
      else expect(given[i]).toBeCloseTo(part, 9)
    }
  })

  it('never gives away more than there is, and leaves nothing over that somebody wants', () => {
    for (let seed = 1; seed < 500; seed++) {
      let random = seed
      const next = (below: number): number => {
        random = (Math.imul(random, 1664525) + 1013904223) >>> 0
        return Math.floor((random / 2 ** 32) * below)
      }
      const claims = Array.from({ length: 1 + next(6) }, () =>
        claim(1 + next(8), 1 + next(1000), next(3) === 0 ? 1 + next(400) : 0),
      )
      const capacity = 1 + next(8)
      const most = claims.map(({ cap, wanting }) => (cap > 0 ? Math.min(wanting, cap / 100) : wanting))
      const wanted = most.reduce((sum, part) => sum + part, 0)
      const given = shareOut(claims, capacity)
      const sum = given.reduce<number>((total, part, i) => total + Math.min(part ?? Number.POSITIVE_INFINITY, most[i] ?? 0), 0)
      expect(sum).toBeCloseTo(Math.min(wanted, capacity), 6)
    }
  })
})

/** A guest whose vcpus are busy all the time; does as hypervisor/credit.ts does. */
class BusyGuest implements Schedulable {
  used = 0
  private credit: number | undefined
  constructor(
    readonly vcpus: number,
    readonly weight = 256,
    readonly cap = 0,
  ) {}

  async schedule(grantNs: number | undefined) {
    if (grantNs === undefined) this.credit = undefined
    else this.credit = Math.min((this.credit ?? 0) + grantNs, 4 * grantNs)
    return { usedNs: this.used, wanting: this.vcpus }
  }

  /** What it would use of a moment in which it had the processors it wants. */
  wants(ns: number): number {
    const whole = this.vcpus * ns
    return this.credit === undefined ? whole : Math.max(0, Math.min(whole, this.credit))
  }

  use(ns: number): void {
    this.used += ns
    if (this.credit !== undefined) this.credit -= ns
  }
}

/** Shares of a processor that the guests have had after this many seconds; the host gives equal parts to all that want to run. */
async function shares(guests: readonly BusyGuest[], capacity: number, seconds: number, late = 0): Promise<number[]> {
  let now = 0
  const scheduler = new Scheduler({ domains: () => guests, capacity, now: () => now })
  let next = 0
  for (; now < seconds * 1000; now++) {
    if (now >= next) {
      next = now + scheduler.look() + (now % 7 === 0 ? late : 0)
      for (let i = 0; i < 4; i++) await Promise.resolve()
    }
    const wants = guests.map((guest) => guest.wants(1e6))
    const crowd = Math.max(1, wants.reduce((sum, want) => sum + want, 0) / (capacity * 1e6))
    for (const [i, guest] of guests.entries()) guest.use((wants[i] ?? 0) / crowd)
  }
  return guests.map(({ used }) => used / (seconds * 1e9))
}

describe('guests over half a minute', () => {
  const near = (got: number[], wanted: number[], within = 0.1): void => {
    for (const [i, share] of wanted.entries()) expect(Math.abs((got[i] ?? 0) / share - 1), `${got}`).toBeLessThan(within)
  }

  it('two busy vcpus each, weights 512 and 256, two processors: 2 to 1', async () => {
    near(await shares([new BusyGuest(2, 512), new BusyGuest(2, 256)], 2, 30), [4 / 3, 2 / 3])
  })
  it('the same when main is often late', async () => {
    near(await shares([new BusyGuest(2, 512), new BusyGuest(2, 256)], 2, 30, 35), [4 / 3, 2 / 3])
  })
  it('one busy vcpu each on two processors: both all they want', async () => {
    near(await shares([new BusyGuest(1, 512), new BusyGuest(1, 256)], 2, 30), [1, 1])
  })
  it('on one processor: 2 to 1 again', async () => {
    near(await shares([new BusyGuest(1, 512), new BusyGuest(1, 256)], 1, 30), [2 / 3, 1 / 3])
  })
  it('a cap of 50 is half a processor, alone and beside another', async () => {
    near(await shares([new BusyGuest(2, 256, 50)], 2, 30), [0.5])
    near(await shares([new BusyGuest(2, 256, 50), new BusyGuest(2)], 2, 30), [0.5, 1.5])
  })

  it('is quiet while nobody has to be metered, and lets go of one that is alone again', async () => {
    const calls: (number | undefined)[] = []
    const guest: Schedulable = {
      weight: 256,
      cap: 0,
      schedule: async (grant) => {
        calls.push(grant)
        return { usedNs: 0, wanting: 2 }
      },
    }
    const other = new BusyGuest(2)
    let domains: Schedulable[] = [guest]
    const scheduler = new Scheduler({ domains: () => domains, capacity: 2, now: () => 0 })
    expect(scheduler.look()).toBe(LOOK_MS)
    expect(calls).toEqual([])
    domains = [guest, other]
    scheduler.look()
    for (let i = 0; i < 4; i++) await Promise.resolve()
    expect(scheduler.look()).toBe(SLICE_MS)
    expect(calls).toEqual([undefined, 60e6])
    for (let i = 0; i < 4; i++) await Promise.resolve()
    domains = [guest]
    expect(scheduler.look()).toBe(LOOK_MS)
    expect(calls).toEqual([undefined, 60e6, undefined])
  })
})
