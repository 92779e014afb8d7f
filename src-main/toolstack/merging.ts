// Merges what deleted snapshots left: as a job, when nothing that runs uses it; looked at again whenever a domain comes to rest.
// Two ways, see Layers: an overlay takes over from a file made here; an overlay goes into the user's own file, and the definition names
// that again. The second needs the domain for itself, so that it does not start in between. Domain 0's locks keep a running guest's
// files safe in any case: a merge that meets one waits. Runs in: main, plain Node.
import { ok } from '../../src-engine/public/result'
import type { SnapshotStore } from '../definition/snapshot-store'
import type { Outcome } from '../driver/driver'
import type { ErrorReport } from '../public/error-code'
import type { DomainConfig } from '../public/types'
import type { Domain } from './domain'
import type { Domains } from './domains'
import type { JobControl, Jobs } from './jobs'
import type { Layers, Merge } from './layers'
import { filesOf, type SnapshotTrees } from './snapshot-trees'

export interface MergingParts {
  readonly domains: Domains
  readonly jobs: Jobs
  readonly store: SnapshotStore
  readonly layers: Layers
  readonly trees: SnapshotTrees
  readonly problem: (error: ErrorReport) => void
}

export class Merging {
  private readonly parts: MergingParts
  private working: Promise<unknown> = Promise.resolve()
  private asked = false

  constructor(parts: MergingParts) {
    this.parts = parts
  }

  /** Looks, soon; many asks are one. */
  ask(): void {
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
      const next = merges
        .map((merge) => ({ merge, domain: this.owner(merge) }))
        .find(({ merge, domain }) => this.may(merge, domain))
      if (!next) return
      const { merge, domain } = next
      const before = this.parts.store.released.length
      const job = jobs.start({
        kind: 'snapshotMerge',
        subject: domain?.config.name ?? '',
        uuid: domain?.uuid ?? null,
        step: 'merging-disks',
        cancellable: true,
        work: (control) => (merge.ours ? layers.pull(merge, control) : this.push(merge, domain, control)),
      })
      const done = await jobs.wait(job)
      // Busy, called off or failed: once more at the next occasion, not at once.
      if (!done.ok || this.parts.store.released.length === before) return
    }
  }

  private used(): Set<string> {
    return new Set([...this.parts.domains.usedConfigs().flatMap(filesOf), ...this.parts.trees.usedFiles()])
  }

  /** The domain whose disk the upper file is. */
  private owner({ upper }: Merge): Domain | undefined {
    const { domains } = this.parts
    const info = domains.list().find(({ config }) => config && filesOf(config).includes(upper.path))
    return info && domains.own(info.uuid)
  }

  private may(merge: Merge, owner: Domain | undefined): boolean {
    const { domains, layers, trees } = this.parts
    if (this.runningOn(merge.upper.path)) return false
    if (merge.ours) return true
    // Into the user's own file only what is one domain's present disk and nothing else's.
    if (!owner || owner.job !== null || owner.managedSave !== null) return false
    if (layers.isBelow(merge.upper.path) || trees.usedFiles().includes(merge.upper.path)) return false
    return domains.usedConfigs().filter((config) => filesOf(config).includes(merge.upper.path)).length === 1
  }

  /** Whether a running guest's disk is this file, or stands on it. */
  private runningOn(path: string): boolean {
    const { domains, layers } = this.parts
    for (const { running } of domains.list()) {
      for (const file of running ? filesOf(running) : []) {
        for (let at: string | undefined = file; at !== undefined; at = layers.find(at)?.backing.path)
          if (at === path) return true
      }
    }
    return false
  }

  private async push(merge: Merge, owner: Domain | undefined, control: JobControl): Outcome {
    const { domains, layers, trees } = this.parts
    const taken = owner && domains.take(owner.uuid, 'redefine', control.job)
    if (!taken?.ok) return taken ?? ok(null)
    const domain = taken.value
    try {
      const pushed = await layers.push(merge, control)
      if (!pushed.ok) return pushed
      // Cut off from here on, the upper file is one nobody names: it is removed at the next look.
      await layers.release([merge.upper.path])
      const kept = await domains.keep(domain, backOn(domain.config, merge))
      if (!kept.ok) return kept
      await layers.forget(merge.upper.path, true)
      await layers.forget(merge.lower, false)
      await trees.tell(domain.uuid)
      return ok(null)
    } finally {
      domains.give(domain)
    }
  }
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
