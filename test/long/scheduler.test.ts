// Two Debian guests with busy vcpus, and the scheduler of the app between them: weights, as many processors as vcpus and fewer, a cap.
// Their time is what their threads spent in run(), so a busy host makes all of them slower and changes no share.
// Runs in: vitest; processes of their own, on the bundles in out/main.
import { setTimeout as delay } from 'node:timers/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type Schedulable, Scheduler } from '../../src-main/driver/embedded/scheduler'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest } from '../support/debian-guest'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { LONG } from '../support/tier'

const SECONDS = 30

class Metered implements Schedulable {
  weight = 256
  cap = 0
  constructor(readonly guest: RunningGuest) {}
  async schedule(grantNs: number | undefined) {
    const answer = await this.guest.domain.call('schedule', grantNs === undefined ? {} : { grantNs })
    return answer.ok ? answer.value : undefined
  }
  async used(): Promise<number> {
    const sample = await this.guest.domain.call('sample', {})
    return sample.ok ? sample.value.cpuNs : 0
  }
}

const machine = new TestMachine()
const first = new Metered(new RunningGuest(machine))
const second = new Metered(new RunningGuest(machine))
let missing: string | undefined

beforeAll(async () => {
  if (!LONG) return
  const files = await debianGuest('cloud')
  if (!files.ok) {
    missing = files.error
    return
  }
  const { kernel, ramdisk, commandLine } = files.value
  for (const [i, { guest }] of [first, second].entries()) {
    await guest.boot({ kernel, ramdisk, commandLine: `${commandLine} quiet`, memoryMiB: 128, vcpus: 2 }, i + 1)
    await guest.expect(new RegExp(DEMO_PROMPT.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')), 200)
    await guest.run('for c in 0 1; do taskset -c $c sh -c "while :; do :; done" & done')
  }
}, 400_000)
afterAll(() => machine.dispose())

/** Processors' worth of time that each of them had. */
async function shares(domains: readonly Metered[], capacity: number): Promise<number[]> {
  const scheduler = new Scheduler({ domains: () => domains, capacity, now: () => performance.now() })
  scheduler.start()
  await delay(2000)
  const start = performance.now()
  const before = await Promise.all(domains.map((domain) => domain.used()))
  await delay(SECONDS * 1000)
  const after = await Promise.all(domains.map((domain) => domain.used()))
  const passed = (performance.now() - start) * 1e6
  scheduler.stop()
  for (const domain of domains) await domain.schedule(undefined)
  const had = after.map((ns, i) => (ns - (before[i] ?? 0)) / passed)
  process.stderr.write(`capacity ${capacity}: ${had.map((share) => share.toFixed(3)).join(' and ')}\n`)
  return had
}

describe('the scheduler over two busy guests', { tags: 'long' }, () => {
  beforeEach(({ skip }) => {
    if (missing) skip(missing)
  })

  it.each([
    ['weights 512 and 256 on two processors', 2],
    ['and on one', 1],
  ])(
    '%s: two to one',
    async (_what, capacity) => {
      first.weight = 512
      const [a = 0, b = 0] = await shares([first, second], capacity)
      expect(a / b).toBeGreaterThan(1.8)
      expect(a / b).toBeLessThan(2.2)
      expect(a + b).toBeLessThan(capacity * 1.1)
    },
    120_000,
  )

  it('a cap of 50 is half a processor', async () => {
    first.cap = 50
    const [a = 0] = await shares([first], 2)
    expect(Math.abs(a - 0.5)).toBeLessThan(0.05)
    first.cap = 0
    // The guest knows of the time in which it would have liked to run.
    const steal = Number((await first.guest.run("awk '/^cpu /{print $9}' /proc/stat")).trim().split('\n').at(-1))
    expect(steal).toBeGreaterThan(100)
  }, 120_000)

  it('one busy vcpu each on two processors: both have nearly all of one', async () => {
    first.weight = 256
    for (const { guest } of [first, second]) await guest.run('kill $!')
    for (const share of await shares([first, second], 2)) expect(share).toBeGreaterThan(0.9)
  }, 120_000)
})
