// A disk in domain 0: what the pump asks of the image that is open under it. Requests of a batch that follow each other on the disk become
// one file operation; batches run side by side, and the image keeps overlapping ones in order. An answered write is in the host's
// page cache, an answered flush (or barrier) on the disk: the pump sends a flush after the writes it is to cover were answered. A disk
// that is written through is flushed before each write is answered, and an unsafe one by the host's own wishes only.
// Nothing is kept that a new domain 0 would miss. Requests are hostile: sectors beyond the disk, sizes that do not add up, places
// outside the bounce file. Runs in: domain 0.
import { readSync, writeSync } from 'node:fs'
import type { ImageErrorCode, ImageResult } from '../../image/error'
import type { Extent, Image } from '../../image/image'
import type { Disk } from '../../public/protocol/device'
import { DEV_INLINE_LIMIT } from '../../public/protocol/link'
import { err, ok, type Result } from '../../public/result'
import { SECTOR_SIZE, VDISK } from '../../public/xen/io/blkif'
import type { DeviceService, DiskFile, Keys, MergeState, ServicePort, ServiceSetup } from '../device'
import {
  ANSWER_HEADER,
  BATCH_BYTES,
  BATCH_ENTRIES,
  BATCH_ENTRY,
  BATCH_HEADER,
  DEVICE_WINDOW,
  FLAG,
  KIND,
  readBatchHead,
  readEntry,
  STATUS,
} from './batch'
import { MAX_RING_PAGE_ORDER } from './frontend-keys'
import { type ImageOpeners, OpenDisk } from './open-disk'
import { Pace } from './pace'
import { MAX_INDIRECT_SEGMENTS } from './request'

/** What discarding less than this does is not worth asking for. */
const DISCARD_GRANULARITY = 4096
/** Between two messages about errors of the host's. */
const QUIET_MS = 10_000
/** Buffers kept for the next batch. */
const SPARE_BUFFERS = 8

/** A range of the disk, and where its payload is in the batch's. */
interface Range {
  readonly offset: number
  readonly length: number
  readonly at: number
}

interface Request extends Range {
  readonly index: number
}

/** Requests that follow each other on the disk, done as one. */
interface Run {
  readonly requests: Request[]
  readonly offset: number
  length: number
  readonly at: number
}

/** Undefined when the sizes do not add up to the payload. */
function readRuns(view: DataView, entries: number, bytes: number): Run[] | undefined {
  const runs: Run[] = []
  let at = 0
  for (let index = 0; index < entries; index++) {
    const { sector, sectors } = readEntry(view, index)
    const length = sectors * SECTOR_SIZE
    const request = { index, offset: sector * SECTOR_SIZE, length, at }
    at += length
    if (length === 0 || at > bytes) return undefined
    const run = runs.at(-1)
    if (run && run.offset + run.length === request.offset) {
      run.requests.push(request)
      run.length += length
    } else runs.push({ requests: [request], offset: request.offset, length, at: request.at })
  }
  return at === bytes ? runs : undefined
}

/** Whether the guest is told that it may give room back. */
export function takesDiscards({ readonly, discard }: Disk): boolean {
  return !readonly && discard !== 'ignore'
}

export class BlkService implements DeviceService {
  private readonly disk: OpenDisk
  private readonly setup: ServiceSetup
  private port: ServicePort | undefined
  /** Payload of the pump's batches that are not answered. */
  private inFlight = 0
  private readonly spare: Uint8Array[] = []
  private quietUntil = 0
  private readonly pace = new Pace()
  private readonly figures = { readBytes: 0, writtenBytes: 0, readRequests: 0, writeRequests: 0, errors: 0 }

  constructor(disk: Disk, setup: ServiceSetup, openers: ImageOpeners) {
    this.setup = setup
    this.disk = new OpenDisk(disk, openers, (text) => setup.log('error', text))
  }

  async open(): Promise<Result<Keys, string>> {
    const opened = await this.disk.open()
    if (!opened.ok) return opened
    const { cache } = this.disk.now
    const discards = takesDiscards(this.disk.now)
    // Written through there is nothing to flush, and the guest need not ask.
    const flushes = cache === 'writethrough' ? '0' : '1'
    return ok({
      'feature-flush-cache': flushes,
      'feature-barrier': flushes,
      'feature-discard': discards ? '1' : '0',
      ...(discards
        ? { 'discard-granularity': String(DISCARD_GRANULARITY), 'discard-alignment': '0', 'discard-secure': '0' }
        : {}),
      'feature-max-indirect-segments': String(MAX_INDIRECT_SEGMENTS),
      'max-ring-page-order': String(MAX_RING_PAGE_ORDER),
      'multi-queue-max-queues': '1',
    })
  }

  connect(_frontend: Keys, had?: Keys): Result<{ pump: Keys; keys: Keys }, string> {
    const now = this.size()
    const { path, removable, dev } = this.disk.now
    // A guest that goes on would write by what it knows of the disk it had.
    if (had && had['sectors'] !== now['sectors']) {
      return err(`${path} has ${now['sectors']} sectors, and the disk the guest has is one of ${had['sectors']}.`)
    }
    return ok({
      // A drive's medium may change: nothing is read ahead there.
      pump: { sectors: removable ? '0' : (now['sectors'] ?? '0'), name: dev },
      keys: {
        ...now,
        'sector-size': String(SECTOR_SIZE),
        'physical-sector-size': String(SECTOR_SIZE),
        info: String(this.info),
      },
    })
  }

