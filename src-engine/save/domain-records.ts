// What of a domain goes into which record, and back. Fields are saved by name, so their place in memory may change between
// versions; caches, counters of wake-ups and addresses of this process are not saved but made again.
// Invariant: read only while every vcpu is parked; a restored domain is paused, with time standing at the save.
// Runs in: main thread of the domain's process. Spec: cpu.md section 8, xen-guest-abi.md 8.2.
import type { Domain } from '../hypervisor/domain'
import {
  DOMAIN,
  DOMAIN_ROWS,
  DOMAIN_TABLE,
  EVENT_CHANNEL_ENTRY,
  HEAP_PAGE,
  MAX_PORTS,
  MESSAGE_RING_BYTES,
  NO_GFN,
  REASON_BYTES,
  VCPU,
  VCPU_ROWS,
} from '../hypervisor/domain-layout'
import { VCPU_FIELDS, VCPU_OFFSET } from '../isa/state-layout'
import { structSize } from '../lib/struct-layout'
import { EVTCHNSTAT, NR_VIRQS } from '../public/xen/event-channel'
import { MAX_GRANT_FRAMES } from '../public/xen/grant-table'
import { E820_ENTRY_SIZE, E820_MAX } from '../public/xen/memory'
import { SCHED_POLL_MAX } from '../public/xen/sched'
import { vcpu_time_info } from '../public/xen/shared-info'
import { RUNSTATE, vcpu_runstate_info } from '../public/xen/vcpu'
import { decodeFields, encodeFields, type NamedFields } from './records'

const PAGE = 4096

/** Fields of a vcpu's area that are caches, scratch or statistics. */
const VCPU_TRANSIENT: readonly string[] = [
  'PC_BASE',
  'CODE_BASE',
  'IRQ_WANTED',
  'STOPPED_IP',
  'BUDGET',
  'DTLB',
  'MSR_VALUE',
  'CPUID_OUT',
  'CODE_NEXT',
  'CODE_END',
  'INDEX',
  'VCPUS',
  'EPOCH',
  'PAUSES',
  'CODE_HASH',
  'CODE_HEADS',
  'STAT_DECODED',
  'STAT_TLB_FILL',
  'STAT_CODE_FLUSH',
  'STAT_SMC',
  'STAT_TRANSLATED',
  'STAT_ENTERED',
  'LAST_ENTER',
  'LAST_STAY',
  'JUMP_KEY_UPPER',
  'JUMPS_LOCAL',
  'JUMP_PAGES',
  'TLB_GUESS',
  'STRADDLE',
  'SCRATCH',
  'VCPU_PRIVATE',
  'TLB_SUPERVISOR',
  'TLB_USER',
  'TLB_CHECKED',
]

/** Of those, what files of older versions have all the same. It is passed over. */
const FORMERLY_SAVED: readonly string[] = ['TLB_CHECKED']

const VCPU_SAVED = VCPU_FIELDS.filter(([name]) => !VCPU_TRANSIENT.includes(name))

interface Place {
  readonly name: string
  readonly at: number
  readonly size: number
}

const saved = ([, , , note]: readonly [string, number, number, string]): boolean => note.includes('(saved)')

/** Addresses of the saved fields of the DOMAIN area. */
function domainPlaces(domain: Domain): Place[] {
  return DOMAIN_ROWS.filter(saved).map(([name, element, count]) => ({
    name,
    at: domain.geometry.domainBase + DOMAIN[name],
    size: element * count,
  }))
}

function privatePlaces(domain: Domain, vcpu: number): Place[] {
  return VCPU_ROWS.filter(saved).map(([name, element, count]) => ({
    name,
    at: domain.geometry.vcpuPrivate(vcpu) + VCPU[name],
    size: element * count,
  }))
}

function registerPlaces(domain: Domain, vcpu: number): Place[] {
  return VCPU_SAVED.map(([name, , size]) => ({ name, at: domain.geometry.vcpuArea(vcpu) + VCPU_OFFSET[name], size }))
}

