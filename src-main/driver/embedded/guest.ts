// One running guest of the embedded engine: its process, its control calls, its place in domain 0.
// Invariant: `ended` is told exactly once, after the process is gone, whatever ended it; a process that does not end when
// told to, or that hangs, is killed. Runs in: main, plain Node.
import { Caller } from '../../../src-engine/public/protocol/call'
import {
  DOMAIN_CALLS,
  DOMAIN_EVENTS,
  type Dom0Calls,
  type DomainCalls,
  type DomainEvents,
} from '../../../src-engine/public/protocol/control'
import { err, ok } from '../../../src-engine/public/result'
import { parseCpuSet } from '../../public/cpu-set'
import type { Device } from '../../public/device'
import { errorReport } from '../../public/error-code'
import { DEFAULT_CPU_WEIGHT } from '../../public/types'
import type { ChildProcess } from '../../supervisor/process-forker'
import type { Supervisor } from '../../supervisor/supervisor'
import type { Watchdog } from '../../supervisor/watchdog'
import type { DriverSample, Outcome, SchedulerParameters, StopKind } from '../driver'
import { RateMeter } from './device-rates'
import type { Domain0Connection } from './domain0'
import { engineError } from './engine-error'

export interface GuestListener {
  log(level: DomainEvents['log']['level'], text: string): void
  /** A line of the hypervisor's message ring. */
  dmesg(text: string): void
  ended(how: StopKind, detail: string): void
  /** By itself: the host has no room for the disk of this key. */
  stalled(key: string): void
  unstalled(): void
}

/** What a stopped guest's reason means for the toolstack. */
const STOP_KINDS: Readonly<Record<DomainEvents['exit']['reason'], StopKind>> = {
  poweroff: 'poweroff',
  reboot: 'reboot',
  soft_reset: 'reboot',
  suspend: 'poweroff',
  crash: 'crash',
  watchdog: 'crash',
  internal: 'crash',
  destroyed: 'destroyed',
  saved: 'saved',
}

/** How long a process may take to end by itself once it was told to. */
const END_WAIT_MS = 3000

type Introduction = Omit<Dom0Calls['introduce']['args'], 'link'>

export class Guest {
  readonly uuid: string
  readonly domid: number
  name: string
  /** For the rates of its devices. */
  readonly meter = new RateMeter()
  readonly caller: Caller<DomainCalls, DomainEvents>
  onProgress: (fraction: number) => void = () => {}
  /** Among the running domains, as Xen's credit scheduler has it. */
  weight = DEFAULT_CPU_WEIGHT
  cap = 0
  private pinnedTo: string | undefined
  private readonly supervisor: Supervisor
  private readonly child: ChildProcess
  private readonly listener: GuestListener
  private introduction: Introduction | undefined
  private verdict: { how: StopKind; detail: string } | undefined
  private killTimer: NodeJS.Timeout | undefined
  private lastOutput = ''
  private readonly gone: Promise<void>
  // For the share of a processor since the sample before.
  private lastCpu: { readonly ns: number; readonly each: readonly number[]; readonly at: number } | undefined
  private sampling = false
  private readonly unwatch: () => void

  constructor(supervisor: Supervisor, watchdog: Watchdog, uuid: string, domid: number, name: string, listener: GuestListener) {
    this.supervisor = supervisor
    this.uuid = uuid
    this.domid = domid
    this.name = name
    this.listener = listener
    this.child = supervisor.start('domain', `Ringmaster guest ${name}`, (text) => this.output(text))
    this.caller = new Caller<DomainCalls, DomainEvents>(this.child.transport, DOMAIN_CALLS, DOMAIN_EVENTS, {
      log: ({ level, text }) => listener.log(level, text),
      dmesg: ({ text }) => listener.dmesg(text.trimEnd()),
      progress: ({ done, total }) => this.onProgress(total > 0 ? Math.min(1, done / total) : 0),
      paused: ({ device }) => listener.stalled(device),
      resumed: () => listener.unstalled(),
      exit: ({ reason, text }) => this.stopped(STOP_KINDS[reason], text.replace(/\.\s*$/, '')),
    })
    this.gone = new Promise((resolve) => this.child.onExit(({ text }) => resolve(this.exited(text))))
    this.unwatch = watchdog.watch({
      pid: () => this.child.pid(),
      ping: () => this.caller.call('ping', {}),
      hung: (seconds) => this.kill('crash', `The process of the machine did not answer for ${seconds} seconds and was ended.`),
    })
  }

  share({ cpuWeight, cpuCap }: SchedulerParameters): void {
    this.weight = cpuWeight ?? DEFAULT_CPU_WEIGHT
    this.cap = cpuCap ?? 0
  }

  /** Its vcpus run on these processors of the host alone; undefined: on all. */
  async pin(cpuSet: string | undefined): Outcome {
    if (cpuSet === this.pinnedTo) return ok(null)
    const processors = cpuSet === undefined ? undefined : parseCpuSet(cpuSet)
    const pinned = await this.caller.call('pin', { processors })
    if (!pinned.ok)
      return err(errorReport('pinning-failed', { set: cpuSet ?? '', detail: pinned.error.message.replace(/\.\s*$/, '') }))
    this.pinnedTo = cpuSet
    return ok(null)
  }

