// Processes that hang without dying, through toolstack, driver and supervisor: a domain 0 is replaced under its guests, a guest's
// process is ended and its guest shown as crashed; a stopped process is left alone. The engine's bundles are wrapped so that a
// signal makes them compute or wait without end. Runs in: vitest, plain Node, on the bundles in out/main.
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { Watchdog } from '../../src-main/supervisor/watchdog'
import { oneMachine } from '../support/one-machine'
import { delay, good } from '../support/supervised'
import { WorkerLines } from '../support/worker-guest'

/** Bundles of processes that hang at a signal. */
function hanging(folder: string): string {
  const bundleFolder = path.join(folder, 'bundles')
  mkdirSync(bundleFolder)
  for (const bundle of ['dom0.cjs', 'domain.cjs']) {
    const real = path.resolve(__dirname, '../../out/main', bundle)
    const hang = [
      `process.on('SIGUSR2', () => { for (;;); })`,
      `process.on('SIGWINCH', () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) })`,
    ]
    writeFileSync(path.join(bundleFolder, bundle), `${hang.join('\n')}\nrequire(${JSON.stringify(real)})\n`)
  }
  return bundleFolder
}

const { cannot, machine, kernel } = oneMachine(
  'hung',
  process.platform === 'linux' ? undefined : 'only Linux tells what a process does',
  (folder) => ({ bundleFolder: hanging(folder), watchdog: new Watchdog({ limitMs: 1000, everyMs: 100 }) }),
)

const dom0 = (): number => machine.pids('dom0')[0] ?? -1

describe.skipIf(cannot)('a process that hangs', () => {
  it.each([
    ['computes', 'SIGUSR2'],
    ['waits', 'SIGWINCH'],
  ] as const)(
    'and %s without end is replaced if it is domain 0, and its guests go on',
    async (_how, signal) => {
      const lines = new WorkerLines()
      const uuid = await machine.start(`under ${signal}`, kernel, 'pulse=10')
      await machine.console(uuid, (text) => lines.check(text).last > 3)
      const ends = machine.domain0Ends
      process.kill(dom0(), signal)
      await expect.poll(() => machine.domain0Ends, { timeout: 90_000 }).toBe(ends + 1)
      expect(machine.log.join('\n')).toMatch(/did not answer for \d seconds/)
      await expect.poll(() => machine.domain0Runs, { timeout: 60_000 }).toBe(true)
      const text = await machine.console(uuid, (shown) => lines.check(shown).last > 20)
      expect(lines.check(text)).toMatchObject({ wrong: undefined, first: 1 })
      good(await machine.toolstack.domains.destroy(uuid))
    },
    180_000,
  )

  it.each([
    ['computes', 'SIGUSR2'],
    ['waits', 'SIGWINCH'],
  ] as const)(
    'and %s without end is a crash of the guest whose process it is, with the reason',
    async (_how, signal) => {
      const [hung, other] = [
        await machine.start(`hung ${signal}`, kernel, 'pulse=10'),
        await machine.start(`other ${signal}`, kernel, 'pulse=10'),
      ]
      const lines = new WorkerLines()
      await machine.console(hung, (text) => lines.check(text).last > 3)
      process.kill(machine.pidOf(hung) ?? -1, signal)
      await expect.poll(() => machine.state(hung), { timeout: 90_000 }).toBe('crashed')
      expect(machine.info(hung).detail).toMatch(/^The process of the machine did not answer for \d seconds and was ended\.$/)
      expect(machine.state(other)).toBe('running')
      good(await machine.toolstack.domains.destroy(other))
    },
    180_000,
  )

  it('does not keep other guests from a new domain 0', { tags: 'long', timeout: 180_000 }, async () => {
    const stopped = await machine.start('stopped', kernel, 'pulse=10')
    const other = await machine.start('not stopped', kernel, 'pulse=10')
    const lines = new WorkerLines()
    await machine.console(stopped, (text) => lines.check(text).last > 3)
    const pid = machine.pidOf(stopped) ?? -1
    process.kill(pid, 'SIGSTOP')
    const ends = machine.domain0Ends
    process.kill(dom0(), 'SIGKILL')
    await expect.poll(() => machine.domain0Ends).toBe(ends + 1)
    await expect.poll(() => machine.domain0Runs, { timeout: 60_000 }).toBe(true)
    await machine.console(other, (text) => lines.check(text).last > 20)
    process.kill(pid, 'SIGCONT')
    const text = await machine.console(stopped, (shown) => lines.check(shown).last > 20)
    expect(lines.check(text)).toMatchObject({ wrong: undefined, first: 1 })
    for (const uuid of [stopped, other]) good(await machine.toolstack.domains.destroy(uuid))
  })

  it('is not one that was stopped: domain 0 and guest go on where they were', { tags: 'long', timeout: 180_000 }, async () => {
    const lines = new WorkerLines()
    const uuid = await machine.start('held', kernel, 'pulse=10')
    await machine.console(uuid, (text) => lines.check(text).last > 3)
    const pids = [dom0(), machine.pidOf(uuid) ?? -1]
    for (const pid of pids) process.kill(pid, 'SIGSTOP')
    await delay(3000)
    for (const pid of pids) process.kill(pid, 'SIGCONT')
    const text = await machine.console(uuid, (shown) => lines.check(shown).last > 20)
    expect(lines.check(text)).toMatchObject({ wrong: undefined, first: 1 })
    expect([dom0(), machine.pidOf(uuid)]).toEqual(pids)
    good(await machine.toolstack.domains.destroy(uuid))
  })
})