function tablePlaces(domain: Domain): Place[] {
  const at = (offset: number): number => domain.geometry.domainBase + offset
  return [
    { name: 'MEMORY_MAP', at: at(DOMAIN_TABLE.MEMORY_MAP), size: E820_MAX * E820_ENTRY_SIZE },
    { name: 'EVENT_CHANNEL', at: at(DOMAIN_TABLE.EVENT_CHANNEL), size: MAX_PORTS * EVENT_CHANNEL_ENTRY.SIZE },
    { name: 'MESSAGES', at: at(DOMAIN_TABLE.MESSAGES), size: MESSAGE_RING_BYTES },
  ]
}

function gather(domain: Domain, places: readonly Place[], prefix?: Uint8Array): Uint8Array {
  return encodeFields(new Map(places.map(({ name, at, size }) => [name, domain.memory.u8.subarray(at, at + size)])), prefix)
}

/**
 * A field of the file that we do not know is from a version we cannot follow. One that the file does not have (it is from an
 * older version) keeps the value it has in a new domain.
 */
function scatter(domain: Domain, places: readonly Place[], fields: NamedFields | undefined): boolean {
  if (!fields) return false
  const known = new Map(places.map((place) => [place.name, place]))
  for (const [name, bytes] of fields) {
    if (!FORMERLY_SAVED.includes(name) && known.get(name)?.size !== bytes.length) return false
  }
  for (const [name, bytes] of fields) {
    const place = known.get(name)
    if (place) domain.memory.u8.set(bytes, place.at)
  }
  return true
}

function u32(...values: number[]): Uint8Array {
  const bytes = new Uint8Array(4 * values.length)
  const view = new DataView(bytes.buffer)
  values.forEach((value, i) => {
    view.setUint32(i * 4, value, true)
  })
  return bytes
}

export function saveTables(domain: Domain): Uint8Array {
  return gather(domain, tablePlaces(domain))
}
export function loadTables(domain: Domain, body: Uint8Array): boolean {
  return scatter(domain, tablePlaces(domain), decodeFields(body))
}

export function saveDomainFields(domain: Domain): Uint8Array {
  const time = new Uint8Array(8)
  new DataView(time.buffer).setBigInt64(0, domain.time.systemTime(), true)
  return gather(domain, domainPlaces(domain), time)
}
/** Also sets the clock: stopped at the saved system time. */
export function loadDomainFields(domain: Domain, body: Uint8Array): boolean {
  if (body.length < 8) return false
  const vcpus = domain.get('VCPUS')
  const layout = domain.get('LAYOUT')
  const heapEnd = domain.geometry.heapBase + domain.geometry.heapPages * PAGE
  if (!scatter(domain, domainPlaces(domain), decodeFields(body, 8))) return false
  const next = domain.get('HEAP_NEXT')
  if (domain.get('VCPUS') !== vcpus || domain.get('LAYOUT') !== layout || next < domain.geometry.heapBase || next > heapEnd)
    return false
  const time = new DataView(body.buffer, body.byteOffset).getBigInt64(0, true)
  if (time < 0n || domain.get('TSC_KHZ') === 0) return false
  domain.time.start(time, domain.get64('WALL_BASE'), domain.get('TSC_KHZ'))
  domain.set('INCARNATION', domain.get('INCARNATION') + 1)
  return true
}

export function saveRegisters(domain: Domain, vcpu: number): Uint8Array {
  return gather(domain, registerPlaces(domain, vcpu), u32(vcpu))
}
export function loadRegisters(domain: Domain, body: Uint8Array): boolean {
  const vcpu = vcpuOf(domain, body)
  return vcpu >= 0 && scatter(domain, registerPlaces(domain, vcpu), decodeFields(body, 4))
}

function vcpuOf(domain: Domain, body: Uint8Array): number {
  if (body.length < 4) return -1
  const vcpu = new DataView(body.buffer, body.byteOffset).getUint32(0, true)
  return vcpu < domain.vcpus ? vcpu : -1
}

/** Areas that the guest registered by virtual address, with their longest record; as guest physical addresses: gfn u32, offset u32, split u32. */
const AREAS = [
  ['RUNSTATE_AREA', 'RUNSTATE_SPLIT', structSize(vcpu_runstate_info, 64)],
  ['TIME_AREA', 'TIME_SPLIT', structSize(vcpu_time_info, 64)],
] as const