  /** Makes it known to domain 0 and joins the two. */
  async introduce(domain0: Domain0Connection, introduction: Introduction): Outcome {
    this.introduction = introduction
    const [forDomain0, forGuest] = this.supervisor.link(domain0.socketPath)
    const introduced = await domain0.caller.call('introduce', { ...introduction, ...ends(forDomain0.link) }, forDomain0.ports)
    if (!introduced.ok) return err(engineError('other', introduced.error))
    const linked = await this.caller.call('link', ends(forGuest.link), forGuest.ports)
    return linked.ok ? ok(null) : err(engineError('other', linked.error))
  }

  /** Says its new name in XenStore, and to a domain 0 that comes later. */
  async rename(domain0: Domain0Connection, name: string): Outcome {
    // First, so that the one after a domain 0 that dies now is told it: then there is nothing to refuse.
    this.introduceAs(name)
    const stored = await domain0.caller.call('rename', { handle: this.uuid, name })
    const told = stored.ok || domain0.caller.gone ? await this.caller.call('rename', { name }) : stored
    if (told.ok) this.name = name
    else this.introduceAs(this.name)
    return told.ok ? ok(null) : err(engineError('other', told.error))
  }

  private introduceAs(name: string): void {
    if (this.introduction) this.introduction = { ...this.introduction, name }
  }

  /** As they are attached now: what a new domain 0 is told. */
  get devices(): readonly Device[] {
    return this.introduction?.devices ?? []
  }

  set devices(devices: readonly Device[]) {
    if (this.introduction) this.introduction = { ...this.introduction, devices: [...devices] }
  }

  /** To a new domain 0, with the same words as before. */
  async introduceAgain(domain0: Domain0Connection): Outcome {
    return this.introduction ? this.introduce(domain0, this.introduction) : ok(null)
  }

  /** Ends it at once; resolves when the process is gone. */
  async destroy(how: StopKind = 'destroyed'): Promise<void> {
    this.verdict ??= { how, detail: '' }
    this.killTimer ??= setTimeout(() => this.child.kill(), END_WAIT_MS)
    const asked = this.caller.call('destroy', {})
    asked.then((answer) => {
      if (!answer.ok) this.child.kill()
    })
    await this.gone
  }

  kill(how: StopKind, detail = ''): void {
    this.verdict ??= { how, detail }
    this.child.kill()
  }

  async sample(): Promise<Omit<DriverSample, 'uuid' | 'devices'> | undefined> {
    if (this.sampling) return undefined
    this.sampling = true
    const sample = await this.caller.call('sample', {})
    this.sampling = false
    if (!sample.ok) return undefined
    const { cpuNs: ns, memoryKiB, vcpus, online } = sample.value
    const each = sample.value.vcpuNs ?? [ns]
    const at = performance.now()
    const last = this.lastCpu
    this.lastCpu = { ns, each, at }
    if (!last || at <= last.at) return { cpu: 0, vcpus: each.map(() => 0), online, memoryKiB }
    // The answer's way here takes a changing while, so a busy second may look longer than it was.
    const share = (now: number, before: number, most: number): number =>
      Math.min(most, Math.max(0, (now - before) / ((at - last.at) * 1e6)))
    const shares = each.map((now, vcpu) => share(now, last.each[vcpu] ?? now, 1))
    return { cpu: share(ns, last.ns, vcpus), vcpus: shares, online, memoryKiB }
  }

  /** What the scheduler grants, and what it hears (scheduler.ts). */
  async schedule(grantNs: number | undefined): Promise<DomainCalls['schedule']['reply'] | undefined> {
    const answer = await this.caller.call('schedule', grantNs === undefined ? {} : { grantNs })
    return answer.ok ? answer.value : undefined
  }

  failed(): boolean {
    return this.verdict !== undefined
  }

  /** The guest stopped; its process waits to be told that nobody has questions any more. */
  private stopped(how: StopKind, detail: string): void {
    if (this.verdict) return
    this.verdict = { how, detail }
    this.destroy().catch(() => this.child.kill())
  }

  private exited(text: string): void {
    this.unwatch()
    clearTimeout(this.killTimer)
    const last = this.lastOutput.trim().split('\n').at(-1) ?? ''
    const detail = `The process of the machine ${text}.${last === '' ? '' : ` Last words: ${last}`}`
    const verdict = this.verdict ?? { how: 'crash', detail }
    this.listener.ended(verdict.how, verdict.detail)
  }

  private output(text: string): void {
    this.lastOutput = (this.lastOutput + text).slice(-2000)
    this.listener.log('warning', text.trimEnd().slice(0, 4000))
  }
}

function ends(link: { path: string; ticket: string } | undefined): { link?: { path: string; ticket: string } } {
  return link ? { link } : {}
}