  private size(): Keys {
    return { sectors: String(Math.floor((this.disk.image?.size ?? 0) / SECTOR_SIZE)) }
  }

  private get info(): number {
    const { removable, readonly } = this.disk.now
    return (removable ? VDISK.REMOVABLE : 0) | (readonly ? VDISK.READONLY : 0)
  }

  attach(port: ServicePort): void {
    this.disk.line()
    this.port = port
    this.inFlight = 0
  }

  detach(): void {
    this.port = undefined
  }

  async settle(): Promise<void> {
    await this.disk.idle()
    const flushed = await this.disk.image?.flush()
    if (flushed && !flushed.ok) this.setup.log('error', flushed.error.message)
  }

  close(): Promise<void> {
    this.port = undefined
    return this.disk.close()
  }

  async changeMedium(medium: DiskFile): Promise<Result<Keys, string>> {
    const changed = await this.disk.changeMedium(medium)
    return changed.ok ? ok({ params: medium.path, ...this.size() }) : changed
  }

  park() {
    return this.disk.park()
  }

  exchange(next: DiskFile | undefined) {
    return this.disk.exchange(next)
  }

  goOn(): void {
    this.disk.goOn()
  }

  mergeBegin() {
    return this.disk.mergeBegin()
  }

  mergeCopy(): Promise<Result<MergeState, string>> {
    return this.disk.mergeCopy()
  }

  mergeEnd(next: DiskFile | undefined) {
    return this.disk.mergeEnd(next)
  }

  counters() {
    return { ...this.figures }
  }

  // --- batches ---

