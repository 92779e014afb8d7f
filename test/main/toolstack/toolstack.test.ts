// The toolstack on the test driver: operations in their states, jobs, saves, crashes, a cut-off app. Runs in: vitest, plain Node.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ok } from '../../../src-engine/public/result'
import { errorReport, explainError } from '../../../src-main/public/error-code'
import type { EventPayload } from '../../../src-main/public/events'
import type { DomainConfig } from '../../../src-main/public/types'
import { makeToolstack, testCaller } from '../../support/toolstack'

describe('defining a domain', () => {
  it.each([
    [{ name: ' ' }, 'INVALID_ARG', 'A virtual machine needs a name.'],
    [{ name: '../../etc' }, 'INVALID_ARG', 'The name “../../etc” holds a slash, which separates folders.'],
    [{ vcpus: 9 }, 'CONFIG_UNSUPPORTED', '9 virtual CPUs were asked for; this hypervisor gives a machine up to 8.'],
    [{ vcpus: 0 }, 'INVALID_ARG', 'A virtual machine needs at least one virtual CPU.'],
    [{ memoryMiB: 0 }, 'CONFIG_UNSUPPORTED', '0 MiB of memory is too little; the least is 16 MiB.'],
    [
      { memoryMiB: 4096 },
      'CONFIG_UNSUPPORTED',
      '4096 MiB of memory is too much: a guest and the state of its engine share 4 GiB, which leaves 4000 MiB.',
    ],
  ])('refuses %o with %s in one sentence', async (part, code, cause) => {
    const { toolstack, config, close } = await makeToolstack()
    const defined = await toolstack.domains.define({ ...config('A'), ...part })
    expect(defined).toMatchObject({ ok: false, error: { code } })
    if (!defined.ok) expect(explainError(defined.error).cause).toBe(cause)
    await close()
  })

  it('refuses a name that another domain has', async () => {
    const { toolstack, config, close } = await makeToolstack()
    await toolstack.domains.define(config('A'))
    expect(await toolstack.domains.define(config('A'))).toMatchObject({ ok: false, error: { code: 'DOM_EXIST' } })
    await close()
  })

  it('lasts', async () => {
    const first = await makeToolstack()
    await first.toolstack.domains.define(first.config('A'))
    await first.close(true)
    const second = await makeToolstack({ folder: first.folder })
    expect(second.toolstack.domains.list()).toMatchObject([
      { name: 'A', state: 'shutoff', operations: expect.arrayContaining(['create']) },
    ])
    await second.close()
  })
})

