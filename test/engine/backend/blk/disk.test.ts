// A disk from the frontend's ring to the image file, in one process: a guest of rings (test/support) joined to domain 0 by a socket,
// the frontend a synthetic one. Handshake through the store, all operations in both widths, errors, a domain 0 that is replaced, saved
// and restored pumps, hot attach and detach. With unmodified kernels: test/boot/disk.test.ts.
import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { PUMP_MAKERS } from '../../../../src-engine/backend/pumps'
import { createImage } from '../../../../src-engine/image/create-image'
import type { Disk } from '../../../../src-engine/public/protocol/device'
import { BLKIF_OP } from '../../../../src-engine/public/xen/io/blkif'
import { SRING } from '../../../../src-engine/public/xen/io/ring'
import { XS } from '../../../../src-engine/public/xen/io/xs-wire'
import { BACKEND, DATA, DiskScene, MIB, PORT, RING } from '../../../support/disk-scene'
import { TestGuest } from '../../../support/guest-rings'
import { randomFrom } from '../../../support/random'
import { handleOf } from '../../../support/xenstore-script'

const scenes: DiskScene[] = []
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close()
})

function made(...args: ConstructorParameters<typeof DiskScene>): DiskScene {
  const scene = new DiskScene(...args)
  scenes.push(scene)
  return scene
}

async function connected(...args: ConstructorParameters<typeof DiskScene>): Promise<DiskScene> {
  const scene = made(...args)
  expect(await scene.domain()).toBe(undefined)
  await scene.connect()
  return scene
}

describe.each([
  ['x86_64-abi', [RING]],
  ['x86_32-abi', [RING]],
  ['x86_64-abi', [RING, RING + 1, RING + 2, RING + 3]],
] as const)('a disk with a ring of %s on pages %j', (protocol, pages) => {
  it('reads, writes, flushes and discards', async () => {
    const scene = await connected(protocol, pages)
    const { front } = scene
    scene.fill(DATA, 0xa1)
    scene.fill(DATA + 1, 0xb2)
    expect(await front.write(16, [{ page: DATA }, { page: DATA + 1, first: 2, last: 3 }])).toBe(0)
    expect(scene.onDisk(16 * 512, 4096).every((byte) => byte === 0xa1)).toBe(true)
    expect(scene.onDisk(24 * 512, 1024).every((byte) => byte === 0xb2)).toBe(true)
    expect(scene.onDisk(26 * 512, 512).every((byte) => byte === 0)).toBe(true)
    expect(await front.flush()).toBe(0)
    expect(await front.request(BLKIF_OP.BLKIF_OP_FLUSH_DISKCACHE, 2 ** 64 - 2048, [])).toBe(0)
    expect(await front.read(17, [{ page: DATA + 2, first: 1, last: 7 }, { page: DATA + 3 }])).toBe(0)
    expect(
      scene
        .page(DATA + 2)
        .subarray(512)
        .equals(scene.onDisk(17 * 512, 7 * 512)),
    ).toBe(true)
    expect(scene.page(DATA + 3).equals(scene.onDisk(24 * 512, 4096))).toBe(true)
    expect(scene.plain.dirty.has(DATA + 3)).toBe(true)
    expect(await front.discard(2048, 4096)).toBe(0)
    expect(await front.request(BLKIF_OP.BLKIF_OP_WRITE_BARRIER, 100, [{ page: DATA, first: 0, last: 0 }])).toBe(0)
    expect(await front.request(BLKIF_OP.BLKIF_OP_WRITE_BARRIER, 0, [])).toBe(0)
    expect(scene.onDisk(100 * 512, 512).every((byte) => byte === 0xa1)).toBe(true)
    expect(front.wrong).toEqual([])
  })

  it('moves a megabyte in one indirect request, and thousands of requests at once', async () => {
    const scene = await connected(protocol, pages)
    const { front } = scene
    const many = Array.from({ length: 256 }, (_, i) => ({ page: DATA + 1 + i }))
    for (const [i, { page }] of many.entries()) scene.fill(page, i)
    expect(await front.indirect(BLKIF_OP.BLKIF_OP_WRITE, 8, DATA, many)).toBe(0)
    for (let i = 0; i < 256; i += 51) expect(scene.onDisk((i + 1) * 4096, 4096).every((byte) => byte === i)).toBe(true)
    for (const { page } of many) scene.fill(page, 0xff)
    expect(await front.indirect(BLKIF_OP.BLKIF_OP_READ, 8, DATA, many)).toBe(0)
    for (const [i, { page }] of many.entries()) expect(scene.page(page)[77]).toBe(i)

    const random = randomFrom(3)
    const expected = scene.onDisk(0, 4 * MIB)
    const jobs: Promise<number>[] = []
    for (let i = 0; i < 3000; i++) {
      const sector = 8 * (i % 512)
      const page = DATA + 300 + (i % 512)
      if (i < 512) {
        const value = random(256)
        scene.fill(page, value)
        expected.fill(value, sector * 512, sector * 512 + 4096)
        jobs.push(front.write(sector, [{ page }]))
      } else jobs.push(front.read(8 * random(1000), [{ page: DATA + 10 }]))
    }
    expect(new Set(await Promise.all(jobs))).toEqual(new Set([0]))
    expect(scene.onDisk(0, 4 * MIB).equals(expected)).toBe(true)
    expect(front.wrong).toEqual([])
    const counters = await scene.calls.call('deviceCounters', { handle: handleOf(1) })
    expect(counters).toMatchObject({ value: { devices: [{ key: 'vbd/51712', state: 4, errors: 0, writtenBytes: 3 * MIB }] } })
  })
})

