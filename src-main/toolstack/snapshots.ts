// Snapshots of domains: taken live with memory and all disks of one instant, gone back to, renamed, deleted.
// Disks: each written disk gets an overlay, its file until now stays as it was; the definition names the overlays. The definition's
// write is the point where a change of disks is made; before it what was made is taken back, after it the change is finished.
// Invariant: an intent is on disk while a change is under way (SnapshotStore); at no moment do disks depend on a file that is not
// there. Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { mkdir, rm } from 'node:fs/promises'
import { dirname } from 'node:path'
import { nameKey, properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { Intent, SnapshotStore } from '../definition/snapshot-store'
import type { HypervisorDriver, Outcome } from '../driver/driver'
import type { Clock } from '../lib/clock'
import { writeProblem } from '../lib/write-problem'
import { type ErrorReport, errorReport } from '../public/error-code'
import { labelProblem } from '../public/name'
import { SNAPSHOTS_MOST, type Snapshot } from '../public/snapshot'
import type { DomainConfig } from '../public/types'
import type { Domain } from './domain'
import type { Domains } from './domains'
import type { JobControl } from './jobs'
import { checkFiles, type Layers, type Planned, writtenDisks } from './layers'
import { isActive } from './life-cycle'
import type { Merging } from './merging'
import type { SnapshotTrees } from './snapshot-trees'

/** This much of a text console is kept as a picture. */
const TEXT_BYTES = 16 * 1024

export interface SnapshotsParts {
  readonly driver: HypervisorDriver
  readonly domains: Domains
  readonly store: SnapshotStore
  readonly layers: Layers
  readonly trees: SnapshotTrees
  readonly merging: Merging
  readonly clock: Clock
}

export class Snapshots {
  private readonly parts: SnapshotsParts

  constructor(parts: SnapshotsParts) {
    this.parts = parts
  }

  create(uuid: string, name: string, description: string): Result<number, ErrorReport> {
    const { domains, trees, clock } = this.parts
    const { snapshots, current } = trees.of(uuid)
    const free = this.checkName(uuid, name, undefined)
    if (!free.ok) return free
    if (snapshots.length >= SNAPSHOTS_MOST) return err(errorReport('too-many-snapshots', { max: SNAPSHOTS_MOST }))
    const order = { kind: 'snapshot', step: 'taking-snapshot', cancellable: true } as const
    return domains.occupy(uuid, 'snapshot', order, async (domain, control) => {
      const config = domain.running ?? domain.config
      const state = domain.state === 'running' || domain.state === 'paused' ? domain.state : 'shutoff'
      const id = randomUUID()
      const picture = state === 'shutoff' ? 'none' : await this.takePicture(uuid, id)
      const snapshot: Snapshot = {
        id,
        name: properName(name),
        description,
        parent: current,
        createdAt: clock.now(),
        state,
        config,
        picture,
      }
      const done = await this.freeze(domain, snapshot, this.parts.store.memoryPath(uuid, id), false, control)
      if (!done.ok) {
        await this.parts.store.removeStrangers(
          uuid,
          trees.of(uuid).snapshots.map((one) => one.id),
        )
        this.parts.merging.ask()
        return done
      }
      return ok(null)
    })
  }

  /**
   * The domain goes on above new overlays; its memory, when it runs, goes to `path`; with a snapshot it becomes the tree's current one.
   * The value: the devices whose disks stay as they are now.
   */
  async freeze(
    domain: Domain,
    snapshot: Snapshot | null,
    path: string,
    plain: boolean,
    control: JobControl,
  ): Outcome<DomainConfig> {
    const { driver, domains, layers, trees } = this.parts
    const { uuid } = domain
    const frozen = domain.running ?? domain.config
    const planned = await layers.plan(frozen.name, frozen.devices)
    if (!planned.ok) return planned
    const { layers: made, disks } = planned.value
    return this.withIntent(uuid, { kind: 'create', layers: [...made], snapshot, to: null, dropped: [] }, async () => {
      const before = domain.config
      const ready = await layers.make(made)
      if (!ready.ok) return ready
      // Of one that is off this is all of it.
      const wanted = isActive(domain.state) ? control.wanted() : control.commit()
      const kept = wanted.ok ? await domains.keep(domain, above(before, planned.value)) : wanted
      if (!kept.ok) {
        await layers.unmake(made)
        return kept
      }
      let switched = false
      const onSwitched = (): void => {
        switched = true
        if (domain.running) domain.running = above(domain.running, planned.value)
      }
      if (isActive(domain.state)) {
        await mkdir(dirname(path), { recursive: true })
        const order = { path, disks, plain, switched: onSwitched }
        const taken = await driver.snapshot(uuid, order, control)
        if (!taken.ok) {
          // The guest never wrote to the overlays, or it does: then the files below are what is not needed.
          if (switched || (await domains.keep(domain, before, { cause: 'withdrawn' })).ok === false) {
            await layers.release(made.map(({ backing }) => backing.path))
          } else await layers.unmake(made)
          return taken
        }
      }
      if (snapshot) await trees.add(uuid, snapshot)
      return ok(frozen)
    })
  }

  redefine(uuid: string, id: string, name: string, description: string): Outcome {
    const { trees } = this.parts
    const found = trees.find(uuid, id)
    const free = found.ok ? this.checkName(uuid, name, id) : found
    if (!free.ok) return Promise.resolve(free)
    return this.stored(async () => {
      const tree = trees.of(uuid)
      const snapshots = tree.snapshots.map((one) => (one.id === id ? { ...one, name: properName(name), description } : one))
      await trees.put(uuid, { ...tree, snapshots })
    })
  }

  /** A merge of its disks is called off for it. Can be cancelled until the machine that runs is ended: what it had in memory is gone then. */
  revert(uuid: string, id: string): Result<number, ErrorReport> {
    const { driver, domains, store, layers, trees, merging } = this.parts
    const found = trees.find(uuid, id)
    if (!found.ok) return found
    const snapshot = found.value
    const order = { kind: 'revert', step: 'preparing-revert', cancellable: true } as const
    return domains.occupy(uuid, 'revert', order, async (domain, control) => {
      const memory = snapshot.state === 'shutoff' ? [] : [store.memoryPath(uuid, id)]
      const whole = await checkFiles(snapshot.config, memory)
      if (!whole.ok) return whole
      const config: DomainConfig = { ...snapshot.config, name: domain.config.name }
      const planned = await layers.plan(config.name, config.devices)
      if (!planned.ok) return planned
      const next = above(config, planned.value)
      const fits = domains.checkDefinition(next, uuid)
      if (!fits.ok) return fits
      const dropped = writtenDisks(domain.config.devices).flatMap(({ path }) => (layers.find(path) ? [path] : []))
      const made = [...planned.value.layers]
      const done = await this.withIntent(uuid, { kind: 'revert', layers: made, snapshot: null, to: id, dropped }, async () => {
        const ready = await layers.make(made)
        if (!ready.ok) return ready
        const wanted = control.commit()
        if (wanted.ok) control.step('reverting')
        const halted = wanted.ok ? await domains.halt(domain) : wanted
        const kept = halted.ok ? await domains.keep(domain, next) : halted
        if (!kept.ok) {
          await layers.unmake(made)
          return kept
        }
        await domains.dropManagedSave(domain)
        domains.rested(domain)
        await layers.release(dropped)
        await trees.put(uuid, { ...trees.of(uuid), current: id })
        return ok(null)
      })
      merging.ask()
      const [file] = memory
      if (!done.ok || file === undefined) return done
      const restored = await domains.continueFrom(domain, next, file, control)
      if (!restored.ok) return restored
      return snapshot.state === 'paused' ? driver.suspend(uuid) : ok(null)
    })
  }

  /** `below`: with all that came from it. What its disks alone have is merged into what stands on them, now or when that rests. */
  async remove(uuid: string, id: string, below: boolean): Outcome {
    const { domains, layers, trees, merging, store } = this.parts
    const found = trees.find(uuid, id)
    if (!found.ok) return found
    const info = domains.info(uuid)
    // A merge has its files already, and comes back for more.
    if (info.ok && info.value.job !== null && domains.mergeOf(uuid) === null)
      return err(errorReport('job-running', { name: info.value.name }))
    return this.stored(async () => {
      const { snapshots, current } = trees.of(uuid)
      const gone = new Set([id])
      if (below) {
        for (let size = 0; size !== gone.size; ) {
          size = gone.size
          for (const one of snapshots) if (one.parent !== null && gone.has(one.parent)) gone.add(one.id)
        }
      }
      const parentOf = (one: string | null): string | null => {
        for (let at = one; ; at = snapshots.find((each) => each.id === at)?.parent ?? null) {
          if (at === null || !gone.has(at)) return at
        }
      }
      const left = snapshots.filter((one) => !gone.has(one.id)).map((one) => ({ ...one, parent: parentOf(one.parent) }))
      const files = snapshots.filter((one) => gone.has(one.id)).flatMap(({ config }) => writtenDisks(config.devices))
      await layers.release(files.map(({ path }) => path))
      await trees.put(uuid, { current: parentOf(current), snapshots: left })
      await store.removeStrangers(
        uuid,
        left.map((one) => one.id),
      )
      merging.ask()
    })
  }

  /** The domain is gone for good: so are its snapshots. */
  async forget(uuid: string): Promise<void> {
    const { trees, layers, merging } = this.parts
    const { snapshots } = trees.of(uuid)
    await layers.release(snapshots.flatMap(({ config }) => writtenDisks(config.devices).map(({ path }) => path)))
    await trees.forget(uuid)
    merging.ask()
  }

  /** An intent is there while `work` is done, whatever becomes of it but the end of this process. */
  async withIntent<T>(uuid: string, intent: Intent, work: () => Outcome<T>): Outcome<T> {
    const begun = await this.stored(() => this.parts.store.putIntent(uuid, intent))
    if (!begun.ok) return begun
    const done = await this.guarded(work)
    await this.stored(() => this.parts.store.dropIntent(uuid))
    return done
  }

  private async guarded<T>(work: () => Outcome<T>): Outcome<T> {
    try {
      return await work()
    } catch (thrown) {
      return err(writeProblem(this.parts.store.folder, thrown))
    }
  }

  private stored(work: () => Promise<unknown>): Outcome {
    return this.guarded(async () => {
      await work()
      return ok(null)
    })
  }

  private checkName(uuid: string, name: string, own: string | undefined): Result<null, ErrorReport> {
    const wanted = properName(name)
    if (wanted === '') return err(errorReport('snapshot-name-empty'))
    const problem = labelProblem(wanted)
    if (problem) return err(problem)
    const key = nameKey(wanted)
    const taken = this.parts.trees.of(uuid).snapshots.some((one) => one.id !== own && nameKey(one.name) === key)
    return taken ? err(errorReport('snapshot-exists', { name: wanted })) : ok(null)
  }

  private async takePicture(uuid: string, id: string): Promise<Snapshot['picture']> {
    const { driver, store } = this.parts
    try {
      const shot = await driver.screenshot(uuid)
      if (shot.ok) {
        await store.putPicture(uuid, id, shot.value.png)
        return 'screen'
      }
      const text = await driver.consoleText(uuid, TEXT_BYTES)
      if (!text.ok || text.value.trim() === '') return 'none'
      await store.putPicture(uuid, id, text.value)
      return 'text'
    } catch {
      // A snapshot without a picture is one all the same.
      await rm(store.memoryPath(uuid, id).replace(/save$/, 'png'), { force: true }).catch(() => undefined)
      return 'none'
    }
  }
}

/** The configuration with the planned overlays where it names what they stand on. */
export function above(config: DomainConfig, { layers, disks }: Planned): DomainConfig {
  const devices = config.devices.map((device) => {
    if (device.kind !== 'vbd' || device.readonly) return device
    const index = layers.findIndex(({ backing }) => backing.path === device.path)
    const layer = layers[index]
    const disk = disks[index]
    if (!layer || !disk) return device
    return { ...device, path: layer.path, format: disk.format, allowedBacking: [...disk.allowedBacking] }
  })
  return { ...config, devices }
}