describe('running a domain', () => {
  it('goes through starting, running, paused, running, shutdown, shutoff', async () => {
    const { toolstack, states, started, close } = await makeToolstack()
    const uuid = await started('A')
    await toolstack.domains.suspend(uuid)
    await toolstack.domains.resume(uuid)
    await toolstack.domains.shutdown(uuid)
    await expect.poll(() => states.at(-1)).toBe('A shutoff')
    const seen = states.filter((state, index) => state !== states[index - 1])
    expect(seen.slice(0, 5)).toEqual(['A shutoff', 'A starting', 'A running', 'A paused', 'A running'])
    await close()
  })

  it('refuses what its state does not allow', async () => {
    const { toolstack, started, close } = await makeToolstack()
    const uuid = await started('A')
    expect(await toolstack.domains.create(uuid, false)).toMatchObject({ ok: false, error: { code: 'OPERATION_INVALID' } })
    expect(await toolstack.domains.undefine(uuid)).toMatchObject({ ok: false, error: { code: 'OPERATION_INVALID' } })
    expect(await toolstack.domains.resume(uuid)).toMatchObject({ ok: false, error: { code: 'OPERATION_INVALID' } })
    await close()
  })

  it('has nothing to do where one that is off is to be forced off, and does not start it at a reset', async () => {
    const { toolstack, config, started, state, close } = await makeToolstack()
    const defined = await toolstack.domains.define(config('A'))
    const off = defined.ok ? defined.value : ''
    expect(await toolstack.domains.destroy(off)).toEqual({ ok: true, value: null })
    expect(await toolstack.domains.reset(off)).toMatchObject({ ok: false, error: { reason: 'wrong-state' } })
    expect(state(off)).toBe('shutoff')
    // Twice at once, as from two windows.
    const on = await started('B')
    const both = await Promise.all([toolstack.domains.destroy(on), toolstack.domains.destroy(on)])
    expect(both).toEqual([ok(null), ok(null)])
    expect(state(on)).toBe('shutoff')
    await close()
  })

  it('says NO_DOMAIN for one that is not there', async () => {
    const { toolstack, close } = await makeToolstack()
    const uuid = '11111111-2222-4333-8444-555555555555'
    expect(await toolstack.domains.destroy(uuid)).toMatchObject({ ok: false, error: { code: 'NO_DOMAIN' } })
    await close()
  })

  it('refuses a kernel that cannot be read, and is shut off after', async () => {
    const { toolstack, config, state, close } = await makeToolstack()
    const defined = await toolstack.domains.define({ ...config('A'), kernel: '/no/such/kernel' })
    const uuid = defined.ok ? defined.value : ''
    expect(await toolstack.domains.create(uuid, false)).toMatchObject({
      ok: false,
      error: { code: 'SYSTEM_ERROR', values: { path: '/no/such/kernel', detail: 'no such file or directory' } },
    })
    expect(state(uuid)).toBe('shutoff')
    await close()
  })

  it('is shut off after a start that failed, and leaves no marker', async () => {
    const { toolstack, testDriver, config, state, folder, close } = await makeToolstack()
    const defined = await toolstack.domains.define(config('A'))
    const uuid = defined.ok ? defined.value : ''
    testDriver.failNext('create', errorReport('image-unusable', { detail: 'no PVH note' }))
    expect(await toolstack.domains.create(uuid, false)).toMatchObject({ ok: false, error: { code: 'CONFIG_UNSUPPORTED' } })
    expect(state(uuid)).toBe('shutoff')
    await close(true)
    expect(readdirSync(join(folder, 'running'))).toEqual([])
    rmSync(folder, { recursive: true })
  })

  it('starts again when it asked for a reboot', async () => {
    const { toolstack, states, started, state, close } = await makeToolstack()
    const uuid = await started('A')
    await toolstack.domains.reboot(uuid)
    await expect.poll(() => states.slice(-2)).toEqual(['A starting', 'A running'])
    expect(state(uuid)).toBe('running')
    await close()
  })

  describe('that ends by itself', () => {
    /** A running domain that does so when its guest ends; its run is as old as the clock is set to afterwards. */
    async function acting(actions: Partial<DomainConfig>) {
      let now = 1_000_000
      const made = await makeToolstack({ now: () => now })
      const defined = await made.toolstack.domains.define({ ...made.config('A'), ...actions })
      const uuid = defined.ok ? defined.value : ''
      expect((await made.toolstack.domains.create(uuid, false)).ok).toBe(true)
      made.states.length = 0
      return { ...made, uuid, later: (ms: number) => (now += ms) }
    }
    const rested = async (state: () => string) => {
      await new Promise((resolve) => setTimeout(resolve, 20))
      return state()
    }

    it('by powering off starts again where its definition says so, unless it was asked to', async () => {
      const { toolstack, testDriver, states, state, uuid, close } = await acting({ onPoweroff: 'restart' })
      testDriver.powerOff(uuid)
      await expect.poll(() => states).toEqual(['A starting', 'A running'])
      await toolstack.domains.shutdown(uuid)
      await expect.poll(() => state(uuid)).toBe('shutoff')
      expect(await rested(() => state(uuid))).toBe('shutoff')
      await close()
    })

    it('by rebooting stays off where its definition says so', async () => {
      const { toolstack, state, uuid, close } = await acting({ onReboot: 'destroy' })
      await toolstack.domains.reboot(uuid)
      await expect.poll(() => state(uuid)).toBe('shutoff')
      expect(await rested(() => state(uuid))).toBe('shutoff')
      await close()
    })

    it('by crashing is told of and started again, but not when it had just started', async () => {
      const { testDriver, states, state, notices, uuid, later, close } = await acting({ onCrash: 'restart' })
      later(10_000)
      testDriver.crash(uuid, 'gone')
      await expect.poll(() => states).toEqual(['A crashed', 'A starting', 'A running'])
      expect(notices).toEqual([])
      later(9_999)
      testDriver.crash(uuid, 'gone')
      expect(await rested(() => state(uuid))).toBe('crashed')
      expect(notices).toMatchObject([{ error: { reason: 'crash-loop', values: { name: 'A', seconds: '10' } } }])
      await close()
    })

    it('is not started again when it was forced off', async () => {
      const { toolstack, state, uuid, later, close } = await acting({ onPoweroff: 'restart', onCrash: 'restart' })
      later(60_000)
      await toolstack.domains.destroy(uuid)
      expect(await rested(() => state(uuid))).toBe('shutoff')
      await close()
    })
  })

  it('is reset without being asked: cut off, and booted afresh as another domain', async () => {
    const { toolstack, states, started, close } = await makeToolstack()
    const uuid = await started('A')
    const domid = () => {
      const info = toolstack.domains.info(uuid)
      return info.ok ? info.value.domid : null
    }
    const before = domid()
    states.length = 0
    expect(await toolstack.domains.reset(uuid)).toEqual({ ok: true, value: null })
    expect(states).toEqual(['A shutoff', 'A starting', 'A running'])
    expect(domid()).not.toBe(before)
    await toolstack.domains.destroy(uuid)
    expect(await toolstack.domains.reset(uuid)).toMatchObject({ ok: false, error: { reason: 'wrong-state' } })
    await close()
  })

  it('is shown as crashed with the reason, and can be started again', async () => {
    const { toolstack, testDriver, started, close } = await makeToolstack()
    const uuid = await started('A')
    testDriver.crash(uuid, 'The guest had a triple fault.')
    expect(toolstack.domains.info(uuid)).toMatchObject({ value: { state: 'crashed', detail: 'The guest had a triple fault.' } })
    expect(await toolstack.domains.create(uuid, false)).toEqual({ ok: true, value: null })
    await close()
  })

  it('crashes alone', async () => {
    const { testDriver, started, state, close } = await makeToolstack()
    const [a, b] = [await started('A'), await started('B')]
    testDriver.crash(a, 'gone')
    expect([state(a), state(b)]).toEqual(['crashed', 'running'])
    await close()
  })

  it('that ran when the app was cut off is shown as crashed at the next start, and nothing else is lost', async () => {
    const first = await makeToolstack()
    const uuid = await first.started('A')
    await first.toolstack.domains.define(first.config('B'))
    // Cut off: not closed. The driver's domains are gone with it.
    const second = await makeToolstack({ folder: first.folder })
    expect(
      second.toolstack.domains
        .list()
        .map(({ name, state }) => `${name} ${state}`)
        .sort(),
    ).toEqual(['A crashed', 'B shutoff'])
    expect(second.toolstack.domains.info(uuid)).toMatchObject({
      value: { detail: expect.stringContaining('ended unexpectedly') },
    })
    expect(await second.toolstack.domains.create(uuid, false)).toEqual({ ok: true, value: null })
    await first.toolstack.close()
    await second.close()
  })
})

