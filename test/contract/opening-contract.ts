// What every hypervisor driver must do alike about being opened and closed: an opening that is called off, samples as often as was
// said, and domains that it brings along. Each test has a driver of its own. Runs in: vitest, plain Node.
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { checkConfig } from '../../src-main/config/domain-check'
import type { DriverEvent, DriverSample, HypervisorDriver } from '../../src-main/driver/driver'
import { everyTick } from '../../src-main/lib/ticks'
import { DOMAIN0_UUID, type DomainConfig, SAMPLE_INTERVAL_MS, uuidShape } from '../../src-main/public/types'

export interface OpeningOptions {
  config(): DomainConfig
  /** One that brings domains along, where it can. */
  makeWithResidents?(folder: string): HypervisorDriver
  /** One that takes longer to open than anybody waits, where it can. */
  makeSlow?(folder: string): HypervisorDriver
  /** Processes it has started and that are still there. */
  processes?(): readonly number[]
  readonly timeout: number
}

const NEVER_MS = 3_600_000
const done = { ok: true, value: null }

/** This many ticks of the clock that samples are taken by. */
function ticks(count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count
    const end = everyTick(SAMPLE_INTERVAL_MS, () => {
      if (--left > 0) return
      end()
      resolve()
    })
    // The timer keeps no process alive, and a test is to wait for it.
    const alive = setInterval(() => left <= 0 && clearInterval(alive), 50)
  })
}

export function openingContract(name: string, make: (folder: string) => HypervisorDriver, options: OpeningOptions): void {
  const { timeout } = options
  describe(`the ${name} driver, opened and closed`, { timeout }, () => {
    const ended: (() => Promise<void>)[] = []
    afterEach(async () => {
      for (const end of ended.splice(0).reverse()) await end()
    })
    const folder = (): string => {
      const path = mkdtempSync(join(tmpdir(), 'ringmaster-opening-'))
      ended.push(async () => rmSync(path, { recursive: true, force: true }))
      return path
    }
    /** With what it tells. */
    const made = (maker = make) => {
      const driver = maker(folder())
      ended.push(() => driver.close())
      const events: DriverEvent[] = []
      const rounds = () => events.flatMap((event) => (event.kind === 'samples' ? [event.samples] : []))
      return { driver, events, rounds, open: () => driver.open((event) => events.push(event)) }
    }

    it('answers an opening that is called off, at whatever moment, and leaves nothing running', async () => {
      const gone = async () => {
        if (options.processes) await expect.poll(options.processes, { timeout: 20_000 }).toEqual([])
      }
      for (const turns of [0, 1, 5, 50]) {
        const { driver, events, open } = made()
        const opening = open()
        for (let turn = 0; turn < turns; turn++) await new Promise((resolve) => setImmediate(resolve))
        await driver.close()
        const opened = await opening
        if (!opened.ok) expect(opened.error.reason).toBe('cancelled')
        const told = events.length
        await gone()
        expect(events.slice(told)).toEqual([])
      }
      const { driver, events, open } = made(options.makeSlow)
      const opening = open()
      await driver.close()
      const opened = await opening
      if (options.makeSlow) expect(opened).toMatchObject({ ok: false, error: { reason: 'cancelled' } })
      await gone()
      await ticks(2)
      expect(events.filter(({ kind }) => kind === 'samples')).toEqual([])
    })

    it('tells samples as often as was said, before it was opened or later, of each domain that runs', async () => {
      const { driver, rounds, open } = made()
      driver.sampleEvery(NEVER_MS)
      expect(await open()).toEqual(done)
      const uuid = randomUUID()
      expect((await driver.create(uuid, options.config(), true)).ok).toBe(true)
      await ticks(3)
      expect(rounds()).toEqual([])

      driver.sampleEvery(100)
      await expect.poll(() => rounds().length, { timeout }).toBeGreaterThan(5)
      for (const samples of rounds()) {
        const guests = samples.filter((sample) => sample.uuid !== DOMAIN0_UUID)
        expect(guests.map((sample) => sample.uuid)).toEqual([uuid])
        expect(guests.flatMap(problemsOf)).toEqual([])
      }

      driver.sampleEvery(NEVER_MS)
      // One may be under way.
      await ticks(1)
      const so = rounds().length
      await ticks(3)
      expect(rounds()).toHaveLength(so)
      driver.sampleEvery(SAMPLE_INTERVAL_MS)
      await expect.poll(() => rounds().length, { timeout }).toBeGreaterThan(so + 1)
      expect(await driver.destroy(uuid)).toEqual(done)
      const gone = () =>
        rounds()
          .at(-1)
          ?.every((sample) => sample.uuid !== uuid)
      await expect.poll(gone, { timeout }).toBe(true)
      await driver.close()
      await ticks(1)
      const last = rounds().length
      await ticks(2)
      expect(rounds()).toHaveLength(last)
    })

    it('brings along only domains that could be defined, and those that it says run do so from its opening on', async () => {
      const { driver, events, open } = made(options.makeWithResidents)
      const residents = driver.residents ?? []
      expect(residents.length > 0).toBe(options.makeWithResidents !== undefined)
      for (const key of ['uuid', 'name'] as const) {
        const all = residents.map(({ uuid, config }) => (key === 'uuid' ? uuid : config.name))
        expect(new Set(all).size).toBe(residents.length)
      }
      for (const { uuid, config, domid, startedAt } of residents) {
        expect(uuidShape.is(uuid) && uuid !== DOMAIN0_UUID).toBe(true)
        expect(checkConfig(config, driver.limits)).toMatchObject({ ok: true })
        expect(domid === null).toBe(startedAt === null)
      }
      const domids = residents.flatMap(({ domid }) => (domid === null ? [] : [domid]))
      expect(new Set(domids).size).toBe(domids.length)
      expect(domids.every((domid) => domid > 0)).toBe(true)

      expect(await open()).toEqual(done)
      const stopped = (uuid: string) =>
        events.flatMap((event) => (event.kind === 'stopped' && event.uuid === uuid ? [event.how] : []))
      for (const { uuid, config, domid } of residents) {
        if (domid === null) {
          expect(await driver.suspend(uuid)).toMatchObject({ ok: false, error: { code: 'NO_DOMAIN' } })
          expect((await driver.create(uuid, config)).ok).toBe(true)
        }
        expect(await driver.suspend(uuid)).toEqual(done)
        expect(await driver.resume(uuid)).toEqual(done)
        expect(await driver.destroy(uuid)).toEqual(done)
        expect(stopped(uuid)).toEqual(['destroyed'])
        expect(await driver.destroy(uuid)).toMatchObject({ ok: false, error: { code: 'NO_DOMAIN' } })
      }
    })
  })
}

/** What a sample says that cannot be. */
function problemsOf({ cpu, vcpus, memoryKiB, devices }: DriverSample): string[] {
  return [
    ...(cpu >= 0 && Number.isFinite(cpu) ? [] : [`cpu ${cpu}`]),
    ...(vcpus ?? []).flatMap((each) => (each >= 0 && Number.isFinite(each) ? [] : [`vcpu ${each}`])),
    ...(memoryKiB > 0 ? [] : [`memory ${memoryKiB}`]),
    ...(new Set(devices.map(({ key }) => key)).size === devices.length ? [] : ['a device twice']),
  ]
}
