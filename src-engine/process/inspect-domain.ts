// What the hypervisor keeps of a domain, read for people: counters, event channels, grants in use, the shared-info page decoded.
// Reads words that vcpus change meanwhile: each is right by itself, all together are of about one moment.
// Invariant: reads only, takes no lock, and costs nothing while nobody asks. Runs in: main thread of the domain's process.
import type { Domain } from '../hypervisor/domain'
import { readStruct } from '../lib/struct-layout'
import { GRANT_LIMIT, type InspectReply, PORT_LIMIT, type SHARED_NOTES } from '../public/protocol/inspect'
import { EVTCHN_2L_PORTS, EVTCHNSTAT, VIRQ } from '../public/xen/event-channel'
import { GRANT_ENTRY_V1, GTF, MAX_GRANT_FRAMES } from '../public/xen/grant-table'
import { HYPERCALLS } from '../public/xen/hypercall'
import { shared_info, vcpu_info, vcpu_time_info } from '../public/xen/shared-info'
import { EXIT } from '../vcpu/registers'
import { hexText } from './inspect-vcpu'

const PORT_STATES = ['closed', 'unbound', 'interdomain', 'pirq', 'virq', 'ipi'] as const
const EVENT_NAMES = ['upcall', 'local APIC', 'NMI', 'timer'] as const
const VIRQ_NAMES = new Map<number, string>(Object.entries(VIRQ).map(([name, number]) => [number, name]))

type Counters = NonNullable<InspectReply['counters']>
type Ports = NonNullable<InspectReply['ports']>
type Grants = NonNullable<InspectReply['grants']>
type Shared = NonNullable<InspectReply['shared']>

export function countersOf(domain: Domain): Counters {
  const sum = (field: 'CALLS' | 'EXITS' | 'EVENTS', item: number): number => {
    let total = 0
    for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) total += domain.counter(vcpu, field, item)
    return Math.round(total)
  }
  return [
    ...HYPERCALLS.map(([number, name]) => ({ kind: 'hypercall' as const, name, total: sum('CALLS', number) })),
    ...Object.entries(EXIT).map(([name, code]) => ({
      kind: 'exit' as const,
      name: name.toLowerCase().replace(/_/g, ' '),
      total: sum('EXITS', code),
    })),
    ...EVENT_NAMES.map((name, index) => ({ kind: 'event' as const, name, total: sum('EVENTS', index) })),
  ]
}

/** `uses`: what ports are for, as far as pumps know. */
export function portsOf(domain: Domain, uses: ReadonlyMap<number, string>): Ports {
  const { events, shared, memory } = domain
  const most = Math.min(EVTCHN_2L_PORTS[shared.width], PORT_LIMIT)
  const ports: Ports[number][] = []
  for (let port = 1; port < most; port++) {
    const { state, vcpu, remoteDomid, remote } = events.status(port)
    const name = PORT_STATES[state]
    if (name === undefined || name === 'closed') continue
    const bit = 1 << (port & 31)
    const isVirq = state === EVTCHNSTAT.virq
    ports.push({
      port,
      state: name,
      vcpu,
      remote: isVirq ? remote : remoteDomid,
      use: (isVirq ? VIRQ_NAMES.get(remote) : uses.get(port)) ?? '',
      pending: (Atomics.load(memory.i32, shared.portWord(port, false)) & bit) !== 0,
      masked: (Atomics.load(memory.i32, shared.portWord(port, true)) & bit) !== 0,
    })
  }
  return ports
}

export function grantsOf(domain: Domain): Grants {
  const { grants, memory } = domain
  const { frames } = grants
  const entries: Grants['entries'][number][] = []
  let inUse = 0
  for (let ref = 0; ref < frames * GRANT_ENTRY_V1.perFrame; ref++) {
    const page = grants.framePage(Math.floor(ref / GRANT_ENTRY_V1.perFrame))
    const at = page + (ref % GRANT_ENTRY_V1.perFrame) * GRANT_ENTRY_V1.size
    const word = Atomics.load(memory.u32, at >>> 2)
    const type = word & GTF.type_mask
    if (type === GTF.invalid) continue
    inUse++
    if (entries.length >= GRANT_LIMIT) continue
    const gfn = memory.u32[(at + GRANT_ENTRY_V1.frame) >>> 2] ?? 0
    const access = type === GTF.accept_transfer ? 'transfer' : (word & GTF.readonly) !== 0 ? 'read' : 'write'
    entries.push({ ref, domid: word >>> 16, gfn: hexText(gfn), access })
  }
  return { version: 1, frames, mostFrames: MAX_GRANT_FRAMES, inUse, entries }
}