describe('saving', () => {
  it('ends the domain, and create goes on from it', async () => {
    const { toolstack, started, state, jobs, close } = await makeToolstack()
    const uuid = await started('A')
    const saving = toolstack.domains.managedSave(uuid)
    expect(saving.ok && (await toolstack.jobs.wait(saving.value))).toEqual({ ok: true, value: null })
    expect(state(uuid)).toBe('saved')
    expect(jobs.at(-1)).toMatchObject({ kind: 'managedSave', state: 'done', progress: 1, uuid })
    expect(await toolstack.domains.create(uuid, false)).toEqual({ ok: true, value: null })
    expect(toolstack.domains.info(uuid)).toMatchObject({
      value: { state: 'running', savedAt: null, clockStandsAt: expect.any(Number) },
    })
    await close()
  })

  it('outlives the app', async () => {
    const first = await makeToolstack()
    const uuid = await first.started('A')
    expect(await first.toolstack.guests.saveAll()).toEqual([])
    await first.close(true)
    const second = await makeToolstack({ folder: first.folder })
    expect(second.state(uuid)).toBe('saved')
    await second.toolstack.domains.create(uuid, false)
    expect(second.state(uuid)).toBe('running')
    await second.close()
  })

  it('can be forgotten by a fresh start', async () => {
    const { toolstack, started, state, folder, close } = await makeToolstack()
    const uuid = await started('A')
    await toolstack.guests.saveAll()
    await toolstack.domains.create(uuid, true)
    expect(state(uuid)).toBe('running')
    expect(existsSync(join(folder, 'saved', `${uuid}.save`))).toBe(false)
    await close()
  })

  it('that fails leaves the guest as it was: running, or paused', async () => {
    const { toolstack, testDriver, started, state, jobs, close } = await makeToolstack()
    for (const paused of [false, true]) {
      const uuid = await started(paused ? 'P' : 'R')
      if (paused) await toolstack.domains.suspend(uuid)
      testDriver.failNext('save', errorReport('disk-full', { path: '/x' }))
      const saving = toolstack.domains.save(uuid, '/x')
      expect(saving.ok && (await toolstack.jobs.wait(saving.value))).toMatchObject({
        ok: false,
        error: { reason: 'disk-full' },
      })
      expect(state(uuid)).toBe(paused ? 'paused' : 'running')
      expect(jobs.at(-1)).toMatchObject({ state: 'failed', error: { reason: 'disk-full' } })
    }
    await close()
  })

  it('can be cancelled; the guest goes on', async () => {
    const { toolstack, started, state, jobs, close } = await makeToolstack()
    const uuid = await started('A')
    const saving = toolstack.domains.managedSave(uuid)
    const job = saving.ok ? saving.value : 0
    expect(toolstack.jobs.cancel(job).ok).toBe(true)
    await toolstack.jobs.wait(job)
    expect(jobs.at(-1)).toMatchObject({ state: 'cancelled' })
    expect(state(uuid)).toBe('running')
    expect(toolstack.jobs.cancel(job)).toMatchObject({ ok: false })
    await close()
  })

  it('can be cut short by forcing the guest off', async () => {
    // long enough to be seen on a busy machine
    const { toolstack, started, state, jobs, close } = await makeToolstack({ delayMs: 2000 })
    const uuid = await started('A')
    const saving = toolstack.domains.managedSave(uuid)
    await expect.poll(() => state(uuid)).toBe('saving')
    expect(await toolstack.domains.destroy(uuid)).toEqual({ ok: true, value: null })
    if (saving.ok) await toolstack.jobs.wait(saving.value)
    expect(state(uuid)).toBe('shutoff')
    expect(toolstack.domains.info(uuid)).toMatchObject({ value: { job: null } })
    expect(jobs.at(-1)?.state).not.toBe('running')
    await close()
  })

  it.each([false, true])('is gone on from once, however often the start is asked for (fresh: %s)', async (fresh) => {
    const { toolstack, started, state, close } = await makeToolstack()
    const uuid = await started('A')
    await toolstack.guests.saveAll()
    const starts = await Promise.all([1, 2, 3].map(() => toolstack.domains.create(uuid, fresh)))
    expect(starts.filter((start) => start.ok)).toHaveLength(1)
    for (const start of starts) if (!start.ok) expect(start.error.code).toMatch(/RESOURCE_BUSY|OPERATION_INVALID/)
    expect(state(uuid)).toBe('running')
    await close()
  })

  it('refuses a second job on the same domain', async () => {
    const { toolstack, started, close } = await makeToolstack()
    const uuid = await started('A')
    const saving = toolstack.domains.managedSave(uuid)
    expect(toolstack.domains.managedSave(uuid)).toMatchObject({ ok: false, error: { code: 'RESOURCE_BUSY' } })
    if (saving.ok) await toolstack.jobs.wait(saving.value)
    await close()
  })
})

