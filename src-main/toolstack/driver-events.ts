// What the driver tells of domains and of domain 0, brought to the parts of the toolstack that keep it, and to windows. Domain 0 has no
// definition and no life cycle: what is shown of it is all there is, and stands here.
// Invariant: events go out in the order in which things happened.
// Runs in: main, plain Node.
import type { DriverEvent } from '../driver/driver'
import type { Clock } from '../lib/clock'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { Emit } from '../public/events'
import type { DomainInfo, Sample } from '../public/types'
import { ClockJump } from './clock-jump'
import { domain0Info } from './domain'
import type { Domains } from './domains'
import type { HostFigures } from './host-figures'
import type { LifeLog } from './life-log'
import type { Notices } from './notices'
import type { SampleHistory } from './sample-history'

export interface DriverEventsParts {
  readonly clock: Clock
  readonly emit: Emit
  readonly domains: Domains
  readonly notices: Notices
  readonly log: LifeLog
  readonly samples: SampleHistory
  readonly hostFigures: HostFigures
}

export class DriverEvents {
  private readonly clockJump = new ClockJump()
  private shown: DomainInfo

  constructor(private readonly parts: DriverEventsParts) {
    this.shown = domain0Info('running', '', parts.clock.now())
  }

  get domain0(): DomainInfo {
    return this.shown
  }

  /** The driver could not be opened, so there is no domain 0. */
  openFailed(error: ErrorReport): void {
    this.shown = domain0Info('crashed', error.values['detail'] ?? error.reason, this.parts.clock.now())
    this.parts.notices.raise('error', error)
  }

  hear(event: DriverEvent): void {
    const { domains, emit, log, notices } = this.parts
    switch (event.kind) {
      case 'paused':
        domains.onPaused(event.uuid, event.paused, event.stalledBy ?? null)
        break
      case 'stopped':
        domains.onStopped(event)
        break
      case 'log':
        log.add(event.uuid, event.level, event.source ?? 'engine', event.text)
        break
      case 'storeChanged':
        emit('storeChanged', {})
        break
      case 'samples':
        this.hearSamples(event)
        break
      case 'domain0':
        this.hearDomain0(event)
        break
      case 'notice':
        notices.raise(event.severity, event.error)
        break
    }
  }

  private hearSamples(event: DriverEvent & { kind: 'samples' }): void {
    const { clock, emit, hostFigures } = this.parts
    const time = clock.now()
    const jumped = this.clockJump.look(time)
    if (jumped !== 0) this.clockSet(jumped)
    const samples: Sample[] = event.samples.map((sample) => ({ ...sample, devices: [...sample.devices], time }))
    for (const sample of samples) this.parts.samples.add(sample)
    emit('samples', { samples })
    const sample = hostFigures.add(samples, time)
    if (sample !== undefined) emit('hostSample', { sample })
  }

  private hearDomain0(event: DriverEvent & { kind: 'domain0' }): void {
    const { clock, emit, notices } = this.parts
    this.shown = domain0Info(event.state, event.state === 'running' ? '' : event.detail, clock.now())
    if (event.state === 'running' && event.restarts > 0)
      notices.raise('warning', errorReport('domain0-restarted', { detail: event.detail }))
    emit('domainChanged', { domain: this.shown })
  }

  /** The host's clock was set: since when domains run is told in its time. */
  private clockSet(byMs: number): void {
    this.parts.domains.clockSet(byMs)
    const { startedAt } = this.shown
    this.shown = { ...this.shown, startedAt: startedAt === null ? null : startedAt + byMs }
    this.parts.emit('domainChanged', { domain: this.shown })
  }
}
