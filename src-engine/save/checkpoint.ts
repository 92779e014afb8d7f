// A checkpoint of a parked domain into a save file, and a domain back from one. RAM goes in chunks: sparse (pages of zeroes are
// left out), deflated on the thread pool, a few chunks in flight, so neither the main thread nor a vcpu waits for a compressor.
// Invariant: nothing of a file is used before its checksum was right and its numbers were checked: save files are hostile.
// Runs in: main thread of the domain's process.
import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import type { Domain } from '../hypervisor/domain'
import { CPUID_LEAVES } from '../platform/cpuid'
import { err, ok, type Result } from '../public/result'
import { count, fields, text, within } from '../public/shape'
import {
  isZero,
  loadDomainFields,
  loadHeap,
  loadP2m,
  loadPrivate,
  loadRegisters,
  loadTables,
  reverseMap,
  saveDomainFields,
  saveHeap,
  saveP2m,
  savePrivate,
  saveRegisters,
  saveTables,
} from './domain-records'
import type { SaveRecord } from './records'
import { Cancelled, readSaveFile, type SaveError, SaveFileWriter } from './save-file'

const PAGE = 4096
/** Pages in one RAM record: 1 MiB. */
const CHUNK_PAGES = 256
/** Chunks being compressed at one time. */
const IN_FLIGHT = 4

const deflated = promisify<Uint8Array, { level: number }, Buffer>(deflate)
const inflated = promisify<Uint8Array, { maxOutputLength: number }, Buffer>(inflate)

const IDENTITY = fields({
  handle: text,
  name: text,
  savedAtMs: count,
  memoryMiB: within(1, 4096),
  vcpus: within(1, 32),
})

export interface SavedIdentity {
  readonly handle: string
  readonly name: string
  readonly savedAtMs: number
  readonly memoryMiB: number
  readonly vcpus: number
}

export interface SaveProgress {
  /** Bytes of guest memory. */
  progress(done: number, total: number): void
  cancelled(): boolean
}

function json(value: unknown): Uint8Array {
  return new TextEncoder().encode(JSON.stringify(value))
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body))
  } catch {
    return undefined
  }
}

const cpuidPolicy = (): string => JSON.stringify(CPUID_LEAVES.map(([leaf, registers]) => [leaf, registers]))

/** Writes everything; every vcpu is parked and stays so. `pumps`: the record of process/pump-state.ts. */
export async function saveDomain(
  target: string,
  domain: Domain,
  identity: SavedIdentity,
  pumps: Uint8Array,
  progress: SaveProgress,
): Promise<Result<{ bytes: number }, SaveError>> {
  const created = await SaveFileWriter.create(target)
  if (!created.ok) return created
  const writer = created.value
  try {
    const gfns = reverseMap(domain)
    await writer.record('IDENTITY', json(identity))
    await writer.record('CPUID', new TextEncoder().encode(cpuidPolicy()))
    await writer.record('P2M', saveP2m(domain))
    await writer.record('DOMAIN', saveDomainFields(domain))
    await writer.record('TABLE', saveTables(domain))
    await writer.record('HEAP', saveHeap(domain))
    for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) {
      await writer.record('VCPU', saveRegisters(domain, vcpu))
      await writer.record('VCPU_PRIVATE', savePrivate(domain, vcpu, gfns))
    }
    await writer.record('PUMPS', pumps)
    await saveRam(writer, domain, gfns, progress)
    await writer.finish()
    return ok({ bytes: writer.bytes })
  } catch (error) {
    return err(await writer.abandon(error))
  }
}

async function saveRam(
  writer: SaveFileWriter,
  domain: Domain,
  gfns: ReadonlyMap<number, number>,
  progress: SaveProgress,
): Promise<void> {
  const pages = [...gfns].filter(([page]) => domain.memory.isRamPage(page)).sort(([, a], [, b]) => a - b)
  const total = pages.length * PAGE
  let done = 0
  const waiting: Promise<{ body: Uint8Array; pages: number }>[] = []
  const writeOldest = async (): Promise<void> => {
    const oldest = await waiting.shift()
    if (!oldest) return
    if (oldest.body.length > 0) await writer.record('RAM', oldest.body)
    done += oldest.pages * PAGE
    progress.progress(done, total)
  }
  try {
    for (let at = 0; at < pages.length; at += CHUNK_PAGES) {
      if (progress.cancelled()) throw new Cancelled()
      waiting.push(packChunk(domain, pages.slice(at, at + CHUNK_PAGES)))
      if (waiting.length >= IN_FLIGHT) await writeOldest()
    }
    while (waiting.length > 0) await writeOldest()
    if (progress.cancelled()) throw new Cancelled()
  } catch (error) {
    // Chunks still in the thread pool end on their own; nobody waits for their results.
    await Promise.allSettled(waiting)
    throw error
  }
}