  receive(body: Uint8Array, view: DataView): string | undefined {
    const { port } = this
    if (!port) return undefined
    if (body.length < BATCH_HEADER) return 'batch cut off'
    const head = readBatchHead(view)
    const { kind, flags, entries, tag, place, bytes } = head
    const outside = (flags & FLAG.IN_BOUNCE) !== 0
    const carried = kind === KIND.WRITE && !outside ? bytes : 0
    const list = BATCH_HEADER + entries * BATCH_ENTRY
    if (entries === 0 || entries > BATCH_ENTRIES || body.length !== list + carried) return 'batch of a wrong size'
    if (bytes > BATCH_BYTES || (bytes > DEV_INLINE_LIMIT && !outside)) return 'batch too large'
    if (outside && !port.bounce?.holds(place, bytes)) return 'place outside the bounce file'
    if (this.inFlight + bytes > DEVICE_WINDOW + BATCH_BYTES || this.disk.atWork >= BATCH_ENTRIES) return 'too much at once'
    const runs = kind === KIND.READ || kind === KIND.WRITE ? readRuns(view, entries, bytes) : []
    if (!runs) return 'sizes of a batch do not add up'
    const status = new Uint8Array(entries)
    let work: Promise<Uint8Array | undefined>
    switch (kind) {
      case KIND.READ:
        work = this.read(port, runs, status, outside ? place : -1, bytes)
        break
      case KIND.WRITE: {
        const data = this.buffer(bytes)
        if (!outside) data.set(body.subarray(list))
        work = this.write(port, runs, status, outside ? place : -1, data, (flags & FLAG.BARRIER) !== 0)
        break
      }
      case KIND.FLUSH:
        work = this.flush(status)
        break
      case KIND.DISCARD: {
        const { sector, sectors } = readEntry(view, 0)
        work = this.discard(status, sector, sectors)
        break
      }
      default:
        return 'batch of an unknown kind'
    }
    this.inFlight += bytes
    const done = work
      .catch((error: unknown) => {
        this.setup.log(
          'error',
          `${this.disk.now.dev}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
        )
        status.fill(1)
        return undefined
      })
      .then((payload) => {
        for (const one of status) if (one === STATUS.ERROR) this.figures.errors++
        // The pump asks again whoever is next on its link.
        if (this.port !== port) return
        this.inFlight -= bytes
        const answer = new Uint8Array(ANSWER_HEADER)
        const head = new DataView(answer.buffer)
        head.setUint8(0, kind)
        head.setUint16(2, entries, true)
        head.setUint32(4, tag, true)
        port.send(answer, status, kind === KIND.READ && !outside ? (payload ?? new Uint8Array(bytes)) : new Uint8Array(0))
        if (payload && payload.buffer.byteLength === BATCH_BYTES && this.spare.length < SPARE_BUFFERS) this.spare.push(payload)
      })
    this.disk.track(done)
    return undefined
  }

  private buffer(bytes: number): Uint8Array {
    // Short ones are cheap; the long ones would be zeroed each time.
    if (bytes <= 4096) return new Uint8Array(bytes)
    const spare = this.spare.pop()
    return (spare ? new Uint8Array(spare.buffer) : new Uint8Array(BATCH_BYTES)).subarray(0, bytes)
  }

  private async read(port: ServicePort, runs: readonly Run[], status: Uint8Array, place: number, bytes: number) {
    await this.disk.ready()
    const data = this.buffer(bytes)
    await this.each(runs, status, (image, range) => this.transfer(image, 'read', range, data))
    this.figures.readRequests += status.length
    this.figures.readBytes += bytes
    if (place >= 0 && this.port === port && !port.bounce?.write([data], place)) status.fill(1)
    return data
  }

  private async write(
    port: ServicePort,
    runs: readonly Run[],
    status: Uint8Array,
    place: number,
    data: Uint8Array,
    barrier: boolean,
  ) {
    // Read at once: when this link is lost its bounce file is gone.
    if (place >= 0 && !port.bounce?.read([data], place)) {
      status.fill(1)
      return data
    }
    await this.disk.ready()
    if (barrier) await this.flush(status)
    await this.each(runs, status, (image, range) => this.transfer(image, 'write', range, data))
    if (barrier || this.disk.now.cache === 'writethrough') await this.flush(status)
    this.figures.writeRequests += status.length
    this.figures.writtenBytes += data.length
    return data
  }

  /** Through the image, or past it where the bytes lie in a host file as they are and the host is quick with it. */
  private async transfer(image: Image, purpose: 'read' | 'write', range: Range, data: Uint8Array): Promise<ImageResult<void>> {
    const { offset, length, at } = range
    const bytes = data.subarray(at, at + length)
    if (this.pace.atOnce(length)) {
      const extents = await image.extents(offset, length, purpose)
      if (!extents.ok) return extents
      const done = this.atOnce(extents.value.pieces, purpose, bytes)
      extents.value.release()
      if (done) return ok(undefined)
    }
    return purpose === 'read' ? image.read(offset, bytes) : image.write(offset, bytes)
  }

  /** False when the image has to do it: not all of it lies in a file, or the host has an error for us. */
  private atOnce(pieces: readonly Extent[], purpose: 'read' | 'write', bytes: Uint8Array): boolean {
    const start = performance.now()
    let at = 0
    for (const piece of pieces) {
      if (piece.kind === 'through') return false
      if (piece.kind === 'zero') bytes.fill(0, at, at + piece.length)
      else {
        const { fileDescriptor, fileOffset, length } = piece
        try {
          const moved =
            purpose === 'read'
              ? readSync(fileDescriptor, bytes, at, length, fileOffset)
              : writeSync(fileDescriptor, bytes, at, length, fileOffset)
          if (moved !== length) return false
        } catch {
          return false
        }
      }
      at += piece.length
    }
    this.pace.took(performance.now() - start)
    return true
  }

  private async flush(status: Uint8Array): Promise<undefined> {
    await this.disk.ready()
    if (this.disk.now.cache === 'unsafe') return
    this.judge(status, await this.disk.image?.flush())
  }

  private async discard(status: Uint8Array, sector: number, sectors: number): Promise<undefined> {
    await this.disk.ready()
    // A guest that was saved when it was told otherwise may still ask; what a discarded range holds is nobody's promise.
    if (this.disk.now.discard === 'ignore') return
    this.judge(status, await this.disk.image?.discard(sector * SECTOR_SIZE, sectors * SECTOR_SIZE))
  }

  /** What came of the whole batch; without an image it has failed. Requests that failed before keep their reason. */
  private judge(status: Uint8Array, done: ImageResult<void> | undefined): void {
    if (done?.ok) return
    const failed = done ? this.statusOf(done.error.code) : STATUS.ERROR
    status.forEach((one, i) => {
      if (one === STATUS.GOOD) status[i] = failed
    })
    if (done) this.tellOf(done)
  }

  private statusOf(code: ImageErrorCode): number {
    return code === 'no-space' && this.disk.now.enospace === 'stop' ? STATUS.NO_SPACE : STATUS.ERROR
  }

  /** An error of the host's, not one the guest asked for: somebody must hear of it, but not each time. */
  private tellOf(done: ImageResult<void>): void {
    if (done.ok || done.error.code === 'range' || done.error.code === 'read-only') return
    const now = this.setup.clock.now()
    if (now < this.quietUntil) return
    this.quietUntil = now + QUIET_MS
    this.setup.log('error', `${this.disk.now.dev}: ${done.error.message}`)
  }

  /** Each run as one operation; when it fails, its requests one by one, so that only those that must fail do. */
  private async each(
    runs: readonly Run[],
    status: Uint8Array,
    call: (image: Image, range: Range) => Promise<ImageResult<void>>,
  ): Promise<void> {
    const { image } = this.disk
    if (!image) {
      status.fill(1)
      return
    }
    await Promise.all(
      runs.map(async (run) => {
        const done = await call(image, run)
        if (done.ok) return
        this.tellOf(done)
        for (const request of run.requests) {
          const alone = run.requests.length === 1 ? done : await call(image, request)
          if (!alone.ok) status[request.index] = this.statusOf(alone.error.code)
        }
      }),
    )
  }
}
