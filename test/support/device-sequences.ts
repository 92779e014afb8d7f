// Random sequences of what users do to a Linux guest's devices, with saves, snapshots, resets and killed processes between them and
// beside them, through toolstack, driver and supervisor in plain Node. Afterwards, each time, the guest has the disks and interfaces that
// its definition says, its shell is as old as it should be, and what it wrote is on its disk. Runs in: vitest, plain Node.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { Result } from '../../src-engine/public/result'
import { type Device, deviceKey } from '../../src-main/public/device'
import type { ErrorReport } from '../../src-main/public/error-code'
import { debianGuest } from './debian-guest'
import { DISK_BLOCKS, LinuxShell } from './linux-shell'
import { oneOf, randomFrom } from './random'
import { delay, good, Supervised } from './supervised'
import { testCaller } from './toolstack'

/** Domain 0 is not started again when it ends too often. */
const KILL_PAUSE_MS = 15_000

const ACTS = [
  'write',
  'count',
  'attachDisk',
  'detachDisk',
  'changeMedium',
  'attachNic',
  'detachNic',
  'setMemory',
  'pause',
  'save',
  'snapshot',
  'revert',
  'removeSnapshot',
  'reset',
  'kill',
  'killDomain0',
] as const
type Act = (typeof ACTS)[number]

/** What may be done at the same time as the first: what the guest should have afterwards does not depend on who comes first. */
const BESIDE: Partial<Record<Act, readonly Act[]>> = {
  killDomain0: ['attachDisk', 'detachDisk', 'changeMedium', 'attachNic', 'detachNic', 'save', 'snapshot', 'pause', 'write'],
  attachDisk: ['attachNic', 'detachNic', 'pause', 'setMemory', 'write', 'save', 'reset'],
  detachDisk: ['attachNic', 'detachNic', 'pause', 'setMemory', 'write', 'save', 'reset'],
  attachNic: ['attachDisk', 'changeMedium', 'pause', 'save'],
  detachNic: ['attachDisk', 'detachDisk', 'changeMedium', 'pause', 'save'],
}

/** Of two things at once one may have to be tried again; without domain 0 nothing can be done. */
const MAY_FAIL = /RESOURCE_BUSY|OPERATION_INVALID|domain0-/

/** What a snapshot takes with it beside the devices. */
interface Past {
  readonly count: number
  readonly blocks: ReadonlyMap<number, number>
}

class Sequence {
  private readonly random: (below: number) => number
  private readonly snapshots: { readonly id: string; readonly past: Past }[] = []
  private readonly images: string
  private uuid = ''
  private shell: LinuxShell
  private past: Past = { count: 0, blocks: new Map() }
  private made = 0
  private killedAt = Number.NEGATIVE_INFINITY

  constructor(
    private readonly machine: Supervised,
    folder: string,
    seed: number,
    private readonly tell: (text: string) => void,
  ) {
    this.random = randomFrom(seed)
    this.shell = new LinuxShell(machine, '')
    this.images = path.join(folder, 'images')
    mkdirSync(this.images)
  }

  async begin(kernel: string, ramdisk: string, cmdline: string): Promise<void> {
    const root: Device = { kind: 'vbd', dev: 'xvda', ...(await this.image()), readonly: false, removable: false }
    const config = { name: 'sequence', memoryMiB: 256, vcpus: 1, kernel, ramdisk, cmdline: `${cmdline} quiet`, devices: [root] }
    this.uuid = good(await this.machine.toolstack.domains.define(config))
    this.shell = new LinuxShell(this.machine, this.uuid)
    good(await this.machine.toolstack.domains.create(this.uuid, false))
    await this.booted()
  }

  async step(): Promise<void> {
    const act = oneOf(this.random, ACTS)
    const beside = this.random(2) === 0 ? BESIDE[act] : undefined
    const other = beside && oneOf(this.random, beside)
    const wait = this.random(2) * this.random(200)
    this.tell(other ? `${act}, after ${wait} ms ${other}` : act)
    if (other) await this.both(act, other, wait)
    else await this.do(act)
    if (this.random(3) > 0) await this.check()
  }