describe('restoring a file', () => {
  async function savedTo(made: Awaited<ReturnType<typeof makeToolstack>>, path: string) {
    const uuid = await made.started('A')
    const saving = made.toolstack.domains.save(uuid, path)
    if (saving.ok) await made.toolstack.jobs.wait(saving.value)
    expect(made.state(uuid)).toBe('shutoff')
    return uuid
  }

  it('continues the domain it was taken from', async () => {
    const made = await makeToolstack()
    const path = join(made.folder, 'a.rmsave')
    const uuid = await savedTo(made, path)
    const job = made.toolstack.domains.restore(path)
    expect(await made.toolstack.jobs.wait(job)).toEqual({ ok: true, value: null })
    expect(made.state(uuid)).toBe('running')
    expect(made.jobs.at(-1)).toMatchObject({ uuid, kind: 'restore', state: 'done' })
    await made.close()
  })

  it('makes a sibling beside a domain that runs', async () => {
    const made = await makeToolstack()
    const path = join(made.folder, 'a.rmsave')
    const uuid = await savedTo(made, path)
    await made.toolstack.domains.create(uuid, false)
    await made.toolstack.jobs.wait(made.toolstack.domains.restore(path))
    expect(made.toolstack.domains.list().map(({ name, state }) => `${name} ${state}`)).toEqual(['A running', 'A 2 running'])
    await made.close()
  })

  it('brings a deleted domain back under its own identifier', async () => {
    const made = await makeToolstack()
    const path = join(made.folder, 'a.rmsave')
    const uuid = await savedTo(made, path)
    await made.toolstack.domains.undefine(uuid)
    await made.toolstack.jobs.wait(made.toolstack.domains.restore(path))
    expect(made.state(uuid)).toBe('running')
    await made.close()
  })

  it('refuses a damaged file and leaves no domain behind', async () => {
    const made = await makeToolstack()
    const path = join(made.folder, 'broken.rmsave')
    writeFileSync(path, '{"uuid":')
    expect(await made.toolstack.jobs.wait(made.toolstack.domains.restore(path))).toMatchObject({
      ok: false,
      error: { reason: 'save-corrupt' },
    })
    expect(made.toolstack.domains.list()).toEqual([])
    await made.close()
  })
})

