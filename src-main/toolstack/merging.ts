// Merges what deleted snapshots left, as a job; looked at again whenever a domain changes. Four ways, see Layers: an overlay takes over
// from a file made here, while nothing that runs uses it; the same while guests read it, in the middle of the files below their disks: a
// new file takes its name, and they go on with what they opened; what a disk's overlay holds goes into the file below and the definition
// names that again, which needs the domain for itself so that it does not start in between; the same under a running guest, which
// writes to both files meanwhile. Domain 0's locks keep a running guest's files safe in any case: a merge that meets one waits.
// Invariant: a definition names a file that holds the whole disk, at every moment. Runs in: main, plain Node.
import { err, ok } from '../../src-engine/public/result'
import type { SnapshotStore } from '../definition/snapshot-store'
import type { HypervisorDriver, Outcome } from '../driver/driver'
import { deviceKey } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DomainConfig, DomainOperation } from '../public/types'
import { DESTROY_ALONE, type Domain } from './domain'
import type { Domains } from './domains'
import type { JobControl, Jobs } from './jobs'
import type { Layers, Merge } from './layers'
import { isActive } from './life-cycle'
import { filesOf, type SnapshotTrees } from './snapshot-trees'

/** A merge under a running guest may take long: its life goes on, its devices and disks stay as they are. What drops its disks ends the merge. */
const LEFT_MEANWHILE: readonly DomainOperation[] = [
  'suspend',
  'resume',
  'shutdown',
  'reboot',
  'destroy',
  'setMemory',
  'setVcpus',
  'openConsole',
  'openScreen',
  'revert',
]
const LEFT_AT_REST: readonly DomainOperation[] = [...DESTROY_ALONE, 'revert']

export interface MergingParts {
  readonly driver: HypervisorDriver
  readonly domains: Domains
  readonly jobs: Jobs
  readonly store: SnapshotStore
  readonly layers: Layers
  readonly trees: SnapshotTrees
  readonly problem: (error: ErrorReport) => void
}

type Way = 'pull' | 'beside' | 'push' | 'live'

export class Merging {
  private readonly parts: MergingParts
  private working: Promise<unknown> = Promise.resolve()
  private asked = false
  /** Upper files whose merge was called off or failed, and how their domain stood then: tried again when that has changed. */
  private readonly givenUp = new Map<string, string>()

  constructor(parts: MergingParts) {
    this.parts = parts
  }

  /** There is something new to merge. */
  ask(): void {
    this.givenUp.clear()
    this.look()
  }

  /** Looks, soon; many looks are one. */
  look(): void {
    if (this.asked || this.parts.store.released.length === 0) return
    this.asked = true
    const turn = async (): Promise<void> => {
      this.asked = false
      await this.run()
    }
    this.working = this.working.then(turn, turn).catch(() => undefined)
  }

  /** Everything asked for so far is done. */
  async settled(): Promise<void> {
    await this.working
  }

  private async run(): Promise<void> {
    const { layers, jobs } = this.parts
    for (;;) {
      const merges = await layers.tidy(this.used())
      const [next] = merges.flatMap((merge) => {
        const domain = this.owner(merge)
        const way = this.way(merge, domain)
        return way && this.givenUp.get(merge.upper.path) !== situation(domain) ? [{ merge, domain, way }] : []
      })
      if (!next) return
      const { merge, domain, way } = next
      const before = this.parts.store.released.length
      const stood = situation(domain)
      const job = jobs.start({
        kind: 'snapshotMerge',
        subject: domain?.config.name ?? '',
        uuid: domain?.uuid ?? null,
        step: 'merging-disks',
        cancellable: true,
        work: (control) =>
          way === 'push' || way === 'live' ? this.down(merge, domain, way, control) : this.up(merge, way, control),
      })
      const done = await jobs.wait(job)
      if (done.ok && this.parts.store.released.length !== before) continue
      this.givenUp.set(merge.upper.path, stood)
      // One that ended over it rests now, and can be merged so.
      if (situation(domain) === stood) return
    }
  }

  private used(): Set<string> {
    return new Set([...this.parts.domains.usedConfigs().flatMap(filesOf), ...this.parts.trees.usedFiles()])
  }

  /** The domain whose disk the upper file is, or stands on it. */
  private owner({ upper: { path } }: Merge): Domain | undefined {
    const { domains } = this.parts
    const list = domains.list()
    const info =
      list.find(({ config }) => config && filesOf(config).includes(path)) ??
      list.find(({ config }) => config && this.standsOn(config, path))
    return info && domains.own(info.uuid)
  }

  private way(merge: Merge, owner: Domain | undefined): Way | undefined {
    const { domains, layers, trees } = this.parts
    const { path } = merge.upper
    const runs = this.runningOn(path)
    if (!runs && merge.ours) return 'pull'
    if (merge.ours && !domains.usedConfigs().some((config) => filesOf(config).includes(path))) return 'beside'
    // Into the file below only what is one domain's present disk and nothing else's.
    if (!owner || owner.job !== null || owner.managedSave !== null) return undefined
    if (layers.isBelow(path) || trees.usedFiles().includes(path)) return undefined
    const others = domains.usedConfigs().filter((config) => config !== owner.config && config !== owner.running)
    if (others.some((config) => filesOf(config).includes(path))) return undefined
    if (!runs) return isActive(owner.state) ? undefined : 'push'
    const present = owner.running && filesOf(owner.running).includes(path)
    return present && (owner.state === 'running' || owner.state === 'paused') ? 'live' : undefined
  }