  private async both(act: Act, other: Act, wait: number): Promise<void> {
    const results = await Promise.allSettled([this.do(act), delay(wait).then(() => this.do(other))])
    for (const result of results) {
      if (result.status === 'rejected' && !MAY_FAIL.test(String(result.reason))) throw result.reason
    }
    const { domains } = this.machine.toolstack
    await this.until('all is done', () => this.machine.domain0Runs && this.machine.info(this.uuid).job === null)
    const state = this.machine.state(this.uuid)
    this.tell(`it is ${state}`)
    if (state === 'paused') good(await domains.resume(this.uuid))
    else if (state === 'saved') good(await domains.create(this.uuid, false))
    else if (state !== 'running') await this.startAnew()
  }

  private async do(act: Act): Promise<void> {
    const { machine, uuid } = this
    const { devices, domains, snapshots } = machine.toolstack
    const rights = { ...testCaller(), choseFile: () => true }
    switch (act) {
      case 'write': {
        const [block, value] = [this.random(DISK_BLOCKS), this.random(1_000_000)]
        await this.shell.write(block, value)
        this.past = { ...this.past, blocks: new Map(this.past.blocks).set(block, value) }
        return
      }
      case 'count':
        await this.shell.countOne()
        this.past = { ...this.past, count: this.past.count + 1 }
        return
      case 'attachDisk': {
        const dev = ['xvdb', 'xvdc', 'xvdd'].find((name) => !this.disks.some((disk) => disk.dev === name))
        if (dev === undefined) return
        const disk = { kind: 'vbd', dev, ...(await this.image()), readonly: false, removable: this.random(2) === 0 } as const
        good(await devices.attach(uuid, disk, undefined, rights))
        return
      }
      case 'detachDisk': {
        const disk = this.disks[1 + this.random(3)]
        if (disk) good(await devices.detach(uuid, deviceKey(disk), false))
        return
      }
      case 'changeMedium': {
        const disk = this.disks.find(({ removable }) => removable)
        if (disk) good(await devices.changeMedium(uuid, deviceKey(disk), await this.image(), rights))
        return
      }
      case 'attachNic': {
        const index = [0, 1, 2].find((one) => !this.nics.includes(one))
        if (index === undefined) return
        const mac = `00:16:3e:00:00:1${index}`
        good(await devices.attach(uuid, { kind: 'vif', index, network: 'default', mac, forwards: [] }, undefined, rights))
        return
      }
      case 'detachNic': {
        const index = this.nics[this.random(3)]
        if (index !== undefined) good(await devices.detach(uuid, `vif/${index}`, false))
        return
      }
      case 'setMemory':
        good(await domains.setMemory(uuid, 160 + this.random(97)))
        return
      case 'pause':
        good(await domains.suspend(uuid))
        await delay(this.random(300))
        good(await domains.resume(uuid))
        return
      case 'save':
        await this.job(() => domains.managedSave(uuid))
        good(await domains.create(uuid, false))
        return
      case 'snapshot': {
        const { past } = this
        await this.job(() => snapshots.create(uuid, `${this.made++}`, ''))
        const { current } = machine.toolstack.trees.of(uuid)
        if (current !== null) this.snapshots.push({ id: current, past })
        return
      }
      case 'revert': {
        const snapshot = this.snapshots[this.random(Math.max(1, this.snapshots.length))]
        if (!snapshot) return
        await this.job(() => snapshots.revert(uuid, snapshot.id))
        this.past = snapshot.past
        return
      }
      case 'removeSnapshot': {
        if (this.snapshots.length < 2) return
        await this.quiet()
        const [snapshot] = this.snapshots.splice(this.random(this.snapshots.length), 1)
        if (snapshot) good(await snapshots.remove(uuid, snapshot.id, false))
        return
      }
      case 'reset':
        if (this.random(3) > 0) return
        good(await domains.reset(uuid))
        await this.booted()
        return
      case 'kill': {
        const pid = machine.pidOf(uuid)
        if (this.random(3) > 0 || pid === undefined) return
        process.kill(pid, 'SIGKILL')
        await this.until('it has crashed', () => machine.state(uuid) === 'crashed')
        await this.startAnew()
        return
      }
      case 'killDomain0': {
        const pid = machine.pids('dom0')[0]
        if (performance.now() - this.killedAt < KILL_PAUSE_MS || pid === undefined) return
        this.killedAt = performance.now()
        const { domain0Ends } = machine
        process.kill(pid, 'SIGKILL')
        await this.until('domain 0 is back', () => machine.domain0Ends > domain0Ends && machine.domain0Runs)
        return
      }
    }
  }

