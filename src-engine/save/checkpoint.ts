// A checkpoint of a parked domain into a save file, and a domain back from one. RAM goes in chunks: sparse (pages of zeroes are
// left out), deflated on the thread pool, a few chunks in flight, so neither the main thread nor a vcpu waits for a compressor. Where the file
// is read at once and removed (a fork), pages go into it from where they are and out of it to where they belong, without a copy between.
// Invariant: nothing of a file is used before its checksum was right and its numbers were checked: save files are hostile.
// Runs in: main thread of the domain's process.
import { promisify } from 'node:util'
import { deflate, inflate } from 'node:zlib'
import type { Domain } from '../hypervisor/domain'
import { GuestViews } from '../lib/guest-views'
import { jsonBytes, readJson } from '../lib/json'
import { CPUID_POLICY, CPUID_POLICY_BEFORE } from '../platform/cpuid'
import { err, ok, type Result } from '../public/result'
import { count, fields, text, within } from '../public/shape'
import {
  figuresFit,
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
  zeroPages,
} from './domain-records'
import type { RecordName, SaveRecord } from './records'
import { Cancelled, readSaveFile, type SaveError, SaveFileWriter } from './save-file'

const PAGE = 4096
/** Pages in one RAM record: 1 MiB. */
const CHUNK_PAGES = 256
/** Pages in one PAGES record: 16 MiB. */
const PIECES_PAGES = 4096
/** Chunks being compressed at one time. */
const IN_FLIGHT = 4

const deflated = promisify<Uint8Array, { level: number; chunkSize: number }, Buffer>(deflate)
const inflated = promisify<Uint8Array, { maxOutputLength: number; chunkSize: number }, Buffer>(inflate)

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

type Pages = readonly (readonly [page: number, gfn: number])[]

/** Pages that are not all zero, one after the other. */
interface Taken {
  readonly gfns: readonly number[]
  readonly plain: Uint8Array
}

/** Some pages of RAM on their way to a file. */
interface RamChunk {
  /** How many it stands for, those of zeroes too. */
  readonly pages: number
  /** A private copy of those in use. Asked once. */
  take(): Taken
}

/** What a save file will hold, taken from a parked domain. */
export interface Capture {
  readonly domain: Domain
  /** Its RAM, in order of gfns. */
  readonly pages: Pages
  readonly records: readonly (readonly [RecordName, Uint8Array])[]
  readonly ram: readonly RamChunk[]
  /** RAM was copied: the vcpus may go on before the file is written. */
  readonly copied: boolean
}

/**
 * Every vcpu is parked. RAM in use is copied when it is at most `copyMost` bytes; if it is not, the vcpus must stay parked until
 * the capture is written. `pumps`: the record of process/pump-state.ts.
 */
export function captureDomain(domain: Domain, identity: SavedIdentity, pumps: Uint8Array, copyMost: number): Capture {
  const gfns = reverseMap(domain)
  const records: [RecordName, Uint8Array][] = [
    ['IDENTITY', jsonBytes(identity)],
    ['CPUID', new TextEncoder().encode(CPUID_POLICY)],
    ['P2M', saveP2m(domain)],
    ['DOMAIN', saveDomainFields(domain)],
    ['TABLE', saveTables(domain)],
    ['HEAP', saveHeap(domain)],
  ]
  for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) {
    records.push(['VCPU', saveRegisters(domain, vcpu)], ['VCPU_PRIVATE', savePrivate(domain, vcpu, gfns)])
  }
  records.push(['PUMPS', pumps])
  const pages = [...gfns].filter(([page]) => domain.memory.isRamPage(page)).sort(([, a], [, b]) => a - b)
  const chunks: RamChunk[] = []
  let copied = 0
  for (let at = 0; at < pages.length; at += CHUNK_PAGES) {
    const some = pages.slice(at, at + CHUNK_PAGES)
    const chunk: RamChunk = { pages: some.length, take: () => copyPages(domain, some) }
    if (copied <= copyMost) {
      let held: Taken | undefined = chunk.take()
      copied += held.plain.length
      const take = (): Taken => {
        const taken = held ?? { gfns: [], plain: new Uint8Array(0) }
        held = undefined // the copy is given back page by page as it is written
        return taken
      }
      chunks.push({ pages: some.length, take })
    } else chunks.push(chunk)
  }
  return { domain, pages, records, ram: chunks, copied: copied <= copyMost }
}

/** A private copy: the compressor must not be given shared memory, and the guest may go on. */
function copyPages(domain: Domain, pages: Pages): Taken {
  const isZero = zeroPages(domain)
  const used = pages.filter(([page]) => !isZero(page))
  const plain = Buffer.allocUnsafeSlow(used.length * PAGE)
  used.forEach(([page], i) => {
    plain.set(domain.memory.u8.subarray(page, page + PAGE), i * PAGE)
  })
  return { gfns: used.map(([, gfn]) => gfn), plain }
}

/** `plain`: the file is read at once and removed. Then RAM that was not copied goes into it as it is. */
export async function writeCapture(
  target: string,
  capture: Capture,
  progress: SaveProgress,
  plain = false,
): Promise<Result<{ bytes: number }, SaveError>> {
  const created = await SaveFileWriter.create(target)
  if (!created.ok) return created
  const writer = created.value
  try {
    for (const [name, body] of capture.records) await writer.record(name, body)
    if (plain && !capture.copied) await writePages(writer, capture, progress)
    else await writeRam(writer, capture.ram, progress)
    // Nobody needs what is for now to outlive a power cut.
    await writer.finish(!plain)
    return ok({ bytes: writer.bytes })
  } catch (error) {
    return err(await writer.abandon(error))
  }
}

