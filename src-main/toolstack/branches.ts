// New machines from others: a branch from a snapshot (with its memory, it runs on from there), a fork of a running guest, a clone.
// Each is beside its original: identifier, MAC addresses and written disks of its own, no port of the host (identity rule of the
// design). Written disks are overlays on files that nobody writes any more, or copies.
// Invariant: what is made appears whole or not at all; the original is not changed, but for a fork's and a linked clone's disks, which
// go on in overlays of their own. Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { rm, stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { nameKey, properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import { disksOf } from '../config/device-check'
import type { Layer } from '../definition/snapshot-store'
import type { Outcome } from '../driver/driver'
import { folderForFile } from '../lib/own-folder'
import type { Device, WrittenFormat } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DiskFate } from '../public/snapshot'
import type { DomainConfig } from '../public/types'
import type { FreePaths, ProposePath } from './free-paths'
import type { JobControl, Jobs } from './jobs'
import { checkFiles } from './layers'
import { above, type Snapshots, type SnapshotsParts } from './snapshots'
import type { UnfinishedFiles } from './unfinished-files'

export interface BranchesParts extends SnapshotsParts {
  readonly jobs: Jobs
  readonly unfinished: Pick<UnfinishedFiles, 'copying' | 'making'>
  readonly snapshots: Snapshots
  readonly paths: Pick<FreePaths, 'holding'>
}

/** `to`: where the copy goes. */
export type Fates = readonly { readonly dev: string; readonly fate: DiskFate; readonly to?: string | undefined }[]

export class Branches {
  private readonly parts: BranchesParts
  /** Names of machines that are being made, and by which job: a copy of a disk takes long. */
  private readonly coming = new Map<string, number>()

  constructor(parts: BranchesParts) {
    this.parts = parts
  }

  /** The job's domain is the new one. */
  branch(uuid: string, id: string, name: string): Result<number, ErrorReport> {
    const { trees, store, jobs } = this.parts
    const found = trees.find(uuid, id)
    if (!found.ok) return found
    const { config, state } = found.value
    const file = state === 'shutoff' ? undefined : store.memoryPath(uuid, id)
    const named = this.checkName(config, name)
    if (!named.ok) return named
    const job = jobs.start({
      kind: 'branch',
      subject: name,
      uuid: null,
      step: 'branching',
      cancellable: true,
      work: async (control) => {
        const whole = await checkFiles(config, file === undefined ? [] : [file])
        return whole.ok ? this.besideTree(uuid, () => this.make(config, name, file, control)) : whole
      },
    })
    return this.comes(name, ok(job))
  }

  /** A running guest and its copy go on from the same instant. */
  fork(uuid: string, name: string): Result<number, ErrorReport> {
    const { domains, store, layers, snapshots, merging } = this.parts
    const info = domains.info(uuid)
    if (!info.ok) return info
    const named = this.checkName(info.value.config, name)
    if (!named.ok) return named
    const order = { kind: 'fork', step: 'forking', cancellable: true } as const
    const started = domains.occupy(uuid, 'fork', order, async (domain, control) => {
      const file = store.memoryPath(uuid, randomUUID())
      const copy = randomUUID()
      const letGo = this.parts.driver.expect?.(copy, { ...(domain.running ?? domain.config), name: properName(name) })
      try {
        const frozen = await snapshots.freeze(domain, null, file, true, control)
        if (!frozen.ok) return frozen
        // The original has gone on long since; what it needs of the job is over.
        domains.give(domain, control.job)
        const made = await this.make(frozen.value, name, file, control, undefined, copy)
        await layers.release(disksOf(frozen.value.devices).flatMap(({ path, readonly }) => (readonly ? [] : [path])))
        return made
      } finally {
        letGo?.()
        await rm(file, { force: true })
        merging.ask()
      }
    })
    return this.comes(name, started)
  }

