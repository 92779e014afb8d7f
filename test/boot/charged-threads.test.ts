// What a domain's process computes beside its vcpus, as V8's compilers do, is the domain's time while it is metered: a domain that is
// granted less than that gets nothing for its vcpus. By processor time and counts, not by the clock. Linux, where threads can be told apart.
// Runs in: vitest; processes of their own, on the bundles in out/main.
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { buildMicroKernel, cannotBuild } from '../support/micro-kernel'
import { RunningGuest, TestMachine } from '../support/running-guest'

const MS = 1e6
const GRANT = 20 * MS
const BUSY = 60 * MS
const ROUNDS = 20

let machine: TestMachine
beforeEach(() => {
  machine = new TestMachine()
})
afterEach(() => machine.dispose())

/** A guest in whose process a thread can be made busy. */
function guestWithThread(): RunningGuest {
  const before = process.env['NODE_OPTIONS']
  process.env['NODE_OPTIONS'] =
    `${before ?? ''} --require ${JSON.stringify(path.resolve(__dirname, '../support/busy-thread.cjs'))}`
  const guest = new RunningGuest(machine)
  if (before === undefined) delete process.env['NODE_OPTIONS']
  else process.env['NODE_OPTIONS'] = before
  return guest
}

const threadsOf = (pid: number) => readdirSync(`/proc/${pid}/task`)

/** Nanoseconds of a processor that these threads have had. */
function processorNs(pid: number, threads: readonly string[]): number {
  return threads.reduce((sum, thread) => {
    return sum + Number.parseInt(readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'latin1'), 10)
  }, 0)
}

it.skipIf(cannotBuild() !== undefined || process.platform !== 'linux')(
  "other threads' work is taken off what a metered domain may use",
  async () => {
    const guest = guestWithThread()
    const { pid } = guest
    await guest.boot({ kernel: buildMicroKernel('worker'), commandLine: 'sum=1000000000', memoryMiB: 16 }, 1)
    await guest.expect(/LINE/)
    const grant = async (): Promise<number> => {
      const answer = await guest.domain.call('schedule', { grantNs: GRANT })
      if (!answer.ok) throw new Error(answer.error.message)
      return answer.value.usedNs
    }
    // Alone it gets what it is granted.
    const start = await grant()
    await expect.poll(grant, { timeout: 60_000 }).toBeGreaterThan(start + 5 * GRANT)

    const others = new Set(threadsOf(pid))
    process.kill(pid, 'SIGUSR2')
    const busy = () => threadsOf(pid).filter((thread) => !others.has(thread))
    let had = 0
    let used: number | undefined
    for (let round = -4; round < ROUNDS; round++) {
      await expect.poll(() => processorNs(pid, busy()) - had, { timeout: 60_000 }).toBeGreaterThan(BUSY)
      had = processorNs(pid, busy())
      const now = await grant()
      // The first take what was still granted.
      if (round === -1) used = now
    }
    const more = (await grant()) - (used ?? 0)
    expect(more / MS).toBeLessThan(GRANT / MS)
  },
)
