// Random sequences of what makes machines out of others: snapshots, going back, branches, forks, clones full and linked, deleting with and
// without a way back, with killed domain 0s, a new main process and two things at once between them. Afterwards, each time, every machine's
// disk has what was written to its own, its shell the age it had; at the end all is deleted and no file is left of them.
// Runs in: vitest, plain Node.
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { Result } from '../../src-engine/public/result'
import type { Device } from '../../src-main/public/device'
import type { ErrorReport } from '../../src-main/public/error-code'
import type { DiskFate } from '../../src-main/public/snapshot'
import { debianGuest } from './debian-guest'
import { DISK_BLOCKS, LinuxShell } from './linux-shell'
import { oneOf, randomFrom } from './random'
import { delay, filesBelow, good, Supervised } from './supervised'

const MACHINES_MOST = 4
const KILL_PAUSE_MS = 15_000

const ACTS = [
  'write',
  'write',
  'count',
  'power',
  'save',
  'snapshot',
  'snapshot',
  'revert',
  'removeSnapshot',
  'branch',
  'fork',
  'clone',
  'delete',
  'trash',
  'killDomain0',
  'newMain',
] as const
type Act = (typeof ACTS)[number]

/** What they do to a machine does not depend on who comes first. */
const NEVER_MIND: readonly Act[] = ['removeSnapshot', 'branch', 'trash', 'killDomain0']
/** Domain 0's end closes the console that these type on. */
const TYPING: readonly Act[] = ['write', 'count', 'power', 'save']

function mayBeBeside(act: Act, other: Act, same: boolean): boolean {
  const both = [act, other]
  if (both.includes('newMain') || (both.includes('killDomain0') && both.some((one) => TYPING.includes(one)))) return false
  return !same || both.some((one) => NEVER_MIND.includes(one))
}

/** Of two things at once one may have to be tried again; without domain 0 nothing can be done. */
const MAY_FAIL = /RESOURCE_BUSY|OPERATION_INVALID|domain0-|NO_DOMAIN|no-domain|no-snapshot|name-exists/

type Blocks = ReadonlyMap<number, number>

/** What a snapshot took with it; `count` of one that ran. */
interface Past {
  readonly id: string
  readonly blocks: Blocks
  readonly count: number | undefined
}

interface Machine {
  readonly uuid: string
  readonly shell: LinuxShell
  blocks: Blocks
  count: number
  snapshots: Past[]
}

class Family {
  private readonly random: (below: number) => number
  private machines: Machine[] = []
  private made = 0
  private killedAt = Number.NEGATIVE_INFINITY
  private readonly images: string
  /** Disks of machines that were deleted without them. */
  private readonly kept = new Set<string>()

  constructor(
    private supervised: Supervised,
    private readonly folder: string,
    seed: number,
    private readonly tell: (text: string) => void,
  ) {
    this.random = randomFrom(seed)
    this.images = path.join(folder, 'images')
    mkdirSync(this.images)
  }

  async begin(kernel: string, ramdisk: string, cmdline: string): Promise<void> {
    const disk = { path: path.join(this.images, 'first.raw'), format: 'raw' } as const
    good(await this.supervised.driver.images.create({ ...disk, sizeMiB: DISK_BLOCKS / 2048 }))
    const root: Device = { kind: 'vbd', dev: 'xvda', ...disk, readonly: false, removable: false }
    const config = { name: 'first', memoryMiB: 192, vcpus: 1, kernel, ramdisk, cmdline: `${cmdline} quiet`, devices: [root] }
    const machine = this.member(good(await this.domains.define(config)), new Map(), undefined)
    await this.start(machine)
  }

  async step(): Promise<void> {
    const machine = oneOf(this.random, this.machines)
    const act = oneOf(this.random, ACTS)
    const other = oneOf(this.random, this.machines)
    const beside = this.random(3) === 0 ? ACTS.filter((one) => mayBeBeside(act, one, machine === other)) : []
    const second = beside.length > 0 ? oneOf(this.random, beside) : undefined
    this.tell(`${this.told(machine)} ${act}${second ? `, beside it ${this.told(other)} ${second}` : ''}`)
    if (second === undefined) await this.do(act, machine)
    else await this.both(act, machine, second, other)
    if (this.random(3) > 0) await this.check(oneOf(this.random, this.machines))
  }

