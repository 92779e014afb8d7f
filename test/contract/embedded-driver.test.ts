// The contract on our own engine, its processes forked by plain Node, with Debian's kernel and the demo ramdisk as the guest.
// Skipped where those cannot be fetched. Runs in: vitest, plain Node.

import { execFileSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { cpus, tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { ramBase } from '../../src-engine/isa/state-layout'
import { checkVcpus } from '../../src-engine/process/new-domain'
import type { DriverEvent } from '../../src-main/driver/driver'
import { EmbeddedDriver } from '../../src-main/driver/embedded/embedded-driver'
import { CONSOLE_TO_WINDOW } from '../../src-main/public/stream'
import { NodeChannels, NodeForker } from '../../src-main/supervisor/node'
import { Supervisor } from '../../src-main/supervisor/supervisor'
import { debianGuest } from '../support/debian-guest'
import { quiet } from './contract-scene'
import { driverContract } from './driver-contract'
import { openingContract } from './opening-contract'

const bundleFolder = join(__dirname, '../../out/main')
const files = await debianGuest('cloud')

function embedded(folder: string) {
  const channels = new NodeChannels()
  const supervisor = new Supervisor({ forker: new NodeForker(), channels, bundleFolder })
  return { driver: new EmbeddedDriver(supervisor, join(folder, 'domain0')), channels }
}

describe('the embedded driver', () => {
  it('allows as much memory as the engine has room for', () => {
    const supervisor = new Supervisor({ forker: new NodeForker(), channels: new NodeChannels(), bundleFolder })
    const { limits } = new EmbeddedDriver(supervisor, '')
    expect(limits.maxMemoryMiB).toBe(4096 - ramBase(1) / (1024 * 1024))
    expect(checkVcpus(limits.maxVcpus)).toBeUndefined()
    expect(checkVcpus(limits.maxVcpus + 1)).toMatch(/ at most | has one vcpu/)
  })
})

if (files.ok && existsSync(join(bundleFolder, 'domain.cjs'))) {
  const { kernel, ramdisk, commandLine } = files.value
  driverContract('embedded', embedded, {
    config: () => ({
      name: 'contract',
      memoryMiB: 192,
      vcpus: 1,
      kernel,
      ramdisk,
      cmdline: `${commandLine} quiet`,
      devices: [],
    }),
    prompt: 'demo:~# ',
    type: 'uname -a',
    answer: 'Linux',
    bootMs: 90_000,
    bootTags: ['long'],
  })

  /** Processes of this one that are a bundle of ours. */
  const pids = (bundle: string): number[] => {
    const lines = execFileSync('ps', ['-o', 'pid=,ppid=,args=', '-e'], { encoding: 'utf8' }).trim().split('\n')
    const ours = lines.map((line) => line.trim().split(/\s+/)).filter(([, parent]) => parent === `${process.pid}`)
    return ours.flatMap(([pid, , ...args]) => (args.join(' ').includes(`${bundle}.cjs`) ? [Number(pid)] : []))
  }

  openingContract('embedded', (folder) => embedded(folder).driver, {
    config: () => ({ name: 'contract', memoryMiB: 64, vcpus: 1, kernel, ramdisk, cmdline: commandLine, devices: [] }),
    processes: () => [...pids('dom0'), ...pids('domain')],
    timeout: 120_000,
  })

  describe('the embedded driver whose processes are killed', () => {
    const folder = mkdtempSync(join(tmpdir(), 'ringmaster-kill-'))
    const events: DriverEvent[] = []
    const { driver, channels } = embedded(folder)
    const config = (name: string) => ({
      name,
      memoryMiB: 128,
      vcpus: 1,
      kernel,
      ramdisk,
      cmdline: `${commandLine} quiet`,
      devices: [],
    })
    /** Reads the console, after typing, until it says what is wanted. */
    const says = async (uuid: string, typed: string, wanted: string): Promise<void> => {
      const opened = await driver.openConsole(uuid, undefined)
      if (!opened.ok) throw new Error(opened.error.reason)
      const transport = channels.transport(opened.value)
      let text = ''
      transport.onMessage((message) => {
        if (!CONSOLE_TO_WINDOW.output.is(message)) return
        text += new TextDecoder().decode(message.bytes)
        transport.send({ kind: 'ack', offset: message.offset + message.bytes.length })
      })
      if (typed !== '') transport.send({ kind: 'input', bytes: new TextEncoder().encode(typed) })
      await expect.poll(() => text, { timeout: 60_000, interval: 100 }).toContain(wanted)
      transport.close()
    }
    /** Two guests, one the copy of the other at its prompt; the first is killed, the second goes on and is capped later. */
    const [a, b] = [randomUUID(), randomUUID()]
    afterAll(async () => {
      await driver.close()
      rmSync(folder, { recursive: true, force: true })
    })

    it('starts a new domain 0 that guests are joined to, and only a killed guest is crashed', {
      timeout: 240_000,
    }, async () => {
      expect((await driver.open((event) => events.push(event))).ok).toBe(true)
      expect((await driver.create(a, config('first'))).ok).toBe(true)
      await says(a, '', 'demo:~# ')
      const path = join(folder, 'at-prompt.save')
      expect((await driver.snapshot(a, { path, disks: [], plain: true, switched: () => {} }, quiet())).ok).toBe(true)
      expect((await driver.restore(b, config('second'), path, quiet())).ok).toBe(true)

      process.kill(pids('dom0')[0] ?? -1, 'SIGKILL')
      const domain0 = () => events.flatMap((event) => (event.kind === 'domain0' ? [event.state] : []))
      await expect.poll(domain0, { timeout: 20_000 }).toEqual(['running', 'crashed', 'running'])
      for (const uuid of [a, b]) await says(uuid, 'echo sum=$((20+22))\r', 'sum=42')

      process.kill(pids('domain')[0] ?? -1, 'SIGKILL')
      const stopped = () => events.filter((event) => event.kind === 'stopped')
      const crash = { uuid: a, how: 'crash', detail: expect.stringContaining('SIGKILL') }
      await expect.poll(stopped).toMatchObject([crash])
      await says(b, 'echo sum=$((40+4))\r', 'sum=44')
      expect((await driver.create(a, config('again'))).ok).toBe(true)
      await driver.destroy(a)
    })

    it.runIf(cpus().length > 1)(
      'keeps vcpus on the processors that were chosen',
      { tags: 'long', timeout: 240_000 },
      async () => {
        const uuid = randomUUID()
        expect((await driver.create(uuid, { ...config('pinned'), vcpus: 2, cpuSet: '0' })).ok).toBe(true)
        await says(uuid, '', 'demo:~# ')
        // The kernel's word for it (proc(5), status), of the threads that may not run everywhere.
        const tasks = `/proc/${pids('domain').at(-1)}/task`
        const listed = (status: string) => /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1]
        const all = listed(readFileSync('/proc/self/status', 'latin1'))
        const kept = () =>
          readdirSync(tasks)
            .map((task) => listed(readFileSync(join(tasks, task, 'status'), 'latin1')))
            .filter((list) => list !== all)
        await expect.poll(kept).toEqual(['0', '0'])
        expect(await driver.setSchedulerParameters(uuid, { cpuSet: '1' })).toEqual({ ok: true, value: null })
        expect(kept()).toEqual(['1', '1'])
        const nowhere = { ok: false, error: { reason: 'pinning-failed', values: { set: '1000' } } }
        expect(await driver.setSchedulerParameters(uuid, { cpuSet: '1000' })).toMatchObject(nowhere)
        expect(kept()).toEqual(['1', '1'])
        expect((await driver.setSchedulerParameters(uuid, {})).ok).toBe(true)
        expect(kept()).toEqual([])
        expect(await driver.create(randomUUID(), { ...config('nowhere'), cpuSet: '1000' })).toMatchObject(nowhere)
        expect((await driver.destroy(uuid)).ok).toBe(true)
      },
    )

    it('caps a guest that is busy, from the next slices on', async () => {
      await says(b, 'while :; do :; done & echo bu""sy\r', 'busy')
      expect(await driver.setSchedulerParameters(b, { cpuCap: 10 })).toEqual({ ok: true, value: null })
      const used = () =>
        events.flatMap((event) =>
          event.kind === 'samples' ? event.samples.flatMap((each) => (each.uuid === b ? [each.cpu] : [])) : [],
        )
      const before = used().length
      await expect.poll(() => used().length, { timeout: 30_000 }).toBeGreaterThan(before + 6)
      // The first may have begun before; a machine that does other things makes it less.
      const share = used().slice(before + 2)
      expect(share.reduce((sum, cpu) => sum + cpu, 0) / share.length).toBeLessThan(0.15)
      expect((await driver.destroy(b)).ok).toBe(true)
    })

    it('leaves no process when it is closed', async () => {
      await driver.close()
      await expect.poll(() => [...pids('dom0'), ...pids('domain')]).toEqual([])
    })
  })
} else
  describe.skip(`the embedded driver on a guest: ${files.ok ? 'no engine bundles' : files.error}`, () => it('boots', () => {}))
