// What main and the windows are told about a domain that exists: figures each second, what is inside it, totals at its end.
// Runs in: main thread of the domain's process.
import type { PumpHost } from '../backend/pump-host'
import type { DOMAIN_EVENTS, DomainCalls } from '../public/protocol/control'
import type { InspectPart } from '../public/protocol/inspect'
import type { TypeOf } from '../public/shape'
import { HVM_PARAM } from '../public/xen/hvm-params'
import { HYPERCALLS } from '../public/xen/hypercall'
import { XENCONS, XENCONS_IN_SIZE, XENCONS_OUT_SIZE } from '../public/xen/io/console'
import { XENSTORE_RING, XENSTORE_RING_SIZE } from '../public/xen/io/xs-wire'
import { SHUTDOWN } from '../public/xen/sched'
import { EXIT, Registers } from '../vcpu/registers'
import { countersOf, grantsOf, portsOf, sharedOf } from './inspect-domain'
import { hexText } from './inspect-vcpu'
import type { RunningDomain } from './running-domain'

export type ExitReason = TypeOf<(typeof DOMAIN_EVENTS)['exit']>['reason']

/** SHUTDOWN code to the reason main is told. */
export const REASONS = new Map<number, ExitReason>([
  [SHUTDOWN.SHUTDOWN_poweroff, 'poweroff'],
  [SHUTDOWN.SHUTDOWN_reboot, 'reboot'],
  [SHUTDOWN.SHUTDOWN_suspend, 'suspend'],
  [SHUTDOWN.SHUTDOWN_crash, 'crash'],
  [SHUTDOWN.SHUTDOWN_watchdog, 'watchdog'],
  [SHUTDOWN.SHUTDOWN_soft_reset, 'soft_reset'],
])

const EXIT_NAMES = [
  'budget',
  'hypercall',
  'halt',
  'shutdown',
  'interrupt window',
  'unimplemented',
  'debug',
  'alone',
  'paused',
] as const

/** Why a domain's vcpus stand, if they do, as far as its process knows and the domain does not. */
export interface Standing {
  readonly exited: boolean
  readonly saving: boolean
  readonly paused: boolean
}

type RingRow = NonNullable<DomainCalls['inspect']['reply']['rings']>[number]

function stateOf(running: RunningDomain, how: Standing): DomainCalls['sample']['reply']['state'] {
  const { domain } = running.made
  const stop = domain.shutdown.state
  if (stop) return stop.code === SHUTDOWN.SHUTDOWN_crash ? 'crashed' : 'shutdown'
  if (how.exited) return 'crashed'
  if (how.saving) return 'saving'
  if (how.paused) return 'paused'
  for (let vcpu = 0; vcpu < domain.vcpus; vcpu++)
    if (domain.states.isUp(vcpu) && domain.vget(vcpu, 'BLOCKED') === 0) return 'running'
  return 'blocked'
}

/** What it used and holds, for the lists and graphs: asked for each second. */
export function sampleOf(running: RunningDomain, how: Standing): DomainCalls['sample']['reply'] {
  const { domain } = running.made
  const stop = domain.shutdown.state
  return {
    state: stateOf(running, how),
    reason: stop ? (REASONS.get(stop.code) ?? 'crash') : how.exited ? 'internal' : undefined,
    cpuNs: cpuNsOf(running),
    vcpuNs: Array.from({ length: domain.vcpus }, (_, vcpu) => Math.round(domain.counter(vcpu, 'RUN_NS'))),
    memoryKiB: domain.get('TOTAL_PAGES') * 4,
    maxMemoryKiB: domain.get('MAX_PAGES') * 4,
    vcpus: domain.vcpus,
    online: sum(domain.vcpus, (vcpu) => (domain.states.isUp(vcpu) ? 1 : 0)),
    retired: sum(domain.vcpus, (vcpu) => Number(new Registers(domain.memory.buffer, vcpu).get64('RETIRED'))),
  }
}