describe('requests that are wrong', () => {
  it('get an error each, and the ring goes on', async () => {
    const scene = await connected()
    const { front, plain } = scene
    const page = DATA
    const rows: [string, () => Promise<number>, number][] = [
      ['beyond the end', () => front.read(8192, [{ page }]), -1],
      ['across the end', () => front.write(8191, [{ page }]), -1],
      ['at 2^63', () => front.read(2 ** 63, [{ page }]), -1],
      ['of no segments', () => front.read(0, []), -1],
      ['of segments the wrong way round', () => front.read(0, [{ page, first: 5, last: 4 }]), -1],
      ['of sectors beyond the page', () => front.read(0, [{ page, first: 5, last: 8 }]), -1],
      ['of an unknown operation', () => front.request(77, 0, [{ page }]), -2],
      ['of too many indirect segments', () => front.indirect(0, 0, page, Array(257).fill({ page })), -1],
      ['of a flush with data', () => front.request(BLKIF_OP.BLKIF_OP_FLUSH_DISKCACHE, 0, [{ page }]), -1],
      ['of a discard without end', () => front.discard(0, 2 ** 60), -1],
    ]
    for (const [name, ask, status] of rows) expect(await ask(), name).toBe(status)
    plain.grants.delete(front.grant(page))
    for (const operation of [BLKIF_OP.BLKIF_OP_READ, BLKIF_OP.BLKIF_OP_WRITE]) {
      const asked = front.request(operation, 0, [{ page: DATA + 1 }, { page: DATA + 2 }])
      plain.grants.delete(1000 + DATA + 2)
      expect(await asked, 'of a page that is not granted').toBe(-1)
    }
    const readonly = front.read(0, [{ page: DATA + 3 }])
    plain.readonlyGrants.add(1000 + DATA + 3)
    expect(await readonly, 'into a page granted for reading').toBe(-1)
    plain.readonlyGrants.clear()
    expect(await front.write(0, [{ page: DATA + 4 }])).toBe(0)
    expect(front.wrong).toEqual([])
  })

  it('to a disk that is read-only fail when they change it', async () => {
    const scene = await connected('x86_64-abi', [RING], { readonly: true })
    expect(await scene.ask(XS.XS_READ, `${BACKEND}/info|`)).toBe('4')
    expect(await scene.front.write(0, [{ page: DATA }])).toBe(-1)
    expect(await scene.front.discard(0, 8)).toBe(-1)
    expect(await scene.front.read(0, [{ page: DATA }])).toBe(0)
  })

  it.each([
    ['an index beyond the ring', (scene: DiskScene) => scene.front.word(SRING.req_prod, 5000)],
    ['a ring that is not granted any more', (scene: DiskScene) => scene.plain.grants.delete(scene.front.ringRefs[0] ?? 0)],
  ])('%s ends the backend, not domain 0', async (_name, spoil) => {
    const scene = await connected()
    spoil(scene)
    scene.guest.devices.signal(PORT)
    await scene.untilBackend('5')
    expect(scene.events.join()).toMatch(/ring/)
    expect(scene.plain.bound.size).toBe(0)
    await scene.frontState(6)
    await scene.untilBackend('6')
    scene.reload()
    await scene.frontState(1)
    await scene.connect()
    expect(await scene.front.read(0, [{ page: DATA }])).toBe(0)
  })

  it.each([
    ['no ring', { 'ring-ref': '4711' }],
    ['no channel', { 'event-channel': 'x' }],
    ['an unknown protocol', { protocol: 'arm-abi' }],
    ['a protocol that is the name of something else', { protocol: 'constructor' }],
  ])('a frontend that publishes %s is closed', async (_name, keys) => {
    const scene = made()
    await scene.domain()
    await scene.untilBackend('2')
    for (const [key, value] of Object.entries({ ...scene.front.keys(PORT), ...keys })) {
      await scene.ask(XS.XS_WRITE, `device/vbd/51712/${key}|${value}`)
    }
    await scene.frontState(3)
    await scene.untilBackend('5')
    expect(scene.guest.link.connected).toBe(true)
  })
})