  /** All machines have what is theirs; nothing is left of them when they are gone. */
  async end(): Promise<void> {
    const guests = this.domains.list().filter(({ kind }) => kind === 'guest')
    expect(guests.map(({ uuid }) => uuid).sort()).toEqual(this.machines.map(({ uuid }) => uuid).sort())
    for (const machine of this.machines) {
      await this.quiet(machine)
      if (this.state(machine) !== 'running') await this.start(machine)
      await this.check(machine, machine.blocks.size)
    }
    for (const machine of this.machines) {
      good(await this.domains.destroy(machine.uuid))
      await this.quiet(machine)
      good(await this.supervised.toolstack.texts.undefine(machine.uuid, this.disksOf(machine)))
    }
    const { texts, merging } = this.supervised.toolstack
    good(await texts.empty((await texts.trash()).map(({ id }) => id)))
    await merging.settled()
    const needed = new Set<string>()
    for (const file of this.kept) await this.addChain(file, needed)
    const disks = path.join(this.supervised.folder, 'disks')
    // What a clone's disk was copied to is a file like one that the user named: it goes with that machine alone.
    const isOverlay = (file: string): boolean => /-[0-9a-f]{8}\.qcow2$/.test(file)
    const left = filesBelow(disks).map((file) => path.join(disks, file))
    expect(left.filter(isOverlay)).toEqual([...needed].filter(isOverlay).sort())
    expect(filesBelow(path.join(this.supervised.folder, 'snapshots')).filter((file) => !file.endsWith('layers.json'))).toEqual(
      [],
    )
  }

  private async both(act: Act, machine: Machine, second: Act, other: Machine): Promise<void> {
    const done = await Promise.allSettled([
      this.do(act, machine),
      delay(this.random(2) * this.random(200)).then(() => this.do(second, other)),
    ])
    for (const result of done) {
      if (result.status === 'rejected' && !MAY_FAIL.test(String(result.reason))) throw result.reason
      if (result.status === 'rejected') this.tell(`refused: ${result.reason}`)
    }
    await this.until('domain 0 runs', () => this.supervised.domain0Runs)
    for (const each of [...this.machines]) await this.quiet(each)
  }

