// A block frontend on plain memory: does with its ring what a guest's driver does, and what a hostile one might. Tests drive it,
// and the io bench. Requests are answered through promises; data pages are the caller's.
// Runs in: tests and benches.
import { BLKIF_LAYOUTS, BLKIF_OP } from '../../src-engine/public/xen/io/blkif'
import { ringEntries, SRING } from '../../src-engine/public/xen/io/ring'
import type { PlainGuest } from './plain-guest'

export interface BlkSegment {
  readonly page: number
  readonly first?: number
  readonly last?: number
}

const PAGE = 4096

export class BlkFrontend {
  readonly layout
  readonly ringRefs: number[] = []
  readonly entries: number
  private readonly guest: PlainGuest
  private readonly view: DataView
  private readonly pages: readonly number[]
  private produced = 0
  private consumed = 0
  private nextId = 1
  private readonly waiting = new Map<number, (status: number) => void>()
  /** Requests that wait for room in the ring. */
  private readonly later: (() => void)[] = []
  /** Calls the pump: what an event channel does. */
  ring: () => void = () => {}
  /** Responses whose id or operation was not asked for, and the like. */
  readonly wrong: string[] = []

  /** Ring pages must be free pages of the guest's memory; grant references are page numbers plus 1000. */
  constructor(
    guest: PlainGuest,
    ringPages: readonly number[],
    readonly protocol = 'x86_64-abi',
  ) {
    const layout = BLKIF_LAYOUTS.get(protocol)
    if (!layout) throw new Error(protocol)
    this.guest = guest
    this.layout = layout
    this.pages = ringPages
    this.view = new DataView(guest.words.buffer)
    this.entries = ringEntries(layout.entry, ringPages.length)
    for (const page of ringPages) {
      guest.bytes.fill(0, page * PAGE, (page + 1) * PAGE)
      this.ringRefs.push(this.grant(page))
    }
    this.word(SRING.req_event, 1)
    this.word(SRING.rsp_event, 1)
  }

  grant(page: number, readonly = false): number {
    const ref = page + 1000
    this.guest.grants.set(ref, page)
    if (readonly) this.guest.readonlyGrants.add(ref)
    return ref
  }

  /** What a driver writes to its directory. */
  keys(port: number): Record<string, string> {
    const rings: Record<string, string> =
      this.ringRefs.length === 1
        ? { 'ring-ref': String(this.ringRefs[0]) }
        : {
            'ring-page-order': String(Math.log2(this.ringRefs.length)),
            ...Object.fromEntries(this.ringRefs.map((ref, i) => [`ring-ref${i}`, String(ref)])),
          }
    return { ...rings, 'event-channel': String(port), protocol: this.protocol }
  }

  private at(offset: number): number {
    return (this.pages[offset >>> 12] ?? 0) * PAGE + (offset & (PAGE - 1))
  }

  word(field: number, value?: number): number {
    const index = this.at(field) >>> 2
    if (value !== undefined) Atomics.store(this.guest.words, index, value | 0)
    return Atomics.load(this.guest.words, index) >>> 0
  }

  /** Writes one field of an entry byte by byte: it may lie across two pages. */
  private put(entry: number, offset: number, value: number, size: number): void {
    const at = SRING.entries + (entry & (this.entries - 1)) * this.layout.entry + offset
    for (let i = 0; i < size; i++) this.view.setUint8(this.at(at + i), Math.floor(value / 2 ** (8 * i)) % 256)
  }

  private get(entry: number, offset: number, size: number): number {
    const at = SRING.entries + (entry & (this.entries - 1)) * this.layout.entry + offset
    let value = 0
    for (let i = 0; i < size; i++) value += this.view.getUint8(this.at(at + i)) * 2 ** (8 * i)
    return value
  }

  read(sector: number, segments: readonly BlkSegment[]): Promise<number> {
    return this.request(BLKIF_OP.BLKIF_OP_READ, sector, segments)
  }
  write(sector: number, segments: readonly BlkSegment[]): Promise<number> {
    return this.request(BLKIF_OP.BLKIF_OP_WRITE, sector, segments)
  }
  /** As Linux sends it: nowhere on the disk. */
  flush(): Promise<number> {
    return this.raw(BLKIF_OP.BLKIF_OP_FLUSH_DISKCACHE, (entry) => {
      this.put(entry, this.layout.nrSegments, 0, 1)
      for (let i = 0; i < 8; i++) this.put(entry, this.layout.sector + i, 0xff, 1)
    })
  }