describe('a disk that is switched to another file', () => {
  const overlay = async (scene: DiskScene, name: string): Promise<string> => {
    const file = path.join(scene.folder, name)
    const made = await createImage(file, { format: 'qcow2', backing: { name: 'disk.raw', format: 'raw' } })
    if (!made.ok) throw new Error(made.error.message)
    return file
  }
  const switched = (scene: DiskScene, file: string) =>
    scene.calls.call('switchDisks', {
      handle: handleOf(1),
      disks: [{ key: 'vbd/51712', path: file, format: 'qcow2', allowedBacking: [scene.image] }],
    })

  it('leaves in the old one what was asked before and puts into the new one what is asked after, losing none', async () => {
    const scene = await connected()
    const { front } = scene
    const file = await overlay(scene, 'over.qcow2')
    const before: Promise<number>[] = []
    for (let i = 0; i < 100; i++) {
      scene.fill(DATA + i, 1 + i)
      before.push(front.write(8 * i, [{ page: DATA + i }]))
    }
    expect(new Set(await Promise.all(before))).toEqual(new Set([0]))
    const during: Promise<number>[] = []
    const done = switched(scene, file)
    for (let i = 0; i < 100; i++) during.push(front.write(8 * i, [{ page: DATA + 99 - i }]))
    expect((await done).ok).toBe(true)
    expect(new Set(await Promise.all(during))).toEqual(new Set([0]))
    const kept = Buffer.from(fs.readFileSync(scene.image))
    scene.fill(DATA, 0xee)
    for (let i = 0; i < 100; i++) expect(await front.write(8 * i, [{ page: DATA }])).toBe(0)
    expect(await front.flush()).toBe(0)
    // The old file has the first writes, or those made during the switch, and nothing of what came after.
    expect(fs.readFileSync(scene.image).equals(kept)).toBe(true)
    for (let i = 0; i < 100; i++) expect([1 + i, 100 - i]).toContain(kept[4096 * i])
    expect(await front.read(8, [{ page: DATA + 200 }])).toBe(0)
    expect(scene.page(DATA + 200).every((byte) => byte === 0xee)).toBe(true)
    expect(await scene.ask(XS.XS_READ, `${BACKEND}/params|`)).toBe(file)
    expect(front.wrong).toEqual([])
  })

  it('goes on with the old one when the new one cannot be opened', async () => {
    const scene = await connected()
    expect(await switched(scene, path.join(scene.folder, 'nowhere.qcow2'))).toMatchObject({ ok: false })
    scene.fill(DATA, 0x77)
    expect(await scene.front.write(8, [{ page: DATA }])).toBe(0)
    expect(scene.onDisk(4096, 4096).every((byte) => byte === 0x77)).toBe(true)
    expect(await scene.ask(XS.XS_READ, `${BACKEND}/params|`)).toBe(scene.image)
    expect(scene.errors).toEqual([])
  })
})