/** Page (linear address) to gfn, for all that is mapped. */
export function reverseMap(domain: Domain): Map<number, number> {
  const map = new Map<number, number>()
  for (let gfn = 0; gfn < domain.geometry.p2mGfns; gfn++) {
    const page = domain.memory.pageOf(gfn)
    if (page !== 0) map.set(page, gfn)
  }
  return map
}

export function savePrivate(domain: Domain, vcpu: number, gfns: ReadonlyMap<number, number>): Uint8Array {
  const words: number[] = []
  for (const [area, split] of AREAS) {
    for (const piece of [0, 1]) {
      const address = domain.vget(vcpu, area, piece)
      words.push(address === 0 ? NO_GFN : (gfns.get((address & -PAGE) >>> 0) ?? NO_GFN), address % PAGE)
    }
    words.push(domain.vget(vcpu, split))
  }
  return gather(domain, privatePlaces(domain, vcpu), u32(vcpu, ...words))
}

/** Comes after P2M: addresses are looked up in it. */
export function loadPrivate(domain: Domain, body: Uint8Array): boolean {
  const vcpu = vcpuOf(domain, body)
  const prefix = 4 + AREAS.length * 20
  if (vcpu < 0 || body.length < prefix) return false
  if (!scatter(domain, privatePlaces(domain, vcpu), decodeFields(body, prefix))) return false
  const view = new DataView(body.buffer, body.byteOffset)
  let at = 4
  for (const [area, split, longest] of AREAS) {
    const first = view.getUint32(at + 16, true)
    if (first > longest) return false
    // Each piece is written without another look: neither may go beyond its page.
    for (const [piece, size] of [first, longest - first].entries()) {
      const gfn = view.getUint32(at + 8 * piece, true)
      const offset = view.getUint32(at + 8 * piece + 4, true)
      const page = gfn === NO_GFN ? 0 : domain.memory.pageOf(gfn)
      if (offset + size > PAGE) return false
      domain.vset(vcpu, area, page === 0 ? 0 : page + offset, piece)
    }
    domain.vset(vcpu, split, first)
    at += 20
  }
  const infoGfn = domain.vget(vcpu, 'INFO_GFN')
  const page = infoGfn === NO_GFN ? 0 : domain.memory.pageOf(infoGfn)
  const offset = domain.vget(vcpu, 'INFO_OFFSET')
  if (infoGfn !== NO_GFN && (page === 0 || offset > PAGE - 64)) return false
  domain.vset(vcpu, 'INFO', infoGfn === NO_GFN ? domain.shared.defaultInfo(vcpu) : page + offset)
  return domain.vget(vcpu, 'POLL_COUNT') <= SCHED_POLL_MAX
}

/**
 * Do the figures that were loaded stay within their tables? Asked when all records are there. Nobody looks at them again while the
 * domain runs, and a file's checksums say nothing about who wrote it.
 */
export function figuresFit(domain: Domain): boolean {
  if (domain.get('GRANT_FRAMES') > MAX_GRANT_FRAMES || domain.get('MEMORY_MAP_ENTRIES') > E820_MAX) return false
  if (domain.get('REASON_LENGTH') > REASON_BYTES) return false
  for (let port = 0; port < MAX_PORTS; port++) {
    const { state, vcpu, remote } = domain.events.status(port)
    if (vcpu >= domain.vcpus || (state === EVTCHNSTAT.virq && remote >= NR_VIRQS)) return false
    if (state === EVTCHNSTAT.interdomain && remote >= MAX_PORTS) return false
  }
  for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) {
    if (domain.vget(vcpu, 'RUNSTATE') > RUNSTATE.offline || domain.vget(vcpu, 'UPCALL_VECTOR') > 0xff) return false
    for (let i = 0; i < SCHED_POLL_MAX; i++) if (domain.vget(vcpu, 'POLL_PORTS', i) >= MAX_PORTS) return false
    for (let virq = 0; virq < NR_VIRQS; virq++) if (domain.vget(vcpu, 'VIRQ_PORT', virq) >= MAX_PORTS) return false
  }
  return true
}

