// Domains saved to files and restored from them: to a file of the user's choice, and managed saves, from which a start goes on.
// Invariant: cut off at any moment, a guest is either saved whole or it has not run on from its save.
// Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { basename } from 'node:path'
import { err, ok, type Result } from '../../src-engine/public/result'
import { usableName } from '../config/domain-check'
import type { RestoredDomain } from '../driver/driver'
import { writeProblem } from '../lib/write-problem'
import { type ErrorReport, errorReport } from '../public/error-code'
import { ownBootDisk } from '../public/own-disk'
import { currentOf, currentVcpusOf, type DomainConfig } from '../public/types'
import type { Domain } from './domain'
import type { DomainRuns } from './domain-runs'
import type { DomainsParts, DomainTable, Outcome } from './domain-table'
import { isActive, mayBe } from './life-cycle'

/** A machine's own saved state is no file that could be exchanged for another: it can be discarded. One of a newer version is kept for that. */
function ofSavedState(name: string, error: ErrorReport): ErrorReport {
  if (error.reason !== 'save-corrupt' && error.reason !== 'save-unusable') return error
  return errorReport('saved-state-unusable', { name, detail: error.values['detail'] ?? '' })
}

export class DomainSaves {
  private readonly table: DomainTable
  private readonly runs: DomainRuns
  private readonly parts: DomainsParts

  constructor(table: DomainTable, runs: DomainRuns, parts: DomainsParts) {
    this.table = table
    this.runs = runs
    this.parts = parts
  }

  /** To a file of the user's choice; the number of the job. */
  save(uuid: string, path: string): Result<number, ErrorReport> {
    return this.startSave(uuid, 'save', path, async (domain) => {
      const { uuid } = domain
      const config = domain.running ?? domain.config
      await this.parts.definitions.savedFiles.record({ path, uuid, config, savedAt: this.parts.clock.now() })
      this.table.rest(domain, 'stopped', '')
    })
  }

  /** To our own folder; `create` goes on from it. */
  managedSave(uuid: string): Result<number, ErrorReport> {
    return this.startSave(uuid, 'managedSave', this.parts.definitions.managedSavePath(uuid), async (domain) => {
      domain.managedSave = this.parts.clock.now()
      const { config, managedSave, savedConfig } = domain
      const stored = await this.table.store({ uuid, config, managedSave, savedConfig })
      if (!stored.ok) this.parts.problem(stored.error)
      this.table.rest(domain, 'stoppedSaved', '')
    })
  }

  restore(path: string): number {
    return this.parts.jobs.start({
      kind: 'restore',
      subject: basename(path),
      uuid: null,
      step: 'restoring',
      cancellable: true,
      work: async (control) => {
        const target = await this.restoreTarget(path)
        if (!target.ok) return target
        const { domain, made, config } = target.value
        control.domain(domain.uuid, domain.config.name)
        const restored = await this.runs.continueFrom(domain, config, path, control)
        if (!restored.ok) {
          if (made) await this.table.discard(domain.uuid)
          return restored
        }
        if (made) await this.learnSize(domain, restored.value)
        return ok(null)
      },
    })
  }

  async createFromManagedSave(domain: Domain, paused: boolean): Outcome {
    const path = this.parts.definitions.managedSavePath(domain.uuid)
    const job = this.parts.jobs.start({
      kind: 'restore',
      subject: domain.config.name,
      uuid: domain.uuid,
      step: 'restoring',
      cancellable: true,
      work: async (control) => {
        const config = { ...(domain.savedConfig ?? domain.config), name: domain.config.name }
        const spend = (): Outcome => this.spendManagedSave(domain)
        const restored = await this.runs.continueFrom(domain, config, path, control, spend, paused)
        if (!restored.ok) return err(ofSavedState(domain.config.name, restored.error))
        await this.parts.definitions.removeManagedSave(domain.uuid)
        if (domain.config.kernel === '' && !ownBootDisk(domain.config)) await this.learnSize(domain, restored.value)
        return ok(null)
      },
    })
    domain.job = job // from now on, so that a second start is refused
    return this.parts.jobs.wait(job)
  }

  /** A managed save whose definition is lost: it says its domain's name, and can be gone on from but not booted afresh. */
  async adoptSave(uuid: string, savedAt: number, problems: ErrorReport[]): Promise<void> {
    const saved = await this.parts.driver.readSaved(this.parts.definitions.managedSavePath(uuid))
    if (!saved.ok) {
      problems.push(saved.error)
      return
    }
    const domain = this.table.make(uuid, this.table.blank(this.table.freeName(usableName(saved.value.name) ?? uuid)))
    domain.managedSave = savedAt
    domain.state = 'saved'
    const stored = await this.table.store({ uuid, config: domain.config, managedSave: savedAt, savedConfig: null })
    if (!stored.ok) problems.push(stored.error)
  }