/** The parts asked for of what is inside it. */
export function inspectionOf(running: RunningDomain, parts: readonly InspectPart[]): DomainCalls['inspect']['reply'] {
  const { domain } = running.made
  const wants = (part: InspectPart): boolean => parts.includes(part)
  const devices = wants('ports') || wants('rings') ? running.devices.view : []
  const uses = new Map(devices.flatMap(({ key, ports }) => ports.map((port) => [port, key] as const)))
  uses.set(running.storePort, 'store').set(running.consolePort, 'console')
  return {
    systemTimeNs: hexText(domain.time.systemTime()),
    ...(wants('counters') ? { counters: countersOf(domain) } : {}),
    ...(wants('ports') ? { ports: portsOf(domain, uses) } : {}),
    ...(wants('grants') ? { grants: grantsOf(domain) } : {}),
    ...(wants('rings') ? { rings: [...byteRings(running), ...devices.flatMap(ringsOf)] } : {}),
    ...(wants('shared') ? { shared: sharedOf(domain) } : {}),
  }
}

/** The rings of XenStore and console, whose indexes are all in their pages. */
function byteRings({ made: { domain } }: RunningDomain): RingRow[] {
  const row = (key: string, name: string, param: number, size: number, prod: number, cons: number): RingRow[] => {
    const page = domain.memory.pageOf(Number(domain.get64('HVM_PARAM', param)))
    if (page === 0) return []
    const word = (at: number): number => Atomics.load(domain.memory.u32, (page + at) >>> 2)
    return [{ key, name, unit: 'bytes', size, produced: word(prod), consumed: word(cons) }]
  }
  const [store, console] = [HVM_PARAM.HVM_PARAM_STORE_PFN, HVM_PARAM.HVM_PARAM_CONSOLE_PFN]
  return [
    ...row('store', 'req', store, XENSTORE_RING_SIZE, XENSTORE_RING.req_prod, XENSTORE_RING.req_cons),
    ...row('store', 'rsp', store, XENSTORE_RING_SIZE, XENSTORE_RING.rsp_prod, XENSTORE_RING.rsp_cons),
    ...row('console', 'in', console, XENCONS_IN_SIZE, XENCONS.in_prod, XENCONS.in_cons),
    ...row('console', 'out', console, XENCONS_OUT_SIZE, XENCONS.out_prod, XENCONS.out_cons),
  ]
}

/** Totals since it was made. */
export function reportOf(running: RunningDomain): DomainCalls['report']['reply'] {
  const { domain } = running.made
  const hypercalls: Record<string, number> = {}
  for (const [number, name] of HYPERCALLS) {
    const calls = sum(domain.vcpus, (vcpu) => domain.counter(vcpu, 'CALLS', number))
    if (calls > 0) hypercalls[name] = calls
  }
  const exits: Record<string, number> = {}
  for (const code of Object.values(EXIT)) {
    exits[EXIT_NAMES[code]] = sum(domain.vcpus, (vcpu) => domain.counter(vcpu, 'EXITS', code))
  }
  const retired = (name: 'RETIRED' | 'STAT_TRANSLATED'): number =>
    sum(domain.vcpus, (vcpu) => Number(new Registers(domain.memory.buffer, vcpu).get64(name)))
  return {
    instructions: retired('RETIRED'),
    translated: retired('STAT_TRANSLATED'),
    vcpuSeconds: cpuNsOf(running) / 1e9,
    hypercalls,
    exits,
    crossings: domain.get('CROSSINGS'),
    consoleBytes: running.console.written,
    refusedViewers: running.screen?.refusedViewers ?? 0,
  }
}

function ringsOf({ key, rings }: PumpHost['view'][number]): RingRow[] {
  return rings.map((ring) => ({ key, unit: 'entries', ...ring }))
}

/** Nanoseconds its vcpus have run. */
export function cpuNsOf({ made: { domain } }: RunningDomain): number {
  return Math.round(sum(domain.vcpus, (vcpu) => domain.counter(vcpu, 'RUN_NS')))
}

function sum(count: number, figure: (index: number) => number): number {
  let total = 0
  for (let i = 0; i < count; i++) total += figure(i)
  return total
}