/** Writes everything; every vcpu is parked and stays so. */
export function saveDomain(
  target: string,
  domain: Domain,
  identity: SavedIdentity,
  pumps: Uint8Array,
  progress: SaveProgress,
): Promise<Result<{ bytes: number }, SaveError>> {
  return writeCapture(target, captureDomain(domain, identity, pumps, 0), progress)
}

async function writePages(writer: SaveFileWriter, { domain, pages }: Capture, progress: SaveProgress): Promise<void> {
  const isZero = zeroPages(domain)
  for (let at = 0; at < pages.length; at += PIECES_PAGES) {
    if (progress.cancelled()) throw new Cancelled()
    const used = pages.slice(at, at + PIECES_PAGES).filter(([page]) => !isZero(page))
    if (used.length > 0) {
      const body = gfnList(used.map(([, gfn]) => gfn))
      const pieces = piecesOf(
        domain,
        used.map(([page]) => page),
      )
      await writer.recordAndPieces('PAGES', body, pieces)
    }
    progress.progress(Math.min(pages.length, at + PIECES_PAGES) * PAGE, pages.length * PAGE)
  }
}

/** Views of pages; those that lie side by side are one. */
function piecesOf(domain: Domain, pages: readonly number[]): readonly Uint8Array[] {
  const pieces = new GuestViews(domain.memory.u8)
  for (const page of pages) pieces.add(page, page + PAGE)
  return pieces.end()
}

/** Count and gfns: what a record of RAM begins with. `room` for what follows. */
function gfnList(gfns: readonly number[], room = 0): Uint8Array {
  const body = Buffer.allocUnsafeSlow(4 + 4 * gfns.length + room)
  body.writeUInt32LE(gfns.length)
  gfns.forEach((gfn, i) => {
    body.writeUInt32LE(gfn, 4 + 4 * i)
  })
  return body
}

async function writeRam(writer: SaveFileWriter, chunks: readonly RamChunk[], progress: SaveProgress): Promise<void> {
  const total = chunks.reduce((sum, { pages }) => sum + pages, 0) * PAGE
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
    for (const chunk of chunks) {
      if (progress.cancelled()) throw new Cancelled()
      waiting.push(packChunk(chunk))
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

async function packChunk(chunk: RamChunk): Promise<{ body: Uint8Array; pages: number }> {
  const { gfns, plain } = chunk.take()
  if (gfns.length === 0) return { body: new Uint8Array(0), pages: chunk.pages }
  // One piece of output: each further one would be a turn of the thread pool.
  const packed = await deflated(plain, { level: 1, chunkSize: plain.length + 4096 })
  const body = gfnList(gfns, packed.length)
  body.set(packed, 4 + 4 * gfns.length)
  return { body, pages: chunk.pages }
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

  const take = async ({ name, body, behind }: SaveRecord): Promise<Result<undefined, SaveError>> => {
    const bad = err({
      kind: 'CORRUPT',
      message: `The save file ${file} is damaged: its ${name} record makes no sense.`,
    } as const)
    const need = (good: boolean): Result<undefined, SaveError> => (good ? ok(undefined) : bad)
    if (name !== 'RAM' && name !== 'PAGES' && name !== 'VCPU' && name !== 'VCPU_PRIVATE' && seen.has(name)) return bad
    if (name === 'IDENTITY') {
      const value = readJson(body)
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
        if ([CPUID_POLICY, CPUID_POLICY_BEFORE].includes(new TextDecoder().decode(body))) return ok(undefined)
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
      case 'RAM':
      case 'PAGES': {
        if (!seen.has('P2M')) return bad
        const loaded = await (name === 'RAM' ? loadChunk(domain, body) : loadPages(domain, body, behind))
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
  if (!figuresFit(domain)) {
    return err({ kind: 'CORRUPT', message: `The save file ${file} is damaged: its tables make no sense.` })
  }
  // Taken again from what is mapped: the file's figure is not trusted.
  domain.set('MAX_PAGES', Math.max(domain.get('TOTAL_PAGES'), domain.geometry.ramBytes / PAGE))
  domain.p2m.rebuildFreeList()
  for (let vcpu = 0; vcpu < domain.vcpus; vcpu++) domain.time.writeTimeRecord(vcpu)
  return ok({ made, identity, pumps })
}

/** The RAM pages that a record speaks of; none when it makes no sense. */
function pagesNamed(domain: Domain, body: Uint8Array, most: number): readonly number[] {
  if (body.length < 4) return []
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength)
  const count = view.getUint32(0, true)
  if (count > most || 4 + 4 * count > body.length) return []
  const pages = Array.from({ length: count }, (_, i) => domain.memory.pageOf(view.getUint32(4 + 4 * i, true)))
  return pages.every((page) => domain.memory.isRamPage(page)) ? pages : []
}

/** Returns the number of pages, 0 when the record makes no sense. */
async function loadPages(domain: Domain, body: Uint8Array, behind: SaveRecord['behind']): Promise<number> {
  const pages = pagesNamed(domain, body, PIECES_PAGES)
  return pages.length > 0 && (await behind(piecesOf(domain, pages))) ? pages.length : 0
}

/** As loadPages. */
async function loadChunk(domain: Domain, body: Uint8Array): Promise<number> {
  const named = pagesNamed(domain, body, CHUNK_PAGES)
  const pages = named.length
  if (pages === 0) return 0
  let plain: Uint8Array
  try {
    plain = await inflated(body.subarray(4 + 4 * pages), { maxOutputLength: pages * PAGE, chunkSize: pages * PAGE + 64 })
  } catch {
    return 0
  }
  if (plain.length !== pages * PAGE) return 0
  named.forEach((page, i) => {
    domain.memory.u8.set(plain.subarray(i * PAGE, (i + 1) * PAGE), page)
  })
  return pages
}