export function sharedOf(domain: Domain): Shared {
  const { shared, memory } = domain
  const { width } = shared
  const fields: Shared[number][] = []
  const add = (name: string, value: string, kind?: (typeof SHARED_NOTES)[number] | false, said = ''): void => {
    fields.push({ name, value: value.slice(0, 128), ...(kind ? { note: { kind, value: said } } : {}) })
  }
  const mapped = domain.get('SHARED_INFO_GFN')
  const isMapped = mapped !== 0xffff_ffff
  add('layout', `${width}-bit`, isMapped ? 'mapped' : 'unmapped', isMapped ? hexText(mapped) : '')
  const page = readStruct(shared_info, width, memory.view, shared.address)
  const seconds = page.wc_sec + page.wc_sec_hi * 2 ** 32
  const wall = new Date(seconds * 1000)
  add('wc_version', String(page.wc_version), page.wc_version % 2 === 1 && 'writing')
  const isTime = !Number.isNaN(wall.getTime())
  add('wc_sec', String(seconds), isTime && 'wall-clock', isTime ? wall.toISOString() : '')
  add('wc_nsec', String(page.wc_nsec))
  const words = EVTCHN_2L_PORTS[width] / 32
  for (const [name, mask] of [
    ['evtchn_pending', false],
    ['evtchn_mask', true],
  ] as const) {
    const set: number[] = []
    for (let word = 0; word < words; word++) {
      const bits = Atomics.load(memory.i32, shared.portWord(word * 32, mask))
      // Masks of ports that are not used are all set: those of bound ports are what matters.
      for (let bit = 0; bit < 32; bit++) {
        const port = word * 32 + bit
        if ((bits & (1 << bit)) !== 0 && domain.events.status(port).state !== EVTCHNSTAT.closed) set.push(port)
      }
    }
    add(name, set.length === 0 ? '–' : set.slice(0, 24).join(' '), 'ports', String(set.length))
  }
  for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) {
    const address = shared.vcpuInfo(vcpu)
    if (address === 0) continue
    const info = readStruct(vcpu_info, width, memory.view, address)
    const time = readStruct(vcpu_time_info, width, memory.view, shared.timeRecord(vcpu))
    const name = (field: string): string => `vcpu_info[${vcpu}].${field}`
    const gfn = domain.vget(vcpu, 'INFO_GFN')
    add(name('evtchn_upcall_pending'), String(info.evtchn_upcall_pending), gfn !== 0xffff_ffff && 'frame', hexText(gfn))
    add(name('evtchn_upcall_mask'), String(info.evtchn_upcall_mask), 'ignored')
    add(name('evtchn_pending_sel'), hexText(info.evtchn_pending_sel))
    add(name('time.version'), String(time.version), time.version % 2 === 1 && 'writing')
    add(name('time.tsc_timestamp'), String(time.tsc_timestamp))
    add(name('time.system_time'), `${time.system_time} ns`, 'seconds', (Number(time.system_time) / 1e9).toFixed(3))
    const khz = time.tsc_to_system_mul === 0 ? 0 : (1e6 * 2 ** 32) / time.tsc_to_system_mul / 2 ** time.tsc_shift
    add(name('time.tsc_to_system_mul'), hexText(time.tsc_to_system_mul), 'tsc', (khz / 1e6).toFixed(3))
    add(name('time.tsc_shift'), String(time.tsc_shift))
    add(name('time.flags'), hexText(time.flags), (time.flags & 1) !== 0 && 'stable')
  }
  return fields
}