  /** Of a domain at rest, or of a snapshot; never with memory. Disks that `fates` does not name are copied, read-only ones shared. */
  clone(uuid: string, id: string | null, name: string, fates: Fates): Result<number, ErrorReport> {
    const { domains, trees, jobs } = this.parts
    const order = { kind: 'clone', step: 'cloning', cancellable: true } as const
    if (id !== null) {
      const found = trees.find(uuid, id)
      if (!found.ok) return found
      const { config } = found.value
      const named = this.checkName(config, name)
      if (!named.ok) return named
      const work = (control: JobControl): Outcome => this.besideTree(uuid, () => this.cloneFrom(config, name, fates, control))
      return this.comes(name, ok(jobs.start({ ...order, subject: name, uuid: null, work })))
    }
    const info = domains.info(uuid)
    if (!info.ok) return info
    const named = this.checkName(info.value.config, name)
    if (!named.ok) return named
    const started = domains.occupy(uuid, 'clone', order, async (domain, control) => {
      // What the clone links to is not written any more: the original goes on above it.
      const linked = domain.config.devices.filter((device) => device.kind === 'vbd' && fateOf(device, fates) === 'link')
      if (linked.length === 0) return this.cloneFrom(domain.config, name, fates, control)
      const { config } = domain
      const { layers, snapshots, merging } = this.parts
      const planned = await layers.plan(config.name, config.devices, (disk) => linked.includes(disk))
      if (!planned.ok) return planned
      const made = [...planned.value.layers]
      const intent = { kind: 'create', layers: made, snapshot: null, to: null, dropped: [] } as const
      const split = await snapshots.withIntent(uuid, { ...intent, layers: made, dropped: [] }, async () => {
        const ready = await layers.make(made)
        if (!ready.ok) return ready
        const wanted = control.wanted()
        const kept = wanted.ok ? await domains.keep(domain, above(config, planned.value)) : wanted
        if (!kept.ok) await layers.unmake(made)
        return kept
      })
      const done = split.ok ? await this.cloneFrom(config, name, fates, control) : split
      const below = made.map(({ backing }) => backing.path)
      // Nothing was written to the overlays yet, and nothing else stands on what is below them.
      const mayGo = split.ok && !done.ok && below.every((path) => layers.above(path).length === 1)
      if (mayGo && (await domains.keep(domain, config, { cause: 'withdrawn' })).ok) await layers.unmake(made)
      else await layers.release(below)
      merging.ask()
      return done
    })
    return this.comes(name, started)
  }

  // ---- inside ---------------------------------------------------------------------------------

  private checkName(config: DomainConfig | null, name: string): Result<null, ErrorReport> {
    const { domains } = this.parts
    if (!config) return err(errorReport('unsupported', { operation: 'clone' }))
    const job = this.coming.get(nameKey(properName(name)))
    const isComing = this.parts.jobs.running().some((each) => each.job === job)
    if (isComing) return err(errorReport('name-exists', { name: properName(name) }))
    return domains.checkDefinition({ ...domains.besides(config), name: properName(name) }, undefined)
  }

  /** Nobody else gets the name while the job is at work. */
  private comes(name: string, started: Result<number, ErrorReport>): Result<number, ErrorReport> {
    if (started.ok) this.coming.set(nameKey(properName(name)), started.value)
    return started
  }

  /** Another machine stands on a snapshot's files then: its tree says so. */
  private async besideTree(uuid: string, work: () => Outcome): Outcome {
    const done = await work()
    if (done.ok) await this.parts.trees.tell(uuid)
    return done
  }

  private cloneFrom(config: DomainConfig, name: string, fates: Fates, control: JobControl): Outcome {
    const left = config.devices.filter((device) => device.kind !== 'vbd' || fateOf(device, fates) !== 'leave')
    return this.parts.paths.holding((propose) =>
      this.make({ ...config, devices: left }, name, undefined, control, { fates, propose }),
    )
  }

