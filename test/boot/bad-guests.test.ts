// Guests that behave as badly as they can, beside one that works, all through toolstack, driver and supervisor: the worker's
// lines stay those of an uninterrupted run, this process has little to do with it, and the bad guest can be paused, saved, restored, killed.
// Runs in: vitest, plain Node, on the bundles in out/main.
import { rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { DomainConfig } from '../../src-main/public/types'
import { buildMicroKernel } from '../support/micro-kernel'
import { oneMachine, Sibling } from '../support/one-machine'
import { delay, good } from '../support/supervised'

const frame = oneMachine('bad-guests')
const { cannot, folder, machine, kernel: worker } = frame
const sibling = new Sibling(frame)
const endings = cannot ? '' : buildMicroKernel('endings')

/** The share of a processor this process used while `act` went on; a busy machine can only make it less. */
async function ownShare(act: () => Promise<void>): Promise<number> {
  const from = performance.now()
  const before = process.cpuUsage()
  await act()
  const { user, system } = process.cpuUsage(before)
  return (user + system) / 1000 / (performance.now() - from)
}

const within = async <T>(ms: number, what: string, act: Promise<T>): Promise<T> => {
  const late = delay(ms).then(() => Promise.reject(new Error(`${what} took more than ${ms} ms`)))
  return Promise.race([act, late])
}

const ENDLESS: [how: string, kernel: 'endings' | 'worker', shows: RegExp][] = [
  ['spin', 'endings', /ENDING spin/],
  ['flood-hypercalls', 'endings', /ENDING flood-hypercalls/],
  ['flood-bad-hypercalls', 'endings', /ENDING flood-bad-hypercalls/],
  ['flood-console', 'endings', /again and again/],
  ['flood-ports', 'endings', /\.{20}/],
  ['flood-events', 'endings', /ENDING flood-events/],
  ['break-store=1', 'worker', /BREAKING/],
  ['break-console=1', 'worker', /BREAKING/],
]

/** One that computes, one that calls, one that breaks a ring; the others are of the long tier. */
const SLICE: readonly string[] = ['spin', 'flood-events', 'break-store=1']

describe.skipIf(cannot)('a guest that', () => {
  for (const [how, kernel, shows] of ENDLESS) {
    const name = how.replace('=1', '')
    const tags = SLICE.includes(how) ? [] : ['long']
    it(`does ${name} harms only itself and can be paused, resumed, saved, restored and forced off`, {
      tags,
      timeout: 180_000,
    }, async () => {
      const { domains } = machine.toolstack
      const before = process.memoryUsage().rss
      const share = await ownShare(async () => {
        const uuid = await machine.start(name, kernel === 'worker' ? worker : endings, how)
        await machine.console(uuid, (text) => shows.test(text))
        await sibling.works()
        good(await within(20_000, 'pause', domains.suspend(uuid)))
        expect(machine.state(uuid)).toBe('paused')
        good(await within(20_000, 'resume', domains.resume(uuid)))
        const file = path.join(folder, `${name}.save`)
        await within(20_000, 'save', machine.save(uuid, file))
        expect(await within(20_000, 'restore', machine.restore(file))).toBe(uuid)
        await sibling.works()
        good(await within(20_000, 'force off', domains.destroy(uuid)))
        await expect.poll(() => machine.state(uuid)).toBe('shutoff')
        good(await domains.undefine(uuid))
        rmSync(file)
      })
      expect(share).toBeLessThan(0.6)
      expect(process.memoryUsage().rss - before).toBeLessThan(150 * 1024 * 1024)
      expect(machine.pids('domain')).toHaveLength(1)
    })
  }

  it('never answers its devices can be saved, restored, asked to go and forced off, and a disk be taken from it', async () => {
    const { domains, devices, jobs } = machine.toolstack
    const disk = path.join(folder, 'silent.raw')
    writeFileSync(disk, new Uint8Array(1024 * 1024))
    const config: DomainConfig = {
      ...{ name: 'silent', memoryMiB: 16, vcpus: 1, kernel: endings, ramdisk: null, cmdline: 'spin' },
      devices: ['xvda', 'xvdb'].map((dev, n) => ({
        ...({ kind: 'vbd', dev, format: 'raw', readonly: n > 0, removable: false } as const),
        path: disk.replace('silent', n > 0 ? 'other' : 'silent'),
      })),
    }
    writeFileSync(disk.replace('silent', 'other'), new Uint8Array(1024 * 1024))
    const uuid = good(await domains.define(config))
    good(await domains.create(uuid, false))
    await machine.console(uuid, (text) => /ENDING spin/.test(text))
    // Nobody took it up, so nobody is waited for.
    good(await within(20_000, 'detach', devices.detach(uuid, 'vbd/51712', false)))
    await sibling.works()
    good(await within(20_000, 'shutdown', domains.shutdown(uuid)))
    expect(machine.state(uuid)).toBe('shutdown')
    const file = path.join(folder, 'silent.save')
    await within(20_000, 'save', machine.save(uuid, file))
    expect(await within(20_000, 'restore', machine.restore(file))).toBe(uuid)
    await sibling.works()
    good(await within(20_000, 'force off', domains.destroy(uuid)))
    await expect.poll(() => machine.state(uuid)).toBe('shutoff')
    good(await domains.undefine(uuid))
    expect(jobs.list().filter(({ state }) => state === 'running')).toEqual([])
    expect(machine.domain0Ends).toBe(0)
  }, 120_000)

  it('faults three times over is crashed with the reason, and its sibling knows nothing of it', async () => {
    const { domains } = machine.toolstack
    for (const [how, state, detail] of [
      ['triple-fault', 'crashed', /triple fault/],
      ['crash', 'crashed', /says so itself/],
      ['poweroff', 'shutoff', /./],
      ['watchdog', 'crashed', /watchdog|asked for it/],
    ] as const) {
      const uuid = await machine.start(how, endings, how)
      await expect.poll(() => machine.state(uuid), { timeout: 60_000 }).toBe(state)
      if (state === 'crashed') expect(machine.info(uuid).detail).toMatch(detail)
      good(await domains.undefine(uuid))
    }
    await sibling.works()
    expect(machine.domain0Ends).toBe(0)
  }, 180_000)
})
