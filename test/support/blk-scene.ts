// One disk in one process, without domain 0: a synthetic frontend, the pump, the service, and an image in memory that refuses or holds
// back what it is asked. Runs in: tests.
import { expect } from 'vitest'
import { makeBlkPump } from '../../src-engine/backend/blk/pump'
import { BlkService } from '../../src-engine/backend/blk/service'
import type { DevicePump } from '../../src-engine/backend/device'
import type { Image } from '../../src-engine/image/image'
import { openMerging } from '../../src-engine/image/merging-image'
import { concatBytes } from '../../src-engine/lib/bytes'
import { systemClock } from '../../src-engine/lib/clock'
import { silentLog } from '../../src-engine/lib/log'
import type { Disk } from '../../src-engine/public/protocol/device'
import { ok } from '../../src-engine/public/result'
import { BLKIF_OP } from '../../src-engine/public/xen/io/blkif'
import { BlkFrontend } from './blk-frontend'
import { plainGuest } from './plain-guest'

const SIZE = 1024 * 1024
const PORT = 7
const DATA = 16

/** An image in memory. */
export class MemoryImage implements Image {
  readonly format = 'raw'
  readonly path = 'memory'
  readonly readonly = false
  readonly size = SIZE
  readonly alignment = 512
  readonly granularity = 4096
  readonly bytes = Buffer.alloc(SIZE)
  /** For this many writes more. */
  room = Number.POSITIVE_INFINITY
  /** Reads and writes begun. */
  begun = 0
  closed = false
  /** Flushes fail. */
  broken = false
  /** This many flushes find no room for the image's tables. */
  fullFlushes = 0
  /** Writes, flushes, discards and closing, in the order they were done. */
  readonly done: string[] = []
  /** Reads and writes wait for this. */
  private held: Promise<void> | undefined

  /** Holds back reads and writes until the function it gives is called. */
  hold(): () => void {
    let goOn = (): void => {}
    this.held = new Promise((resolve) => {
      goOn = resolve
    })
    return goOn
  }

  async read(offset: number, targets: Uint8Array | readonly Uint8Array[]) {
    this.begun++
    await this.held
    let at = offset
    for (const target of targets instanceof Uint8Array ? [targets] : targets) {
      target.set(this.bytes.subarray(at, at + target.length))
      at += target.length
    }
    return ok(undefined)
  }
  async write(offset: number, sources: Uint8Array | readonly Uint8Array[]) {
    this.begun++
    await this.held
    if (this.room <= 0) return { ok: false, error: { code: 'no-space', message: 'cannot write: no space left.' } } as const
    this.room--
    this.done.push('write')
    this.bytes.set(concatBytes(sources instanceof Uint8Array ? [sources] : [...sources]), offset)
    return ok(undefined)
  }
  async extents(_offset: number, length: number) {
    return ok({ pieces: [{ kind: 'through', length } as const], release: () => {} })
  }
  discard = async () => {
    this.done.push('discard')
    return ok(undefined)
  }
  writeZeroes = async () => ok(undefined)
  async flush() {
    if (this.broken) return { ok: false, error: { code: 'io', message: 'cannot sync.' } } as const
    if (this.fullFlushes-- > 0)
      return { ok: false, error: { code: 'no-space', message: 'cannot write: no space left.' } } as const
    this.done.push('flush')
    return ok(undefined)
  }
  resize = async () => ok(undefined)
  close = async () => {
    this.closed = true
    this.done.push('close')
    return ok(undefined)
  }
  allocation = async (_offset: number, length: number) => ok({ kind: 'data', length } as const)
}

export class BlkScene {
  /** What the service opens, in this order. */
  readonly images: readonly MemoryImage[] = [new MemoryImage(), new MemoryImage()]
  readonly guest = plainGuest(new SharedArrayBuffer(256 * 4096))
  readonly front = new BlkFrontend(this.guest, [8])
  readonly stalls: string[] = []
  unstalls = 0
  readonly service: BlkService
  readonly keys = this.front.keys(PORT)
  pump: DevicePump

  constructor(disk: Partial<Disk> = {}) {
    const whole: Disk = { kind: 'vbd', dev: 'xvda', path: 'memory', format: 'raw', readonly: false, removable: false, ...disk }
    const waiting = [...this.images]
    const open = async () => ok(waiting.shift() ?? new MemoryImage())
    this.service = new BlkService(whole, { handle: 'h', clock: systemClock, log: silentLog }, { open, merge: openMerging })
    this.front.ring = () => setImmediate(() => this.pump.signal(PORT))
    this.guest.onEvent = () => this.front.event()
    this.pump = this.make(undefined)
  }

  get image(): MemoryImage {
    return this.images[0] ?? new MemoryImage()
  }

  make(state: Uint8Array | undefined): DevicePump {
    const made = makeBlkPump({
      guest: this.guest,
      connect: { key: 'vbd/51712', fresh: true, frontend: this.keys, backend: { sectors: '2048', name: 'xvda' } },
      state,
      failed: (reason) => this.stalls.push(`FAILED ${reason}`),
      stalled: (reason) => this.stalls.push(reason),
      unstalled: () => this.unstalls++,
    })
    if (!made.ok) throw new Error(made.error)
    return made.value
  }

  /** The pump there is now, to the service. */
  join(): void {
    const { pump, service } = this
    const carry = (to: (body: Uint8Array, view: DataView) => string | undefined) => {
      return (...parts: readonly Uint8Array[]): void => {
        const body = concatBytes([...parts])
        setImmediate(() => expect(to(body, new DataView(body.buffer))).toBe(undefined))
      }
    }
    service.attach({ send: carry((body, view) => pump.receive(body, view)), bounce: undefined })
    pump.attach({ send: carry((body, view) => service.receive(body, view)), wake() {}, bounce: undefined })
  }

  async start(): Promise<this> {
    expect(await this.service.open()).toMatchObject({ ok: true })
    this.join()
    return this
  }

  write(block: number, value: number, operation: number = BLKIF_OP.BLKIF_OP_WRITE): Promise<number> {
    const page = DATA + block
    this.guest.bytes.fill(value, page * 4096, (page + 1) * 4096)
    return this.front.request(operation, 8 * block, [{ page }])
  }

  read(block: number): Promise<number> {
    return this.front.read(8 * block, [{ page: DATA + block }])
  }

  holds(block: number): number {
    return this.image.bytes[block * 4096 + 4095] ?? 0
  }
}