describe('a disk that is merged into the file below while the guest writes', () => {
  const place = { handle: handleOf(1), key: 'vbd/51712' }

  /** On an overlay on disk.raw, with what the guest wrote there. */
  async function onOverlay(): Promise<{ scene: DiskScene; over: string }> {
    const scene = made()
    const over = path.join(scene.folder, 'over.qcow2')
    const created = await createImage(over, { format: 'qcow2', backing: { name: 'disk.raw', format: 'raw' } })
    if (!created.ok) throw new Error(created.error.message)
    expect(await scene.domain(false, [{ ...scene.description, path: over, format: 'qcow2' }])).toBe(undefined)
    await scene.connect()
    for (let i = 0; i < 64; i++) {
      scene.fill(DATA, 1 + i)
      expect(await scene.front.write(16 * i, [{ page: DATA }])).toBe(0)
    }
    return { scene, over }
  }
  const into = (scene: DiskScene) => ({ path: scene.image, format: 'raw' as const })
  const copyAll = async (scene: DiskScene) => {
    for (;;) {
      const step = await scene.calls.call('mergeCopy', place)
      if (!step.ok) throw new Error(step.error.message)
      if (step.value.done === step.value.total) return
    }
  }

  it('is on that file in the end, with every write, and never stands between', async () => {
    const { scene, over } = await onOverlay()
    const { front } = scene
    const writes: Promise<number>[] = []
    const wanted = new Map<number, number>()
    const put = (slot: number, value: number): void => {
      // Pages are read when their request is served: each has one of its own.
      const page = DATA + (writes.length % 250)
      scene.fill(page, value)
      wanted.set(slot, value)
      writes.push(front.write(16 * slot, [{ page }]))
    }
    const begun = scene.calls.call('mergeBegin', place)
    for (let i = 0; i < 32; i++) put(2 * i, 200 - i)
    expect((await begun).ok).toBe(true)
    expect(await scene.calls.call('mergeEnd', { ...place, into: into(scene) })).toMatchObject({ ok: false })
    expect((await scene.calls.call('mergeBegin', place)).ok).toBe(true)
    const copying = copyAll(scene)
    for (let i = 0; i < 32; i++) put(60 + i, 100 + i)
    await copying
    for (let i = 0; i < 16; i++) put(3 * i, 150 + i)
    const ended = scene.calls.call('mergeEnd', { ...place, into: into(scene) })
    for (let i = 0; i < 16; i++) put(120 + i, 50 + i)
    expect((await ended).ok).toBe(true)
    expect(new Set(await Promise.all(writes))).toEqual(new Set([0]))
    expect(await front.flush()).toBe(0)
    for (const [slot, value] of wanted) expect(scene.onDisk(16 * 512 * slot, 4096).every((byte) => byte === value)).toBe(true)
    for (const slot of [1, 59].filter((one) => !wanted.has(one))) expect(scene.onDisk(8192 * slot, 1)[0]).toBe(1 + slot)
    expect(await scene.ask(XS.XS_READ, `${BACKEND}/params|`)).toBe(scene.image)
    fs.rmSync(over)
    expect(await front.read(16, [{ page: DATA }])).toBe(0)
    // Said twice it is true already.
    expect((await scene.calls.call('mergeEnd', { ...place, into: into(scene) })).ok).toBe(true)
    expect(scene.errors).toEqual([])
  })

  it('stays on its own file when that is called off, and when a new domain 0 comes in the middle', async () => {
    const { scene, over } = await onOverlay()
    expect((await scene.calls.call('mergeBegin', place)).ok).toBe(true)
    await copyAll(scene)
    expect((await scene.calls.call('mergeEnd', place)).ok).toBe(true)
    const below = Buffer.from(fs.readFileSync(scene.image))
    scene.fill(DATA, 0xaa)
    expect(await scene.front.write(0, [{ page: DATA }])).toBe(0)
    expect(fs.readFileSync(scene.image).equals(below)).toBe(true)
    expect(await scene.calls.call('mergeCopy', place)).toMatchObject({ ok: false })
    expect((await scene.calls.call('mergeBegin', place)).ok).toBe(true)
    await scene.kill()
    expect(await scene.domain(true, [{ ...scene.description, path: over, format: 'qcow2' }])).toBe(undefined)
    expect(await scene.front.read(0, [{ page: DATA + 1 }])).toBe(0)
    expect(scene.page(DATA + 1).every((byte) => byte === 0xaa)).toBe(true)
    // It knows of no merge: the disk is not on the file below.
    expect(await scene.calls.call('mergeEnd', { ...place, into: into(scene) })).toMatchObject({ ok: false })
  })
})