async function packChunk(
  domain: Domain,
  pages: readonly (readonly [page: number, gfn: number])[],
): Promise<{ body: Uint8Array; pages: number }> {
  const used = pages.filter(([page]) => !isZero(domain, page))
  if (used.length === 0) return { body: new Uint8Array(0), pages: pages.length }
  // A private copy: the compressor must not be given shared memory.
  const plain = new Uint8Array(used.length * PAGE)
  used.forEach(([page], i) => {
    plain.set(domain.memory.u8.subarray(page, page + PAGE), i * PAGE)
  })
  const packed = await deflated(plain, { level: 1 })
  const body = new Uint8Array(4 + 4 * used.length + packed.length)
  const view = new DataView(body.buffer)
  view.setUint32(0, used.length, true)
  used.forEach(([, gfn], i) => {
    view.setUint32(4 + 4 * i, gfn, true)
  })
  body.set(packed, 4 + 4 * used.length)
  return { body, pages: pages.length }
}

export interface RestoredDomain<T> {
  readonly made: T
  readonly identity: SavedIdentity
  readonly pumps: Uint8Array
}

/** Reads a save file; `make` makes the domain's memory when its size is known. The domain comes back paused. */
export async function restoreDomain<T extends { readonly domain: Domain }>(
  file: string,
  make: (identity: SavedIdentity) => Result<T, string>,
  progress: SaveProgress,
): Promise<Result<RestoredDomain<T>, SaveError>> {
  let identity: SavedIdentity | undefined
  let made: T | undefined
  let pumps: Uint8Array | undefined
  let pages = 0
  const seen = new Set<string>()

  const take = async ({ name, body }: SaveRecord): Promise<Result<undefined, SaveError>> => {
    const bad = err({
      kind: 'CORRUPT',
      message: `The save file ${file} is damaged: its ${name} record makes no sense.`,
    } as const)
    const need = (good: boolean): Result<undefined, SaveError> => (good ? ok(undefined) : bad)
    if (name !== 'RAM' && name !== 'VCPU' && name !== 'VCPU_PRIVATE' && seen.has(name)) return bad
    if (name === 'IDENTITY') {
      const value = parse(body)
      if (seen.size > 0 || !IDENTITY.is(value)) return bad
      const result = make(value)
      if (!result.ok) return err({ kind: 'STATE', message: result.error })
      identity = value
      made = result.value
    }
    seen.add(name)
    if (!made || !identity) return bad
    const { domain } = made
    switch (name) {
      case 'IDENTITY':
        return ok(undefined)
      case 'CPUID':
        if (new TextDecoder().decode(body) === cpuidPolicy()) return ok(undefined)
        return err({ kind: 'STATE', message: `The guest in ${file} has seen a processor that this program does not offer.` })
      case 'P2M':
        return need(loadP2m(domain, body))
      case 'DOMAIN':
        return need(loadDomainFields(domain, body))
      case 'TABLE':
        return need(loadTables(domain, body))
      case 'HEAP':
        return need(loadHeap(domain, body))
      case 'VCPU':
        return need(loadRegisters(domain, body))
      case 'VCPU_PRIVATE':
        return need(seen.has('P2M') && seen.has('DOMAIN') && loadPrivate(domain, body))
      case 'PUMPS':
        pumps = body
        return ok(undefined)
      case 'RAM': {
        const loaded = seen.has('P2M') ? await loadChunk(domain, body) : 0
        pages += loaded
        progress.progress(Math.min(pages * PAGE, domain.geometry.ramBytes), domain.geometry.ramBytes)
        return need(loaded > 0)
      }
      case 'END':
        return bad
    }
  }

  const read = await readSaveFile(file, take)
  if (!read.ok) return read
  const wanted = ['CPUID', 'P2M', 'DOMAIN', 'TABLE', 'HEAP', 'VCPU', 'VCPU_PRIVATE']
  if (!made || !identity || !pumps || !wanted.every((name) => seen.has(name))) {
    return err({ kind: 'CORRUPT', message: `The save file ${file} is damaged: records are missing.` })
  }
  const { domain } = made
  // Taken again from what is mapped: the file's figure is not trusted.
  domain.set('MAX_PAGES', Math.max(domain.get('TOTAL_PAGES'), domain.geometry.ramBytes / PAGE))
  domain.p2m.rebuildFreeList()
  for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) domain.time.writeTimeRecord(vcpu)
  return ok({ made, identity, pumps })
}

/** Returns the number of pages, 0 when the record makes no sense. */
async function loadChunk(domain: Domain, body: Uint8Array): Promise<number> {
  if (body.length < 4) return 0
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const pages = view.getUint32(0, true)
  if (pages === 0 || pages > CHUNK_PAGES || 4 + 4 * pages > body.length) return 0
  let plain: Uint8Array
  try {
    plain = await inflated(body.subarray(4 + 4 * pages), { maxOutputLength: pages * PAGE })
  } catch {
    return 0
  }
  if (plain.length !== pages * PAGE) return 0
  for (let i = 0; i < pages; i++) {
    const page = domain.memory.pageOf(view.getUint32(4 + 4 * i, true))
    if (page === 0 || !domain.memory.isRamPage(page)) return 0
    domain.memory.u8.set(plain.subarray(i * PAGE, (i + 1) * PAGE), page)
  }
  return pages
}