  private async do(act: Act, machine: Machine): Promise<void> {
    const { domains } = this
    const { snapshots, branches, texts, trees } = this.supervised.toolstack
    const { uuid, shell } = machine
    const runs = this.state(machine) === 'running'
    switch (act) {
      case 'write': {
        if (!runs) return this.start(machine)
        const [block, value] = [this.random(DISK_BLOCKS), this.random(1_000_000)]
        machine.blocks = new Map(machine.blocks).set(block, value)
        await shell.write(block, value)
        return
      }
      case 'count':
        if (!runs) return this.start(machine)
        machine.count++
        await shell.countOne()
        return
      case 'power':
        if (!runs) return this.start(machine)
        good(await domains.destroy(uuid))
        return
      case 'save':
        if (!runs) return
        await this.job(machine, () => domains.managedSave(uuid))
        if (this.random(2) === 0) await this.start(machine)
        return
      case 'snapshot': {
        // What a saved machine has in memory is in its file.
        if (this.state(machine) === 'saved') return
        const { blocks, count } = machine
        await this.job(machine, () => snapshots.create(uuid, `${this.made++}`, ''))
        const { current } = trees.of(uuid)
        if (current !== null) machine.snapshots.push({ id: current, blocks, count: runs ? count : undefined })
        return
      }
      case 'revert': {
        const past = this.pastOf(machine)
        if (!past) return
        const [before] = this.disksOf(machine)
        try {
          await this.noneButMerging(machine)
          good(await this.supervised.toolstack.jobs.wait(good(snapshots.revert(uuid, past.id))))
        } finally {
          // It may have gone back without going on.
          if (before !== this.disksOf(machine)[0]) Object.assign(machine, { blocks: past.blocks, count: past.count ?? 0 })
        }
        return
      }
      case 'removeSnapshot': {
        const past = this.pastOf(machine)
        if (!past) return
        await this.noneButMerging(machine)
        good(await snapshots.remove(uuid, past.id, this.random(3) === 0))
        const left = new Set(trees.of(uuid).snapshots.map(({ id }) => id))
        machine.snapshots = machine.snapshots.filter(({ id }) => left.has(id))
        return
      }
      case 'branch': {
        const past = this.pastOf(machine)
        if (!past || this.machines.length >= MACHINES_MOST) return
        const made = await this.madeBy(() => branches.branch(uuid, past.id, `branch ${this.made++}`))
        this.member(made, past.blocks, past.count)
        return
      }
      case 'fork': {
        if (!runs || this.machines.length >= MACHINES_MOST) return
        await this.quiet(machine)
        const { blocks, count } = machine
        this.member(await this.madeBy(() => branches.fork(uuid, `fork ${this.made++}`)), blocks, count)
        return
      }
      case 'clone': {
        if (this.machines.length >= MACHINES_MOST) return
        const past = this.state(machine) === 'shutoff' && this.random(2) === 0 ? undefined : this.pastOf(machine)
        if (!past && this.state(machine) !== 'shutoff') return
        await this.quiet(machine)
        const fate: DiskFate = this.random(2) === 0 ? 'copy' : 'link'
        const blocks = past?.blocks ?? machine.blocks
        const fates = [{ dev: 'xvda', fate }]
        this.member(
          await this.madeBy(() => branches.clone(uuid, past?.id ?? null, `clone ${this.made++}`, fates)),
          blocks,
          undefined,
        )
        return
      }
      case 'delete': {
        if (this.machines.length < 2 || this.state(machine) === 'saved') return
        if (runs) good(await domains.destroy(uuid))
        await this.quiet(machine)
        const [disk] = this.disksOf(machine)
        const keeps = this.random(4) === 0
        good(await texts.undefine(uuid, keeps || !disk ? [] : [disk]))
        this.machines = this.machines.filter((one) => one !== machine)
        const [entry] = (await texts.trash()).filter((one) => one.uuid === uuid)
        if (keeps && disk) this.kept.add(disk)
        if (!entry || this.random(2) === 0) return
        if (disk) this.kept.delete(disk)
        const back = good(await texts.restore(entry.id))
        expect(back.uuid).toBe(uuid)
        this.machines.push(machine)
        return
      }
      case 'trash':
        good(await texts.empty((await texts.trash()).map(({ id }) => id)))
        return
      case 'killDomain0': {
        const pid = this.supervised.pids('dom0')[0]
        if (performance.now() - this.killedAt < KILL_PAUSE_MS || pid === undefined) return
        this.killedAt = performance.now()
        const { domain0Ends } = this.supervised
        process.kill(pid, 'SIGKILL')
        await this.until('domain 0 is back', () => this.supervised.domain0Ends > domain0Ends && this.supervised.domain0Runs)
        return
      }
      case 'newMain':
        await this.supervised.close()
        this.supervised = new Supervised(this.supervised.folder)
        await this.supervised.open()
        for (const each of this.machines) each.shell.on(this.supervised)
        return
    }
  }

  private async check(machine: Machine, blocks = 2): Promise<void> {
    if (this.state(machine) !== 'running') return
    expect(Number(await machine.shell.run('echo $x')), `${this.told(machine)}'s shell`).toBe(machine.count)
    const list = [...machine.blocks]
    for (let left = Math.min(blocks, list.length); left > 0; left--) {
      const [block, value] = (blocks === list.length ? list[left - 1] : oneOf(this.random, list)) ?? [0, 0]
      expect(await machine.shell.read(block), `${this.told(machine)}, block ${block}`).toBe(value)
    }
  }

  private member(uuid: string, blocks: Blocks, count: number | undefined): Machine {
    const machine: Machine = { uuid, shell: new LinuxShell(this.supervised, uuid), blocks, count: count ?? 0, snapshots: [] }
    this.machines.push(machine)
    return machine
  }

