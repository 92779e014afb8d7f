// Reading ahead for a guest that reads a disk in order: the pump asks for what comes next before the guest does, so that the data is in
// the bounce file when the guest asks, and it need not wait for two crossings of the link; and a few large pieces cross instead of
// many requests. Of a disk whose medium may change nothing is read ahead (its service tells no size).
// Invariant: what is handed out is what a read sent now would bring. A chunk is asked only while nothing that changes the disk is
// taken and not answered; a change taken later ends the chunks it touches.
// Nothing here is saved: a request that waits for a chunk is unanswered like any other, and asked anew when the link is lost.
// Runs in: main thread of the domain's process.
import { SECTOR_SIZE } from '../../public/xen/io/blkif'
import type { PumpPort } from '../device'
import { BATCH_BYTES, BATCH_ENTRY, BATCH_HEADER, FLAG, KIND, writeBatchHead, writeEntry } from './batch'
import type { BlkRequest } from './request'

/** Chunks asked or held: one that is used up, one that is on its way meanwhile. */
const CHUNKS = 2
const CHUNK_SECTORS = BATCH_BYTES / SECTOR_SIZE
/** Read in order before anything is read ahead, and the least that is. */
const RUN_SECTORS = 128
/** Reads elsewhere (a file's metadata) that a run outlives. */
const STRAYS = 3

interface Chunk {
  readonly tag: number
  readonly sector: number
  readonly sectors: number
  /** In the bounce file. */
  readonly place: number
  here: boolean
  /** Overwritten since it was asked, or not wanted any more. */
  dead: boolean
  /** Reads that came before the data. */
  readonly waiting: BlkRequest[]
}

/** What the pump does for it. */
export interface ReadAheadPump {
  tag(): number
  /** Copies data from the bounce file to where the request wants it, and answers it. */
  serve(request: BlkRequest, place: number): void
  /** It cannot be served from here: to be asked like any other. */
  ask(request: BlkRequest): void
}

export class ReadAhead {
  private service: PumpPort | undefined
  /** In order, each beginning where the one before ends. */
  private chunks: Chunk[] = []
  /** Those of `chunks` and dead ones whose answer has not come. */
  private readonly asked = new Map<number, Chunk>()
  private stopReclaim = (): void => {}
  /** Where the run goes on, how long it is, and the last read's length. */
  private next = -1
  private run = 0
  private unit = 0
  private strays = 0

  /** `sectors` of the disk; 0: nothing is read ahead. */
  constructor(
    private readonly sectors: number,
    private readonly pump: ReadAheadPump,
  ) {}

  /** Payload on its way. */
  get inFlight(): number {
    let sum = 0
    for (const { sectors } of this.asked.values()) sum += sectors
    return sum * SECTOR_SIZE
  }

  attach(service: PumpPort): void {
    this.service = service
    this.stopReclaim = service.bounce?.reclaim(() => this.drop()) ?? this.stopReclaim
  }

  /** The places went with the bounce file; who waits is asked anew by the pump. */
  detach(): void {
    this.stopReclaim()
    this.service = undefined
    this.chunks = []
    this.asked.clear()
  }

  /** A read was taken from the ring. True: it has been answered, or will be when its data comes. */
  take(request: BlkRequest): boolean {
    const sectors = request.extent()
    const { sector } = request.what
    this.follow(sector, sectors)
    const chunk = this.chunks.find((one) => one.sector <= sector && sector + sectors <= one.sector + one.sectors)
    if (!chunk) return false
    if (chunk.here) this.hand(chunk, request)
    else chunk.waiting.push(request)
    return true
  }

  /** A request was taken that changes these sectors. */
  changed(sector: number, sectors: number): void {
    if (this.chunks.some((one) => one.sector < sector + sectors && sector < one.sector + one.sectors)) this.drop()
  }

  /** Nothing is on its way that changes the disk, and the service may be asked for `room` bytes more. */
  fill(room: number): void {
    const { service, unit } = this
    if (!service?.bounce || this.run < RUN_SECTORS || unit > CHUNK_SECTORS) return
    let left = Math.floor(room / SECTOR_SIZE)
    while (this.chunks.length < CHUNKS) {
      const last = this.chunks.at(-1)
      const sector = last ? last.sector + last.sectors : this.next
      // Whole requests, so that none lies across two chunks.
      const most = Math.floor(Math.min(this.run, CHUNK_SECTORS) / unit) * unit
      const sectors = Math.min(Math.max(most, unit), this.sectors - sector)
      if (sectors <= 0 || sectors > left || !this.request(service, sector, sectors)) return
      left -= sectors
    }
  }

  /** An answer that is to none of the pump's batches. False: nobody asked for it. */
  answered(tag: number, good: boolean): boolean {
    const chunk = this.asked.get(tag)
    if (!chunk) return false
    this.asked.delete(tag)
    // One that failed has no data to be held; its place is given back below, once.
    chunk.here = good
    if (!good) {
      this.drop()
      this.run = 0
    }
    if (chunk.dead) this.free(chunk)
    else for (const request of chunk.waiting.splice(0)) this.hand(chunk, request)
    return true
  }

  /** Where does the guest read? */
  private follow(sector: number, sectors: number): void {
    if (sector === this.next) {
      this.run += sectors
      this.strays = 0
    } else {
      if (this.run > 0 && ++this.strays <= STRAYS) return
      this.run = 0
      this.strays = 0
      this.drop()
    }
    this.next = sector + sectors
    this.unit = sectors
    // What was passed over by a read that lies across two chunks.
    while (this.chunks[0] && this.chunks[0].sector + this.chunks[0].sectors <= sector) this.forget(this.chunks.shift())
  }

  private hand(chunk: Chunk, request: BlkRequest): void {
    const { sector } = request.what
    this.pump.serve(request, chunk.place + (sector - chunk.sector) * SECTOR_SIZE)
    if (sector + request.extent() !== chunk.sector + chunk.sectors || chunk.dead) return
    // Read to its end.
    this.chunks = this.chunks.filter((one) => one !== chunk)
    this.forget(chunk)
  }

  private request(service: PumpPort, sector: number, sectors: number): boolean {
    const bytes = sectors * SECTOR_SIZE
    const place = service.bounce?.take(bytes, false) ?? -1
    if (place < 0) return false
    const tag = this.pump.tag()
    const message = new Uint8Array(BATCH_HEADER + BATCH_ENTRY)
    const view = new DataView(message.buffer)
    writeBatchHead(view, { kind: KIND.READ, flags: FLAG.IN_BOUNCE, entries: 1, tag, place, bytes })
    writeEntry(view, 0, sector, sectors)
    const chunk: Chunk = { tag, sector, sectors, place, here: false, dead: false, waiting: [] }
    this.chunks.push(chunk)
    this.asked.set(tag, chunk)
    service.send(message)
    return true
  }

  /** All chunks go; what waits for them is asked. */
  private drop(): void {
    for (const chunk of this.chunks.splice(0)) this.forget(chunk)
  }

  private forget(chunk: Chunk | undefined): void {
    if (!chunk || chunk.dead) return
    chunk.dead = true
    for (const request of chunk.waiting.splice(0)) this.pump.ask(request)
    if (chunk.here) this.free(chunk)
  }

  private free(chunk: Chunk): void {
    this.service?.bounce?.give(chunk.place, chunk.sectors * SECTOR_SIZE)
  }
}
