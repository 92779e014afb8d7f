// Runs of domains: started, continued from a saved state, begun again, ended.
// Invariant: a run marker is on disk before a guest runs and is gone only after it has ended in order. A late answer of the
// driver to an earlier run changes nothing (Domain.run).
// Runs in: main, plain Node.
import { err, ok } from '../../src-engine/public/result'
import { checkDeviceFiles, diskInUse } from '../config/device-check'
import { checkBootFiles, checkConfig } from '../config/domain-check'
import type { RestoredDomain, StartedDomain, StopKind } from '../driver/driver'
import { writeProblem } from '../lib/write-problem'
import type { Vnc } from '../public/device'
import { errorReport, explainError } from '../public/error-code'
import { DEFAULT_STOP_ACTIONS, type DomainConfig } from '../public/types'
import type { Domain } from './domain'
import type { DomainsParts, DomainTable, Outcome } from './domain-table'
import type { JobControl } from './jobs'
import { writtenDisks } from './layers'
import { isActive } from './life-cycle'
import { refusedBacking } from './refused-backing'

/** A guest that crashes sooner after its start is not started again. */
const CRASH_LOOP_MS = 10_000

export class DomainRuns {
  private readonly table: DomainTable
  private readonly parts: DomainsParts

  constructor(table: DomainTable, parts: DomainsParts) {
    this.table = table
    this.parts = parts
  }

  /** Boots it afresh; answers when it runs. */
  async start(domain: Domain, paused = false): Outcome {
    this.table.apply(domain, 'create')
    const run = ++domain.run
    domain.detail = ''
    await this.table.dropManagedSave(domain)
    // A guest may start again by itself while its disk changes hands: it runs with what the definition is after that, and with nothing else.
    await domain.changes
    const { config } = domain
    domain.running = config
    const checked = await this.checkBeforeStart(domain.uuid, config)
    const wanted = checked.ok && domain.endedRun === run ? err(errorReport('cancelled')) : checked
    const started = wanted.ok ? await this.bring(domain, config, run, paused) : wanted
    if (started.ok && domain.endedRun === run) await this.parts.driver.destroy(domain.uuid)
    if (domain.run !== run) return started.ok ? ok(null) : started // it has ended meanwhile
    if (!started.ok) {
      this.table.rest(domain, 'stopped', '')
      return started
    }
    this.up(domain, started.value.domid, started.value.paused, null)
    return ok(null)
  }

  /** Goes on from a save file; `claim` is asked when all of it is read and nothing has run yet. */
  async continueFrom(
    domain: Domain,
    config: DomainConfig,
    path: string,
    control: JobControl,
    claim: () => Outcome = async () => ok(null),
    wantPaused = false,
  ): Outcome<RestoredDomain> {
    this.table.apply(domain, 'restore')
    domain.job = control.job
    const run = ++domain.run
    domain.detail = ''
    domain.running = config
    this.table.tell(domain)
    await this.parts.definitions.markRunning(domain.uuid)
    const devices = await this.checkDevicesBeforeStart(domain.uuid, config)
    const wanted = (): Outcome => (domain.endedRun === run ? Promise.resolve(err(errorReport('cancelled'))) : claim())
    const restored = devices.ok
      ? await this.parts.driver.restore(domain.uuid, config, path, control, wanted, wantPaused)
      : devices
    domain.job = null
    if (domain.run !== run) return restored
    if (restored.ok) {
      const { domid, paused, savedAt, memoryMiB, vcpus } = restored.value
      domain.running = { ...config, memoryMiB, vcpus }
      this.up(domain, domid, paused, savedAt)
    } else this.table.rest(domain, 'stopped', '')
    return restored
  }

  /** Ends its run at once, for the job that has it. */
  async halt(domain: Domain): Outcome {
    const { run } = domain
    if (!isActive(domain.state)) return ok(null)
    domain.endedRun = run
    const done = await this.parts.driver.destroy(domain.uuid)
    if (!done.ok && done.error.reason !== 'no-domain') return done
    await this.table.until(() => domain.run !== run || !isActive(domain.state))
    return ok(null)
  }