describe('a disk and its domain 0', () => {
  it('that is replaced in the middle of writes loses none, and answers each once', async () => {
    const scene = await connected()
    const { front } = scene
    const jobs: Promise<number>[] = []
    for (let i = 0; i < 400; i++) {
      scene.fill(DATA + i, i % 256)
      jobs.push(front.write(8 * i, [{ page: DATA + i }]))
      if (i % 100 === 50) {
        await scene.kill()
        await scene.domain()
      }
    }
    expect(new Set(await Promise.all(jobs))).toEqual(new Set([0]))
    for (let i = 0; i < 400; i += 13) expect(scene.onDisk(4096 * i, 4096).every((byte) => byte === i % 256)).toBe(true)
    expect(front.wrong).toEqual([])
    expect(await scene.backendState()).toBe('4')
  })

  it('that is not there keeps requests waiting; saved then, they are done after the restore', async () => {
    const scene = await connected()
    scene.guest.store.hold()
    const state = await scene.guest.link.saveStore()
    if (!state.ok) throw new Error(state.error)
    await scene.kill()
    scene.fill(DATA, 0x5e)
    const written = scene.front.write(80, [{ page: DATA }])
    await expect.poll(() => scene.front.word(SRING.req_prod)).toBe(1)
    const saved = scene.guest.devices.save()
    const consoleState = scene.guest.console.save()
    // The restored domain: its memory as it was, pumps made from the state.
    fs.rmSync(path.join(scene.folder, 'xenstore.journal'))
    scene.guest.devices.dispose()
    const restored = new TestGuest(handleOf(1), scene.guest.memory, state.value.xenstore, scene.plain, PUMP_MAKERS)
    expect(restored.store.load(state.value.store)).toBe(undefined)
    restored.console.load(consoleState)
    expect(restored.devices.load(saved)).toBe(undefined)
    restored.takeOver(scene.guest)
    scene.guest = restored
    expect(await scene.domain(true)).toBe(undefined)
    expect(await written).toBe(0)
    expect(scene.onDisk(80 * 512, 4096).every((byte) => byte === 0x5e)).toBe(true)
    expect(await scene.backendState()).toBe('4')
  })

  it('that has another size after domain 0 was replaced is not joined: the guest waits, main is told', async () => {
    const scene = await connected()
    await scene.kill()
    fs.truncateSync(scene.image, 2 * MIB)
    expect(await scene.domain()).toBe(undefined)
    const read = scene.front.read(0, [{ page: DATA }])
    await expect.poll(() => scene.events.at(-1)).toMatch(/has 4096 sectors, and the disk the guest has is one of 8192/)
    expect(await scene.backendState()).toBe('4')
    await scene.kill()
    fs.truncateSync(scene.image, 4 * MIB)
    expect(await scene.domain()).toBe(undefined)
    expect(await read).toBe(0)
  })

  it('is opened when the domain is introduced, and a file that is none is told in one sentence', async () => {
    const scene = made('x86_64-abi', [RING], { path: '/nowhere/disk.img' })
    expect(await scene.domain()).toMatch(/\/nowhere\/disk\.img/)
    expect(await scene.introduce(false, [{ ...scene.description, path: scene.image }])).toBe(undefined)
    await scene.connect()
  })

  it('closes and connects again with its frontend', async () => {
    const scene = await connected()
    for (let round = 0; round < 3; round++) {
      scene.fill(DATA, round + 1)
      expect(await scene.front.write(8 * round, [{ page: DATA }])).toBe(0)
      await scene.frontState(5)
      await scene.untilBackend('5')
      await scene.frontState(6)
      await scene.untilBackend('6')
      expect(scene.plain.bound.size).toBe(0)
      scene.reload()
      await scene.frontState(1)
      await scene.connect()
    }
    for (let round = 0; round < 3; round++) expect(scene.onDisk(4096 * round, 1)[0]).toBe(round + 1)
  })
})

