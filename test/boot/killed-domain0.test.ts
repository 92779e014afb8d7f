// Domain 0 killed in awkward moments, through toolstack, driver and supervisor: a save asked for right then waits for the new one,
// a guest's transactions are done once each, a paused guest is still there. Runs in: vitest, plain Node, on the bundles in out/main.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { buildMicroKernel, cannotBuild } from '../support/micro-kernel'
import { delay, good, Supervised } from '../support/supervised'
import { count } from '../support/tier'
import { transactionSum, WorkerLines } from '../support/worker-guest'

const cannot = cannotBuild()
const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-killed0-'))
// A machine a test: a domain 0 that dies more than five times within a minute is given up.
let machine: Supervised
let machines = 0
let kernel = ''

beforeAll(() => {
  if (!cannot) kernel = buildMicroKernel('worker')
})
beforeEach(async () => {
  machine = new Supervised(path.join(folder, `machine-${machines++}`))
  if (!cannot) await machine.open()
})
afterEach(async () => {
  if (!cannot) await machine.close()
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const kill = (): void => void process.kill(machine.pids('dom0')[0] ?? -1, 'SIGKILL')

/** Reads the console although the stream ends with a domain 0. */
async function reads(uuid: string, enough: (text: string) => boolean): Promise<string> {
  for (let left = 40; ; left--) {
    try {
      return await machine.console(uuid, enough)
    } catch (thrown) {
      if (left === 0) throw thrown
      await delay(200)
    }
  }
}

describe.skipIf(cannot)('domain 0 killed', () => {
  it('just before a save does not make the save fail', async () => {
    const { domains } = machine.toolstack
    const uuid = await machine.start('saved', kernel, 'pulse=10')
    const lines = new WorkerLines()
    await machine.console(uuid, (text) => lines.check(text).last > 3)
    for (let round = 0; round < count(2, 5); round++) {
      const ends = machine.domain0Ends
      kill()
      if (round % 2 === 0) await expect.poll(() => machine.domain0Ends).toBe(ends + 1)
      const file = path.join(folder, `${round}.save`)
      await machine.save(uuid, file)
      expect(await machine.restore(file)).toBe(uuid)
      const text = await reads(uuid, (shown) => lines.check(shown).last > 6 + 3 * round)
      expect(lines.check(text)).toMatchObject({ wrong: undefined, first: 1 })
    }
    good(await domains.destroy(uuid))
  }, 120_000)

  it('just before a running machine is renamed, or since, does not lose the name', async () => {
    const { domains } = machine.toolstack
    const uuid = await machine.start('first', kernel, 'pulse=10')
    for (let round = 0; round < 4; round++) {
      const ends = machine.domain0Ends
      kill()
      // At once, and when main has noticed it.
      if (round % 2 === 1) await expect.poll(() => machine.domain0Ends).toBe(ends + 1)
      const name = `named-${round}`
      good(await domains.rename(uuid, name))
      expect(machine.info(uuid)).toMatchObject({ name, config: { name } })
      await expect.poll(() => machine.domain0Ends).toBe(ends + 1)
      await expect.poll(() => machine.domain0Runs, { timeout: 60_000 }).toBe(true)
      const store = good(await machine.driver.dumpStore())
      expect(store.split('\n').filter((line) => line.includes(`"${name}"`))).toHaveLength(2)
    }
    good(await domains.destroy(uuid))
  }, 120_000)

  it('just before it is to give a machine memory, says so in its own words', { tags: 'long', timeout: 120_000 }, async () => {
    const { domains } = machine.toolstack
    const uuid = await machine.start('memory', kernel, 'pulse=10')
    const memoryMiB = machine.info(uuid).config?.memoryMiB ?? 0
    kill()
    const asked = await machine.driver.setMemory(uuid, memoryMiB)
    expect(asked).toMatchObject({ ok: false, error: { reason: 'domain0-away' } })
    await expect.poll(async () => (await machine.driver.setMemory(uuid, memoryMiB)).ok, { timeout: 60_000 }).toBe(true)
    good(await domains.destroy(uuid))
  })

  it('in the middle of transactions leaves each done once', async () => {
    const transactions = count(60, 300)
    const uuid = await machine.start('store', kernel, `store=${transactions}`)
    for (let round = 0; round < 2; round++) {
      await reads(uuid, (text) => text.includes(`DONE ${5 + 10 * round} `))
      const ends = machine.domain0Ends
      kill()
      await expect.poll(() => machine.domain0Ends, { timeout: 60_000 }).toBeGreaterThan(ends)
      await expect.poll(() => machine.domain0Runs, { timeout: 60_000 }).toBe(true)
    }
    const text = await reads(uuid, (shown) => /FINAL \d+\n/.test(shown))
    expect(text).toContain(`FINAL ${transactionSum(transactions)}\n`)
    expect(text).not.toContain('FAILURE')
  }, 120_000)

  it('until it is given up stays away, and is there again for the same guests when the doctor starts it', async () => {
    const { toolstack } = machine
    const uuid = await machine.start('left', kernel, 'pulse=10')
    const lines = new WorkerLines()
    await machine.console(uuid, (text) => lines.check(text).last > 3)
    const isGone = () => machine.notices.some(({ error }) => error.reason === 'domain0-gone')
    for (let round = 0; round < 6; round++) {
      expect(isGone(), `after ${round}`).toBe(false)
      await expect.poll(() => machine.domain0Runs, { timeout: 60_000 }).toBe(true)
      const ends = machine.domain0Ends
      kill()
      await expect.poll(() => machine.domain0Ends, { timeout: 60_000 }).toBe(ends + 1)
    }
    expect(isGone()).toBe(true)
    expect(machine.domain0Runs).toBe(false)
    expect(await machine.driver.dumpStore()).toMatchObject({ ok: false, error: { reason: 'domain0-gone' } })

    good(await toolstack.startDomain0())
    await expect.poll(() => machine.domain0Runs, { timeout: 60_000 }).toBe(true)
    await reads(uuid, (shown) => lines.check(shown).last > 20)
    // It runs: nothing is done.
    const ends = machine.domain0Ends
    const [pid] = machine.pids('dom0')
    good(await toolstack.startDomain0())
    expect([machine.domain0Ends, machine.pids('dom0')]).toEqual([ends, [pid]])
    good(await toolstack.domains.destroy(uuid))
  }, 120_000)

  it('or standing still, a save that waits for it can be cancelled at once, and one after it works', {
    tags: 'long',
    timeout: 180_000,
  }, async () => {
    const { domains, jobs } = machine.toolstack
    const uuid = await machine.start('waits', kernel, 'pulse=10')
    const lines = new WorkerLines()
    await reads(uuid, (text) => lines.check(text).last > 3)
    const pid = machine.pids('dom0')[0] ?? -1
    process.kill(pid, 'SIGSTOP')
    const job = good(domains.save(uuid, path.join(folder, 'waits.save')))
    await delay(300)
    // Domain 0 stands still all the while, so the answer cannot have come from it.
    good(jobs.cancel(job))
    expect(await jobs.wait(job)).toMatchObject({ ok: false, error: { code: 'OPERATION_ABORTED' } })
    expect(machine.state(uuid)).toBe('running')
    process.kill(pid, 'SIGCONT')
    await machine.save(uuid, path.join(folder, 'waits.save'))
    expect(await machine.restore(path.join(folder, 'waits.save'))).toBe(uuid)
    const text = await reads(uuid, (shown) => lines.check(shown).last > 12)
    expect(lines.check(text)).toMatchObject({ wrong: undefined, first: 1 })
    // One cancelled before it begins does not begin.
    const early = good(domains.save(uuid, path.join(folder, 'early.save')))
    good(jobs.cancel(early))
    expect(await jobs.wait(early)).toMatchObject({ ok: false, error: { code: 'OPERATION_ABORTED' } })
    expect(machine.state(uuid)).toBe('running')
    good(await domains.destroy(uuid))
  })
})