  /** Whether a running guest's disk is this file, or stands on it. */
  private runningOn(path: string): boolean {
    return this.parts.domains.list().some(({ running }) => running && this.standsOn(running, path))
  }

  private standsOn(config: DomainConfig, path: string): boolean {
    const { layers } = this.parts
    return filesOf(config).some((file) => {
      for (let at: string | undefined = file; at !== undefined; at = layers.find(at)?.backing.path) if (at === path) return true
      return false
    })
  }

  /** The upper file takes over from the lower one. */
  private async up(merge: Merge, way: 'pull' | 'beside', control: JobControl): Outcome {
    const { domains, driver, layers, problem } = this.parts
    const done = await layers.pull(merge, control, way === 'beside')
    if (!done.ok || way === 'pull') return done
    // The room of the old files is free when the guests have let go of them; one that has other work to do does so when it ends.
    for (const { uuid, running } of domains.list()) {
      if (!running || !this.standsOn(running, merge.upper.path)) continue
      const taken = domains.take(uuid, 'redefine', control.job, LEFT_MEANWHILE)
      if (!taken.ok) continue
      const opened = await driver.reopenDisks(uuid)
      domains.give(taken.value, control.job)
      if (!opened.ok) problem(opened.error)
    }
    return done
  }

  /** The upper file's contents go into the lower one, which is the domain's disk then. */
  private async down(merge: Merge, owner: Domain | undefined, way: 'push' | 'live', control: JobControl): Outcome {
    const { domains, layers, trees } = this.parts
    await owner?.changes
    const taken = owner && domains.take(owner.uuid, 'redefine', control.job, way === 'live' ? LEFT_MEANWHILE : LEFT_AT_REST)
    if (!taken?.ok) return taken ?? ok(null)
    const domain = taken.value
    const { run } = domain
    let letGo = (): void => {}
    const claim = async (): Outcome => {
      letGo = await holdChanges(domain)
      // A guest that started again since has written to the upper file alone.
      if (domain.run !== run) return err(errorReport('cancelled'))
      // Cut off from here on, the upper file is one nobody names: it is removed at the next look.
      await layers.release([merge.upper.path])
      return domains.keep(domain, backOn(domain.config, merge))
    }
    try {
      const done = way === 'live' ? await this.live(merge, domain, claim, control) : await layers.push(merge, control)
      const kept = done.ok && way === 'push' ? await claim() : done
      if (!kept.ok) return kept
      await layers.takeOver(merge)
      await trees.tell(domain.uuid)
      return ok(null)
    } finally {
      letGo()
      domains.give(domain, control.job)
    }
  }

  private async live(merge: Merge, domain: Domain, claim: () => Outcome, control: JobControl): Outcome {
    const { domains, driver, problem } = this.parts
    const disk = domain.config.devices.find((device) => device.kind === 'vbd' && device.path === merge.upper.path)
    const [into] = backOn({ ...domain.config, devices: disk ? [disk] : [] }, merge).devices
    if (!disk || into?.kind !== 'vbd') return ok(null)
    const { path, format, allowedBacking } = into
    const medium = { path, format, ...(allowedBacking ? { allowedBacking } : {}) }
    const merged = await driver.mergeDisk(domain.uuid, { key: deviceKey(disk), into: medium, claim }, control)
    if (merged.ok) {
      if (domain.running) domain.running = backOn(domain.running, merge)
      return ok(null)
    }
    if (!filesOf(domain.config).includes(path)) return merged
    // Claimed, and then it failed: the upper one goes on. A guest that starts again waits for that.
    const devices = domain.config.devices.map((device) => (deviceKey(device) === deviceKey(disk) ? disk : device))
    const back = await domains.keep(domain, { ...domain.config, devices }, { cause: 'withdrawn' })
    if (!back.ok) problem(back.error)
    return merged
  }
}

/** Until the function it gives is called no guest starts and no change of the definition begins: each sees the disk's file of before or of after. */
async function holdChanges(domain: Domain): Promise<() => void> {
  const before = domain.changes
  let letGo = (): void => {}
  const held = new Promise<void>((resolve) => {
    letGo = resolve
  })
  domain.changes = before.then(() => held)
  await before
  return letGo
}

/** What has to change before a merge that was given up is tried again. */
function situation(owner: Domain | undefined): string {
  return owner ? `${owner.state} ${owner.run}` : ''
}

/** The definition with the lower file as its disk. */
function backOn(config: DomainConfig, { lower, upper }: Merge): DomainConfig {
  const devices = config.devices.map((device) => {
    if (device.kind !== 'vbd' || device.path !== upper.path) return device
    const { allowedBacking, ...disk } = device
    const below = (allowedBacking ?? []).filter((path) => path !== lower)
    return { ...disk, path: lower, format: upper.backing.format, ...(below.length > 0 ? { allowedBacking: below } : {}) }
  })
  return { ...config, devices }
}