  /**
   * Whether its definition has a guest that ended by itself start again. One that was asked to shut down stays off, and one that
   * crashes as soon as it starts would do so for ever.
   */
  startsAgain(domain: Domain, how: StopKind): boolean {
    const { config, state } = domain
    if (domain.endedRun === domain.run) return false
    switch (how) {
      case 'reboot':
        return (config.onReboot ?? DEFAULT_STOP_ACTIONS.onReboot) === 'restart'
      case 'poweroff':
        return config.onPoweroff === 'restart' && domain.shutdownRun !== domain.run && state !== 'saving'
      case 'crash': {
        if (config.onCrash !== 'restart' || (state !== 'running' && state !== 'shutdown')) return false
        const ranMs = this.parts.clock.now() - (domain.startedAt ?? 0)
        if (ranMs < CRASH_LOOP_MS)
          this.parts.problem(errorReport('crash-loop', { name: config.name, seconds: CRASH_LOOP_MS / 1000 }))
        return ranMs >= CRASH_LOOP_MS
      }
      case 'destroyed':
      case 'saved':
        return false
    }
  }

  /** The same definition, a new run. */
  startAgain(domain: Domain): void {
    const again = async (): Promise<void> => {
      const started = await this.start(domain)
      if (started.ok) return
      domain.detail = explainError(started.error).cause
      this.table.tell(domain)
      this.parts.problem(started.error)
    }
    this.table.floating(again())
  }

  /** Lets VNC viewers in to what runs now, at the place that the definition says. */
  async letViewersIn(domain: Domain, vnc: Vnc | undefined): Outcome {
    const { run } = domain
    const opened = await this.parts.listenVnc(domain.uuid, vnc)
    if (domain.run !== run || domain.domid === null) return ok(null)
    domain.vncAt = opened.ok ? opened.value : null
    this.table.tell(domain)
    return opened.ok ? ok(null) : opened
  }

  private up(domain: Domain, domid: number, paused: boolean, clockStandsAt: number | null): void {
    domain.domid = domid
    domain.startedAt = this.parts.clock.now()
    domain.clockStandsAt = clockStandsAt
    this.table.apply(domain, paused ? 'upPaused' : 'up')
    const display = domain.running?.devices.find((device) => device.kind === 'vfb')
    if (display?.kind !== 'vfb' || display.vnc === undefined) return
    // A guest whose screen nobody can reach from outside runs all the same.
    const letIn = this.letViewersIn(domain, display.vnc).then((opened) => {
      if (!opened.ok) this.parts.problem(opened.error)
    })
    this.table.floating(letIn)
  }

  private async bring(domain: Domain, config: DomainConfig, run: number, paused: boolean): Outcome<StartedDomain> {
    const { driver, ownKernels } = this.parts
    const { uuid } = domain
    const wanted = (): boolean => domain.endedRun !== run
    const boot = await ownKernels.take(config, wanted)
    if (!boot.ok) return err((await refusedBacking(driver.images, config.devices)) ?? boot.error)
    const { found } = boot.value
    if (found) this.parts.log(uuid, `The kernel is the disk's own: ${found.title} (${found.kernel})`)
    if (found?.dirty)
      this.parts.log(uuid, 'The disk was not shut down in order: its boot menu is read without what its journal holds')
    const started = wanted() ? await driver.create(uuid, boot.value.config, paused) : err(errorReport('cancelled'))
    await boot.value.release()
    if (started.ok) return started
    return err((await refusedBacking(driver.images, config.devices)) ?? started.error)
  }

  private async checkBeforeStart(uuid: string, config: DomainConfig): Outcome {
    const checked = checkConfig(config, this.parts.driver.limits)
    if (!checked.ok) return checked
    const files = await checkBootFiles(config)
    if (!files.ok) return files
    const devices = await this.checkDevicesBeforeStart(uuid, config)
    if (!devices.ok) return devices
    try {
      await this.parts.definitions.markRunning(uuid)
      return ok(null)
    } catch (thrown) {
      return err(writeProblem(`running/${uuid}`, thrown))
    }
  }

  private async checkDevicesBeforeStart(uuid: string, config: DomainConfig): Outcome {
    const networks = this.parts.networks()
    const stopped = this.parts.stoppedNetworks()
    for (const device of config.devices) {
      if (device.kind !== 'vif') continue
      const { network } = device
      if (!networks.includes(network)) return err(errorReport('no-network', { network }))
      if (stopped.includes(network)) return err(errorReport('network-stopped', { network }))
    }
    const used = diskInUse(config.devices, this.table.runningBeside(uuid))
    if (used) return err(errorReport('disk-in-use', used))
    const frozen = writtenDisks(config.devices).find(({ path }) => this.parts.isFrozen(path))
    return frozen ? err(errorReport('disk-frozen', { path: frozen.path })) : checkDeviceFiles(config.devices)
  }
}