describe('disks that come and go', () => {
  it('are attached to a running guest, and detached when it lets go', async () => {
    const scene = await connected()
    const second = path.join(scene.folder, 'second.raw')
    fs.writeFileSync(second, Buffer.alloc(MIB, 7))
    const device: Disk = { ...scene.description, dev: 'xvdb', path: second }
    expect(await scene.calls.call('attachDevice', { handle: handleOf(1), device })).toEqual({ ok: true, value: {} })
    expect(await scene.ask(XS.XS_READ, 'device/vbd/51728/state|')).toBe('1')
    expect(await scene.ask(XS.XS_READ, '/local/domain/0/backend/vbd/1/51728/state|')).toBe('2')
    expect(await scene.calls.call('attachDevice', { handle: handleOf(1), device })).toMatchObject({ ok: false })
    // Nobody drives it: it goes at once.
    expect(await scene.calls.call('detachDevice', { handle: handleOf(1), key: 'vbd/51728', force: false })).toMatchObject({
      ok: true,
    })
    expect(await scene.ask(XS.XS_DIRECTORY, 'device/vbd|')).toBe('51712|')
    const gone = scene.calls.call('detachDevice', { handle: handleOf(1), key: 'vbd/51712', force: false })
    await scene.untilBackend('5')
    expect(await scene.front.write(0, [{ page: DATA }])).toBe(0)
    await scene.frontState(5)
    await scene.frontState(6)
    expect(await gone).toEqual({ ok: true, value: {} })
    expect(await scene.ask(XS.XS_DIRECTORY, 'device|')).toBe('suspend|')
    expect(scene.events.at(-1)).toBe('vbd/51712 0')
  })

  it('are waited for fifteen seconds when a guest has taken them and does not let go, and domain 0 serves others meanwhile', async () => {
    const scene = await connected()
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] })
    try {
      const gone = scene.calls.call('detachDevice', { handle: handleOf(1), key: 'vbd/51712', force: false })
      expect(await scene.ask(XS.XS_READ, `${BACKEND}/state|`)).toBe('5')
      await vi.advanceTimersByTimeAsync(14_999)
      expect(await Promise.race([gone, scene.ask(XS.XS_READ, `${BACKEND}/online|`)])).toBe('0')
      await vi.advanceTimersByTimeAsync(1)
      expect(await gone).toMatchObject({ ok: false, error: { code: 'OPERATION_TIMEOUT' } })
    } finally {
      vi.useRealTimers()
    }
    expect(await scene.calls.call('detachDevice', { handle: handleOf(1), key: 'vbd/51712', force: true })).toMatchObject({
      ok: true,
    })
  })

  it('are taken away by force from a guest that does not answer', async () => {
    const scene = await connected()
    expect(await scene.calls.call('detachDevice', { handle: handleOf(1), key: 'vbd/51712', force: true })).toMatchObject({
      ok: true,
    })
    expect(await scene.ask(XS.XS_DIRECTORY, 'device|')).toBe('suspend|')
    expect(scene.plain.bound.size).toBe(0)
  })

  it('are refused while another device writes the same file', async () => {
    const scene = await connected()
    const device: Disk = { ...scene.description, dev: 'xvdb' }
    expect(await scene.calls.call('attachDevice', { handle: handleOf(1), device })).toMatchObject({
      ok: false,
      error: { code: 'INVALID_ARG', message: expect.stringContaining('in use') },
    })
    expect(await scene.ask(XS.XS_DIRECTORY, 'device/vbd|')).toBe('51712|')
    await scene.calls.call('detachDevice', { handle: handleOf(1), key: 'vbd/51712', force: true })
    expect(await scene.calls.call('attachDevice', { handle: handleOf(1), device })).toEqual({ ok: true, value: {} })
  })

  it('have their medium changed when they are removable', async () => {
    const scene = await connected('x86_64-abi', [RING], { removable: true, path: '' })
    expect(await scene.ask(XS.XS_READ, `${BACKEND}/sectors|`)).toBe('0')
    expect(await scene.front.read(0, [{ page: DATA }])).toBe(-1)
    const medium = { handle: handleOf(1), key: 'vbd/51712', path: scene.image, format: 'raw' } as const
    expect(await scene.calls.call('changeMedium', medium)).toEqual({ ok: true, value: {} })
    expect(await scene.ask(XS.XS_READ, `${BACKEND}/sectors|`)).toBe('8192')
    expect(await scene.front.read(0, [{ page: DATA }])).toBe(0)
    expect(await scene.calls.call('changeMedium', { ...medium, path: '' })).toEqual({ ok: true, value: {} })
    expect(await scene.front.read(0, [{ page: DATA }])).toBe(-1)
  })
})
