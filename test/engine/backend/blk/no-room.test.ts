// A host without room, in one process: pump and service around an image that refuses writes as a full file system does. With `stop` a
// refused request is kept, also in a save, and done once there is room; else it is an error. With a kernel: test/boot/full-disk.test.ts.
import { afterEach, describe, expect, it } from 'vitest'
import { makeBlkPump } from '../../../../src-engine/backend/blk/pump'
import { BlkService } from '../../../../src-engine/backend/blk/service'
import type { DevicePump } from '../../../../src-engine/backend/device'
import type { Image } from '../../../../src-engine/image/image'
import { concatBytes } from '../../../../src-engine/lib/bytes'
import { systemClock } from '../../../../src-engine/lib/clock'
import { silentLog } from '../../../../src-engine/lib/log'
import type { Disk } from '../../../../src-engine/public/protocol/device'
import { ok } from '../../../../src-engine/public/result'
import { BLKIF_OP } from '../../../../src-engine/public/xen/io/blkif'
import { BlkFrontend } from '../../../support/blk-frontend'
import { plainGuest } from '../../../support/plain-guest'

const SIZE = 1024 * 1024
const PORT = 7
const DATA = 16

/** Room for so many writes more; everything else of an image. */
class FullImage implements Image {
  readonly format = 'raw'
  readonly path = 'full'
  readonly readonly = false
  readonly size = SIZE
  readonly alignment = 512
  readonly granularity = 4096
  readonly bytes = Buffer.alloc(SIZE)
  room = 0

  async read(offset: number, targets: Uint8Array | readonly Uint8Array[]) {
    let at = offset
    for (const target of targets instanceof Uint8Array ? [targets] : targets) {
      target.set(this.bytes.subarray(at, at + target.length))
      at += target.length
    }
    return ok(undefined)
  }
  async write(offset: number, sources: Uint8Array | readonly Uint8Array[]) {
    if (this.room <= 0) return { ok: false, error: { code: 'no-space', message: 'cannot write full: no space left.' } } as const
    this.room--
    this.bytes.set(concatBytes(sources instanceof Uint8Array ? [sources] : [...sources]), offset)
    return ok(undefined)
  }
  async extents(_offset: number, length: number) {
    return ok({ pieces: [{ kind: 'through', length } as const], release: () => {} })
  }
  discard = async () => ok(undefined)
  writeZeroes = async () => ok(undefined)
  flush = async () => ok(undefined)
  resize = async () => ok(undefined)
  close = async () => ok(undefined)
  allocation = async (_offset: number, length: number) => ok({ kind: 'data', length } as const)
}

class Scene {
  readonly image = new FullImage()
  readonly guest = plainGuest(new SharedArrayBuffer(256 * 4096))
  readonly front = new BlkFrontend(this.guest, [8])
  readonly stalls: string[] = []
  unstalls = 0
  readonly service: BlkService
  readonly keys = this.front.keys(PORT)
  pump: DevicePump

  constructor(enospace: 'stop' | 'report' | undefined) {
    const disk: Disk = { kind: 'vbd', dev: 'xvda', path: 'full', format: 'raw', readonly: false, removable: false }
    const chosen = enospace === undefined ? disk : { ...disk, enospace }
    this.service = new BlkService(chosen, { handle: 'h', clock: systemClock, log: silentLog }, async () => ok(this.image))
    this.front.ring = () => setImmediate(() => this.pump.signal(PORT))
    this.guest.onEvent = () => this.front.event()
    this.pump = this.make(undefined)
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
    pump.attach({ send: carry((body, view) => service.receive(body, view)), bounce: undefined })
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

  holds(block: number): number {
    return this.image.bytes[block * 4096 + 4095] ?? 0
  }
}

let scene: Scene
afterEach(() => {
  expect(scene.front.wrong).toEqual([])
  return scene.service.close()
})

describe('a disk whose host has no room', () => {
  it.each(['report', undefined] as const)('told %s: gives the guest an error, and goes on', async (policy) => {
    scene = await new Scene(policy).start()
    expect(await scene.write(0, 1)).toBe(-1)
    scene.image.room = 10
    expect(await scene.write(1, 2)).toBe(0)
    expect(scene.stalls).toEqual([])
  })

  it.each([
    ['writes', BLKIF_OP.BLKIF_OP_WRITE],
    ['barriers', BLKIF_OP.BLKIF_OP_WRITE_BARRIER],
  ])('told to stop: keeps %s until there is room, as often as it takes', async (_name, operation) => {
    scene = await new Scene('stop').start()
    // Apart on the disk, or they would be one write of the image.
    scene.image.room = 2
    const answers = Array.from({ length: 20 }, (_, block) => scene.write(2 * block, 100 + block, operation))
    let answered = 0
    for (const one of answers) one.then(() => answered++)
    await expect.poll(() => scene.stalls).toEqual(['xvda has no room on the host'])
    const before = answered
    expect(before).toBeLessThan(20)
    // Nothing moves until it is told to.
    const later = scene.front.read(0, [{ page: 200 }])
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(answered).toBe(before)
    scene.image.room = 1
    scene.pump.retry?.()
    await expect.poll(() => scene.stalls.length).toBeGreaterThan(1)
    expect(scene.unstalls).toBe(0)
    scene.image.room = 100
    while (answered < 20) {
      scene.pump.retry?.()
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    await expect.poll(() => scene.unstalls).toBe(1)
    expect(new Set(await Promise.all(answers))).toEqual(new Set([0]))
    expect(await later).toBe(0)
    for (let block = 0; block < 20; block++) expect(scene.holds(2 * block), `block ${block}`).toBe(100 + block)
    const counters = scene.service.counters()
    expect(counters.errors).toBe(0)
  })

  it('told to stop: what is kept is saved, and done by the restored pump', async () => {
    scene = await new Scene('stop').start()
    const answers = [scene.write(3, 33), scene.write(5, 55)]
    await expect.poll(() => scene.stalls.length).toBe(1)
    const state = scene.pump.save()
    scene.pump.close()
    scene.service.detach()
    scene.image.room = 10
    scene.pump = scene.make(state)
    scene.join()
    expect(await Promise.all(answers)).toEqual([0, 0])
    expect([scene.holds(3), scene.holds(5)]).toEqual([33, 55])
  })
})