describe('the rest of the calls', () => {
  it('makes, defines and starts the demo guest as one job', async () => {
    const { servers, toolstack, jobs, close } = await makeToolstack()
    const started = await servers.demoGuestCreate({}, testCaller())
    expect(started.ok && (await toolstack.jobs.wait(started.value.job))).toEqual({ ok: true, value: null })
    expect(toolstack.domains.list()).toMatchObject([{ name: 'Debian demo', state: 'running' }])
    expect(jobs.map(({ step }) => step)).toEqual(
      expect.arrayContaining(['finding-packages', 'downloading', 'building-ramdisk', 'starting']),
    )
    await close()
  })

  it('makes one guest where its button is pressed twice', async () => {
    const { servers, toolstack, close } = await makeToolstack()
    for (const call of ['demoGuestCreate', 'debianGuestCreate'] as const) {
      const [first, second] = await Promise.all([servers[call]({}, testCaller()), servers[call]({}, testCaller())])
      expect(second).toEqual(first)
      expect(first.ok && (await toolstack.jobs.wait(first.value.job))).toEqual({ ok: true, value: null })
    }
    expect(toolstack.domains.list().map(({ name }) => name)).toEqual(['Debian demo', 'Debian'])
    await close()
  })

  it('makes a Debian system, defines it with disk, network and screen, and starts it, twice', async () => {
    const { servers, toolstack, folder, close } = await makeToolstack()
    for (const name of ['Debian', 'Debian 2']) {
      const started = await servers.debianGuestCreate({}, testCaller())
      expect(started.ok && (await toolstack.jobs.wait(started.value.job))).toEqual({ ok: true, value: null })
      const made = toolstack.domains.list().find((domain) => domain.name === name)
      expect(made?.state).toBe('running')
      expect(made?.config?.devices.map(({ kind }) => kind)).toEqual(['vbd', 'vif', 'vfb'])
    }
    expect(readdirSync(join(folder, 'disks'))).toHaveLength(2)
    await close()
  })

  it('keeps samples and log lines and tells them', async () => {
    const { servers, started, events, close } = await makeToolstack()
    const uuid = await started('A')
    // A round may have been told before the domain ran: one of the domain's own is waited for.
    const told = () =>
      events.flatMap(({ name, payload }) => (name === 'samples' ? (payload as EventPayload<'samples'>).samples : []))
    await expect.poll(() => told().some((sample) => sample.uuid === uuid)).toBe(true)
    const series = await servers.domainSamples({ uuid, minutes: 1 }, testCaller())
    expect(series.ok && series.value.memoryKiB[0]).toBe(64 * 1024)
    const together = await servers.hostSamples({ of: 'domains', minutes: 1 }, testCaller())
    expect(together.ok && together.value.memoryKiB.at(-1)).toBeGreaterThanOrEqual(64 * 1024)
    // The first reading of the host has nothing to compare with.
    const host = async () => {
      const read = await servers.hostSamples({ of: 'host', minutes: 1 }, testCaller())
      return read.ok ? (read.value.memoryKiB.at(-1) ?? 0) : 0
    }
    await expect.poll(host).toBeGreaterThan(1024)
    const log = await servers.domainLog({ uuid }, testCaller())
    expect(log.ok && log.value.map(({ source, text }) => `${source}: ${text}`)).toEqual([
      'life: shutoff → starting',
      'engine: Domain 1 (A) was created.',
      'life: starting → running',
    ])
    expect(log.ok && log.value[0]?.change).toEqual({ from: 'shutoff', to: 'starting', detail: '' })
    await close()
  })

  it('tells of a domain 0 that came back', async () => {
    const { testDriver, events, close } = await makeToolstack()
    testDriver.restartDomain0('was ended by SIGKILL')
    const told = events.filter(({ name }) => name === 'domainChanged')
    expect(told).toMatchObject([{ payload: { domain: { state: 'crashed' } } }, { payload: { domain: { state: 'running' } } }])
    await close()
  })

  it('lists definitions even when the driver cannot be opened', async () => {
    const first = await makeToolstack()
    await first.toolstack.domains.define(first.config('A'))
    await first.close(true)
    mkdirSync(first.folder, { recursive: true })
    first.testDriver.failNext('open', errorReport('internal', { detail: 'no engine' }))
    const second = await makeToolstack({ folder: first.folder, driver: first.testDriver })
    expect(second.toolstack.domains.list()).toHaveLength(1)
    expect(second.notices).toMatchObject([{ severity: 'error' }])
    await second.close()
  })
})

describe('all guests at once', () => {
  it('saves, shuts down or forces off', async () => {
    const { toolstack, started, state, close } = await makeToolstack()
    const [a, b] = [await started('A'), await started('B')]
    await toolstack.domains.suspend(b)
    expect(await toolstack.guests.saveAll()).toEqual([])
    expect([state(a), state(b)]).toEqual(['saved', 'saved'])
    for (const uuid of [a, b]) await toolstack.domains.create(uuid, false)
    expect(await toolstack.guests.shutdownAll(2000)).toEqual([])
    expect([state(a), state(b)]).toEqual(['shutoff', 'shutoff'])
    for (const uuid of [a, b]) await toolstack.domains.create(uuid, false)
    await toolstack.guests.destroyAll()
    expect([state(a), state(b)]).toEqual(['shutoff', 'shutoff'])
    await close()
  })
})