// --- what is where ---

export function saveP2m(domain: Domain): Uint8Array {
  const { heapBase, heapPages } = domain.geometry
  const runs: number[] = []
  let next = -1
  let nextHeap = NO_GFN
  for (let gfn = 0; gfn < domain.geometry.p2mGfns; gfn++) {
    const page = domain.memory.pageOf(gfn)
    if (page === 0) continue
    const heap = page >= heapBase && page < heapBase + heapPages * PAGE ? (page - heapBase) / PAGE : NO_GFN
    const last = runs.length - 2
    if (gfn === next && heap === nextHeap) runs[last] = (runs[last] ?? 0) + 1
    else runs.push(gfn, 1, heap)
    next = gfn + 1
    nextHeap = heap === NO_GFN ? NO_GFN : heap + 1
  }
  return u32(...runs)
}

/** Gives every RAM gfn a page of the new memory, in order; heap pages go where they were. */
export function loadP2m(domain: Domain, body: Uint8Array): boolean {
  if (body.length % 12 !== 0) return false
  const { memory, geometry } = domain
  const view = new DataView(body.buffer, body.byteOffset)
  memory.u32.fill(0, geometry.p2mBase >>> 2, (geometry.p2mBase >>> 2) + geometry.p2mGfns)
  let ram = geometry.ramBase
  for (let at = 0; at < body.length; at += 12) {
    const gfn = view.getUint32(at, true)
    const count = view.getUint32(at + 4, true)
    const heap = view.getUint32(at + 8, true)
    if (count > geometry.p2mGfns || gfn + count > geometry.p2mGfns) return false
    if (heap !== NO_GFN && heap + count > geometry.heapPages) return false
    if (heap === NO_GFN && ram + count * PAGE > geometry.ramBase + geometry.ramBytes) return false
    for (let i = 0; i < count; i++) {
      const page = heap === NO_GFN ? ram : geometry.heapBase + (heap + i) * PAGE
      if (heap === NO_GFN) ram += PAGE
      memory.setP2mEntry(gfn + i, (page + geometry.p2mPresent) >>> 0)
    }
  }
  domain.p2m.rebuildFreeList()
  return true
}

/** The pages of XENHEAP that are not all zero. */
export function saveHeap(domain: Domain): Uint8Array {
  const { heapBase, heapPages } = domain.geometry
  const isZero = zeroPages(domain)
  const used: number[] = []
  for (let index = HEAP_PAGE.SHARED_INFO; index < heapPages; index++) if (!isZero(heapBase + index * PAGE)) used.push(index)
  const body = new Uint8Array(used.length * (4 + PAGE))
  const view = new DataView(body.buffer)
  used.forEach((index, i) => {
    view.setUint32(i * (4 + PAGE), index, true)
    const at = heapBase + index * PAGE
    body.set(domain.memory.u8.subarray(at, at + PAGE), i * (4 + PAGE) + 4)
  })
  return body
}

export function loadHeap(domain: Domain, body: Uint8Array): boolean {
  if (body.length % (4 + PAGE) !== 0) return false
  const { heapBase, heapPages } = domain.geometry
  const view = new DataView(body.buffer, body.byteOffset)
  domain.memory.u8.fill(0, heapBase, heapBase + heapPages * PAGE)
  for (let at = 0; at < body.length; at += 4 + PAGE) {
    const index = view.getUint32(at, true)
    if (index >= heapPages) return false
    domain.memory.u8.set(body.subarray(at + 4, at + 4 + PAGE), heapBase + index * PAGE)
  }
  return true
}

const ZEROES = Buffer.alloc(PAGE)

/** Tells of a page's address whether the page has nothing but zeroes. */
export function zeroPages({ memory }: Domain): (page: number) => boolean {
  const bytes = Buffer.from(memory.buffer)
  // Most pages that are not zero do not begin so, and that is seen without a call.
  return (page) => memory.f64[page >>> 3] === 0 && bytes.compare(ZEROES, 0, PAGE, page, page + PAGE) === 0
}