  request(operation: number, sector: number, segments: readonly BlkSegment[]): Promise<number> {
    return this.raw(operation, (entry) => {
      const { layout } = this
      this.put(entry, layout.nrSegments, segments.length, 1)
      this.put(entry, layout.sector, sector, 8)
      segments.forEach(({ page, first, last }, i) => {
        const at = layout.segments + 8 * i
        this.put(entry, at, this.grant(page), 4)
        this.put(entry, at + 4, first ?? 0, 1)
        this.put(entry, at + 5, last ?? 7, 1)
      })
    })
  }

  /** With its segments listed in `page` of the guest's. */
  indirect(operation: number, sector: number, page: number, segments: readonly BlkSegment[]): Promise<number> {
    segments.forEach((segment, i) => {
      const at = page * PAGE + 8 * i
      this.view.setUint32(at, this.grant(segment.page), true)
      this.view.setUint8(at + 4, segment.first ?? 0)
      this.view.setUint8(at + 5, segment.last ?? 7)
    })
    return this.raw(
      BLKIF_OP.BLKIF_OP_INDIRECT,
      (entry) => {
        const { layout } = this
        this.put(entry, layout.indirectOperation, operation, 1)
        this.put(entry, layout.indirectNrSegments, segments.length, 2)
        this.put(entry, layout.sector, sector, 8)
        this.put(entry, layout.indirectRefs, this.grant(page), 4)
      },
      operation,
    )
  }

  discard(sector: number, sectors: number): Promise<number> {
    return this.raw(BLKIF_OP.BLKIF_OP_DISCARD, (entry) => {
      this.put(entry, this.layout.nrSegments, 0, 1)
      this.put(entry, this.layout.sector, sector, 8)
      this.put(entry, this.layout.nrSectors, sectors, 8)
    })
  }

  /** A request of any form; `fill` writes what follows operation and id. Waits for room in the ring. */
  raw(operation: number, fill: (entry: number, put: BlkFrontend['put']) => void, answered = operation): Promise<number> {
    return new Promise((resolve) => {
      const go = (): void => {
        const id = this.nextId++
        const entry = this.produced
        this.put(entry, this.layout.operation, operation, 1)
        this.put(entry, this.layout.id, id, 8)
        fill(entry, (at, offset, value, size) => this.put(at, offset, value, size))
        this.waiting.set(id, (status) => {
          if (this.lastOperation !== answered) this.wrong.push(`operation ${this.lastOperation} instead of ${answered}`)
          resolve(status)
        })
        this.produced = (this.produced + 1) >>> 0
        this.push()
      }
      if (this.inRing >= this.entries) this.later.push(go)
      else go()
    })
  }

  private get inRing(): number {
    return (this.produced - this.consumed) >>> 0
  }

  private scheduled = false
  private shown = 0
  private lastOperation = 0

  /** All requests of one turn are shown together, as a driver's plug does. */
  private push(): void {
    if (this.scheduled) return
    this.scheduled = true
    queueMicrotask(() => {
      this.scheduled = false
      const old = this.shown
      this.shown = this.produced
      this.word(SRING.req_prod, this.produced)
      const event = this.word(SRING.req_event)
      if ((this.produced - event) >>> 0 < (this.produced - old) >>> 0) this.ring()
    })
  }

  /** The backend has raised the event channel. */
  event(): void {
    for (;;) {
      const produced = this.word(SRING.rsp_prod)
      if ((produced - this.consumed) >>> 0 > this.inRing) this.wrong.push('more responses than requests')
      while (this.consumed !== produced) {
        const { response } = this.layout
        const id = this.get(this.consumed, response.id, 8)
        const status = this.get(this.consumed, response.status, 2)
        this.lastOperation = this.get(this.consumed, response.operation, 1)
        this.consumed = (this.consumed + 1) >>> 0
        const waiting = this.waiting.get(id)
        this.waiting.delete(id)
        if (waiting) waiting(status >= 0x8000 ? status - 0x10000 : status)
        else this.wrong.push(`answer to ${id}`)
      }
      while (this.later.length > 0 && this.inRing < this.entries) this.later.shift()?.()
      this.word(SRING.rsp_event, this.consumed + 1)
      if (this.word(SRING.rsp_prod) === this.consumed) return
    }
  }
}