  /** The guest has what its definition says. */
  async check(): Promise<void> {
    const disks = this.disks.map(({ dev }) => dev).sort()
    const wanted = `${disks.join(' ')} ${this.nics.length} ${this.past.count}`
    let found = ''
    // Linux finds out in its own time.
    await this.until(
      () => `the guest has "${found}", not "${wanted}"`,
      async () => {
        found = await this.shell.run(`ls /sys/block | grep xvd | sort | tr '\\n' ' '; ls /sys/class/net | grep -c eth; echo $x`)
        return found === wanted
      },
    )
    const [block, value] = [...this.past.blocks][this.random(Math.max(1, this.past.blocks.size))] ?? []
    if (block !== undefined) expect(await this.shell.read(block)).toBe(value)
  }

  private async startAnew(): Promise<void> {
    await this.quiet()
    good(await this.machine.toolstack.domains.create(this.uuid, false))
    await this.booted()
  }

  private async booted(): Promise<void> {
    await this.shell.booted()
    this.past = { ...this.past, count: 0 }
  }

  private get devices(): readonly Device[] {
    return this.machine.info(this.uuid).config?.devices ?? []
  }

  private get disks() {
    return this.devices.flatMap((device) => (device.kind === 'vbd' ? [device] : []))
  }

  private get nics(): number[] {
    return this.devices.flatMap((device) => (device.kind === 'vif' ? [device.index] : []))
  }

  private async image() {
    const format = this.random(2) === 0 ? 'raw' : 'qcow2'
    const file = { path: path.join(this.images, `${this.made++}.${format}`), format } as const
    good(await this.machine.driver.images.create({ ...file, sizeMiB: DISK_BLOCKS / 2048 }))
    return file
  }

  private async job(start: () => Result<number, ErrorReport>): Promise<void> {
    await this.quiet()
    good(await this.machine.toolstack.jobs.wait(good(start())))
  }

  /** What a removed snapshot left is merged first: meanwhile the machine has work. */
  private quiet(): Promise<void> {
    return this.until('its work is done', () => this.machine.info(this.uuid).job === null)
  }

  private async until(what: string | (() => string), is: () => boolean | Promise<boolean>): Promise<void> {
    for (let left = 600; left > 0; left--) {
      if (await is()) return
      await delay(50)
    }
    throw new Error(typeof what === 'string' ? `not yet: ${what}` : what())
  }
}

export function deviceSequences({ steps, seed, timeoutMs }: { steps: number; seed: number; timeoutMs: number }): void {
  it(`${steps} steps: the guest has what its definition says`, { timeout: timeoutMs }, async ({ skip }) => {
    const debian = await debianGuest('cloud')
    if (!debian.ok) return skip(debian.error)
    const { kernel, ramdisk, commandLine } = debian.value
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-devices-'))
    const machine = new Supervised(path.join(folder, 'machine'))
    const told: string[] = []
    try {
      await machine.open()
      const sequence = new Sequence(machine, folder, seed, (text) => told.push(text))
      await sequence.begin(kernel, ramdisk, commandLine)
      for (let left = steps; left > 0; left--) await sequence.step()
      await sequence.check()
    } catch (thrown) {
      console.log(told.slice(-40).join('\n'))
      console.log(machine.log.slice(-40).join('\n'))
      throw thrown
    } finally {
      await machine.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
}