  /** It ended while it was saved. If the save is whole: forced off is off, but one that crashed can go on from it. */
  async settleLateSave(domain: Domain): Promise<void> {
    const { run, uuid, config, savedConfig } = domain
    if (!(await this.parts.definitions.hasManagedSave(uuid)) || domain.run !== run || isActive(domain.state)) return
    if (domain.state !== 'crashed') return this.parts.definitions.removeManagedSave(uuid)
    domain.managedSave = this.parts.clock.now()
    this.table.apply(domain, 'stoppedSaved')
    const stored = await this.table.store({ uuid, config, managedSave: domain.managedSave, savedConfig })
    if (!stored.ok) this.parts.problem(stored.error)
  }

  private startSave(
    uuid: string,
    operation: 'save' | 'managedSave',
    path: string,
    saved: (domain: Domain) => Promise<void>,
  ): Result<number, ErrorReport> {
    const found = this.table.allowed(uuid, operation)
    if (!found.ok) return found
    const domain = found.value
    const paused = domain.state === 'paused'
    const { run } = domain
    domain.job = this.parts.jobs.start({
      kind: operation,
      subject: domain.config.name,
      uuid,
      step: 'saving',
      cancellable: true,
      work: async (control) => {
        this.table.apply(domain, 'save')
        // Edits that were under way are done first: what it runs with is what it goes on with.
        await domain.changes
        if (domain.run !== run) {
          domain.job = null
          this.table.tell(domain)
          return err(errorReport('cancelled'))
        }
        const intended = operation === 'managedSave' ? await this.intendSave(domain) : ok(null)
        const running = domain.running ?? domain.config
        const write = (): Outcome => this.parts.driver.save(uuid, running, path, control)
        // Our own folder of saves is looked through at each start.
        const begin = operation === 'save' ? () => this.parts.unfinished.copying(path, write) : write
        const done = intended.ok ? await begin() : intended
        if (domain.run !== run) {
          if (operation === 'managedSave') await this.settleLateSave(domain)
          domain.job = null
          this.table.tell(domain)
          return done.ok ? err(errorReport('cancelled')) : done
        }
        domain.job = null
        if (done.ok) await saved(domain)
        else {
          this.table.apply(domain, paused || domain.stalledBy !== null ? 'saveEndedPaused' : 'saveEnded')
          if (operation === 'managedSave') await this.forgetIntent(domain)
        }
        return done
      },
    })
    return ok(domain.job)
  }

  /** What it runs with goes into the definition before the save: cut off when that is whole, it is known what to go on with. */
  private intendSave(domain: Domain): Outcome {
    domain.savedConfig = domain.running
    const { uuid, config, savedConfig } = domain
    return this.table.store({ uuid, config, managedSave: null, savedConfig })
  }

  /** There is no save that was to be gone on from. */
  private async forgetIntent(domain: Domain): Promise<void> {
    domain.savedConfig = null
    const { uuid, config, managedSave } = domain
    const stored = await this.table.store({ uuid, config, managedSave, savedConfig: null })
    if (!stored.ok) this.parts.problem(stored.error)
  }

  /** In this order: cut off in between, its file is still there and the guest has not run. */
  private async spendManagedSave(domain: Domain): Outcome {
    const { uuid, config, savedConfig } = domain
    const stored = await this.table.store({ uuid, config, managedSave: null, savedConfig })
    if (!stored.ok) return stored
    const path = this.parts.definitions.managedSavePath(domain.uuid)
    try {
      await this.parts.definitions.spendManagedSave(domain.uuid)
    } catch (thrown) {
      return err(writeProblem(path, thrown))
    }
    domain.managedSave = null
    domain.savedConfig = null
    return ok(null)
  }

  /** Of a domain whose definition came from a save file: how large it is turns out when it is restored. */
  private async learnSize(domain: Domain, { memoryMiB, vcpus }: RestoredDomain): Promise<void> {
    const { currentMiB, currentVcpus, ...config } = domain.config
    const current = { ...currentOf(currentMiB, memoryMiB), ...currentVcpusOf(currentVcpus, vcpus) }
    await this.table.keep(domain, { ...config, memoryMiB, vcpus, ...current })
  }

  /**
   * Which domain a file is continued as: the one it was saved from if that is at rest, else a new one beside it. The index
   * knows what the definition was; a file from elsewhere says its domain's name, and can be run but not booted afresh.
   */
  private async restoreTarget(path: string): Outcome<{ domain: Domain; made: boolean; config: DomainConfig }> {
    const saved = await this.parts.driver.readSaved(path)
    if (!saved.ok) return saved
    const recorded = this.parts.definitions.savedFiles.find(path)
    const known = recorded?.uuid === saved.value.uuid ? recorded : undefined
    const origin = this.table.own(saved.value.uuid)
    if (origin && origin.job === null && mayBe(origin.state, 'restore')) {
      return ok({ domain: origin, made: false, config: { ...(known ?? origin).config, name: origin.config.name } })
    }
    const config = this.table.besides((known ?? origin ?? { config: this.table.blank('') }).config)
    const name = this.table.freeName(usableName(saved.value.name) ?? basename(path).replace(/\.[^.]*$/, ''))
    const defined = await this.table.define({ ...config, name }, origin ? randomUUID() : saved.value.uuid)
    if (!defined.ok) return defined
    const domain = this.table.own(defined.value)
    if (!domain) return err(errorReport('no-domain', { uuid: defined.value }))
    return ok({ domain, made: true, config: domain.config })
  }
}