  private async start(machine: Machine): Promise<void> {
    await this.quiet(machine)
    if (this.state(machine) === 'paused') return void good(await this.domains.resume(machine.uuid))
    const goesOn = this.state(machine) === 'saved'
    good(await this.domains.create(machine.uuid, false))
    if (goesOn) return
    await machine.shell.booted()
    machine.count = 0
  }

  /** The machine that a job makes. */
  private async madeBy(start: () => Result<number, ErrorReport>): Promise<string> {
    const { jobs } = this.supervised.toolstack
    const job = good(start())
    good(await jobs.wait(job))
    const uuid = jobs.list().find((info) => info.job === job)?.uuid
    if (!uuid) throw new Error('the job has made no machine')
    return uuid
  }

  private async job(machine: Machine, start: () => Result<number, ErrorReport>): Promise<void> {
    await this.quiet(machine)
    good(await this.supervised.toolstack.jobs.wait(good(start())))
  }

  private quiet(machine: Machine): Promise<void> {
    return this.until('its work is done', () => this.jobOf(machine) === null)
  }

  /** What a removed snapshot left may still be merged. */
  private noneButMerging(machine: Machine): Promise<void> {
    const { domains } = this.supervised.toolstack
    return this.until('its work is done', () => this.jobOf(machine) === domains.mergeOf(machine.uuid))
  }

  private jobOf({ uuid }: Machine): number | null {
    const info = this.supervised.toolstack.domains.info(uuid)
    return info.ok ? info.value.job : null
  }

  private async until(what: string, is: () => boolean): Promise<void> {
    for (let left = 1200; left > 0; left--) {
      if (is()) return
      await delay(50)
    }
    throw new Error(`not yet: ${what}`)
  }

  private pastOf({ snapshots }: Machine): Past | undefined {
    return snapshots[this.random(Math.max(1, snapshots.length))]
  }

  /** A file and those it stands on. */
  private async addChain(file: string, files: Set<string>): Promise<void> {
    for (let at: string | undefined = file; at !== undefined; ) {
      files.add(at)
      const { backing }: { backing?: string | undefined } = good(await this.supervised.driver.images.inspect(at))
      at = backing === undefined ? undefined : path.resolve(path.dirname(at), backing)
    }
  }

  private disksOf({ uuid }: Machine): string[] {
    return (this.supervised.info(uuid).config?.devices ?? []).flatMap((device) => (device.kind === 'vbd' ? [device.path] : []))
  }

  private state({ uuid }: Machine): string {
    const info = this.supervised.toolstack.domains.info(uuid)
    return info.ok ? info.value.state : 'gone'
  }

  private told(machine: Machine): string {
    const info = this.supervised.toolstack.domains.info(machine.uuid)
    return info.ok ? `"${info.value.name}" (${info.value.state})` : 'one that is gone'
  }

  private get domains() {
    return this.supervised.toolstack.domains
  }

  async close(): Promise<void> {
    await this.supervised.close()
  }

  get log(): readonly string[] {
    return this.supervised.log
  }
}

export function familySequences({ steps, seed, timeoutMs }: { steps: number; seed: number; timeoutMs: number }): void {
  it(`${steps} steps: each machine has what is its own`, { timeout: timeoutMs }, async ({ skip }) => {
    const debian = await debianGuest('cloud')
    if (!debian.ok) return skip(debian.error)
    const { kernel, ramdisk, commandLine } = debian.value
    const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-family-'))
    const told: string[] = []
    const supervised = new Supervised(path.join(folder, 'machine'))
    const family = new Family(supervised, folder, seed, (text) => told.push(text))
    try {
      await supervised.open()
      await family.begin(kernel, ramdisk, commandLine)
      for (let left = steps; left > 0; left--) await family.step()
      await family.end()
    } catch (thrown) {
      console.log(told.slice(-40).join('\n'))
      console.log(family.log.slice(-30).join('\n'))
      throw thrown
    } finally {
      await family.close()
      rmSync(folder, { recursive: true, force: true })
    }
  })
}