  /** A domain beside others from a configuration whose written files stay as they are. Without `cloning` all is linked. */
  private async make(
    origin: DomainConfig,
    name: string,
    memory: string | undefined,
    control: JobControl,
    cloning?: Cloning,
    uuid: string = randomUUID(),
  ): Outcome {
    const config = { ...origin, name: properName(name) }
    const { domains, layers, snapshots } = this.parts
    const beside = domains.besides(config)
    const planned = await layers.plan(config.name, beside.devices, (disk) => !cloning || fateOf(disk, cloning.fates) === 'link')
    if (!planned.ok) return planned
    const links = [...planned.value.layers]
    const found = cloning ? await this.planCopies(config.name, planned.value.devices, cloning) : ok([])
    if (!found.ok) return found
    const copies = found.value
    const next: DomainConfig = {
      ...beside,
      devices: planned.value.devices.map((device) => {
        const copy = copies.find((one) => one.device === device)
        if (!copy || device.kind !== 'vbd') return device
        const { allowedBacking: _alone, ...disk } = device
        return { ...disk, path: copy.to, format: copy.format }
      }),
    }
    const intent = { kind: 'branch' as const, layers: links, snapshot: null, to: null, dropped: [] }
    const files = copies.map(({ to }) => to)
    const work = async (): Outcome<string> => {
      const ready = await layers.make(links)
      const copied = ready.ok ? await this.copy(copies, control) : ready
      const wanted = !copied.ok ? copied : memory === undefined ? control.commit() : control.wanted()
      const stored = wanted.ok ? await domains.define(next, uuid) : wanted
      if (!stored.ok) await this.unmake(links, copied.ok ? copies : [])
      return stored
    }
    const { unfinished } = this.parts
    const defined = await unfinished.making(config.name, files, () => snapshots.withIntent(uuid, intent, work))
    await this.parts.trees.forget(uuid)
    if (!defined.ok) return defined
    const domain = domains.own(uuid)
    if (!domain) return err(errorReport('no-domain', { uuid }))
    control.domain(uuid, next.name, origin.name)
    if (memory === undefined) return ok(null)
    const restored = await domains.continueFrom(domain, next, memory, control)
    if (restored.ok) return ok(null)
    await domains.discard(uuid)
    await this.unmake(links, copies)
    return restored
  }

  /** A file that is there stays as it is: nothing is begun. */
  private async planCopies(name: string, devices: readonly Device[], { fates, propose }: Cloning): Outcome<Copy[]> {
    const copies: Copy[] = []
    for (const device of devices) {
      if (device.kind !== 'vbd' || device.path === '' || fateOf(device, fates) !== 'copy') continue
      const format: WrittenFormat = device.format === 'raw' ? 'raw' : 'qcow2'
      const taken = copies.map((copy) => copy.to)
      const chosen = fates.find(({ dev }) => dev === device.dev)?.to
      if (chosen !== undefined && (taken.includes(chosen) || (await stat(chosen).catch(() => null)) !== null))
        return err(errorReport('file-exists', { path: chosen }))
      const to = chosen ?? (await propose(`${name}-${device.dev}`, format, taken))
      const below = await this.parts.layers.chain(device)
      copies.push({ device, from: device.path, fromFormat: device.format, to, format, below })
    }
    return ok(copies)
  }

  /** All of them or none. */
  private async copy(copies: readonly Copy[], control: JobControl): Outcome {
    for (const [index, { from, to, format, fromFormat, below }] of copies.entries()) {
      const report = (fraction: number): void => control.report((index + fraction) / copies.length)
      const folder = await folderForFile(dirname(to))
      const order = { from, fromFormat, to, format, allowed: below }
      const { unfinished, driver } = this.parts
      const progress = { signal: control.signal, report }
      const done = folder.ok ? await unfinished.copying(to, () => driver.images.copy(order, progress)) : folder
      if (!done.ok) {
        await this.unmake([], copies.slice(0, index))
        return done
      }
    }
    return ok(null)
  }

  private async unmake(links: readonly Layer[], copies: readonly Copy[]): Promise<void> {
    await this.parts.layers.unmake(links)
    for (const { to } of copies) await rm(to, { force: true })
  }
}

interface Cloning {
  readonly fates: Fates
  readonly propose: ProposePath
}

interface Copy {
  readonly device: Device
  readonly from: string
  readonly fromFormat: Extract<Device, { kind: 'vbd' }>['format']
  readonly to: string
  readonly format: WrittenFormat
  readonly below: readonly string[]
}

function fateOf(device: Extract<Device, { kind: 'vbd' }>, fates: Fates): DiskFate {
  return fates.find(({ dev }) => dev === device.dev)?.fate ?? (device.readonly ? 'share' : 'copy')
}
