// A host without room, in one process: pump and service around an image that refuses writes as a full file system does. With `stop` a
// refused request is kept, also in a save, and done once there is room; else it is an error. With a kernel: test/boot/full-disk.test.ts.
import { afterEach, describe, expect, it } from 'vitest'
import { BLKIF_OP } from '../../../../src-engine/public/xen/io/blkif'
import { BlkScene } from '../../../support/blk-scene'

let scene: BlkScene
afterEach(() => {
  expect(scene.front.wrong).toEqual([])
  return scene.service.close()
})

async function full(enospace: 'stop' | 'report' | undefined): Promise<BlkScene> {
  const made = new BlkScene(enospace === undefined ? {} : { enospace })
  made.image.room = 0
  return made.start()
}

describe('a disk whose host has no room', () => {
  it.each(['report', undefined] as const)('told %s: gives the guest an error, and goes on', async (policy) => {
    scene = await full(policy)
    expect(await scene.write(0, 1)).toBe(-1)
    scene.image.room = 10
    expect(await scene.write(1, 2)).toBe(0)
    expect(scene.stalls).toEqual([])
  })

  it.each([
    ['writes', BLKIF_OP.BLKIF_OP_WRITE],
    ['barriers', BLKIF_OP.BLKIF_OP_WRITE_BARRIER],
  ])('told to stop: keeps %s until there is room, as often as it takes', async (_name, operation) => {
    scene = await full('stop')
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

  it('told to stop: what is kept comes before a barrier that followed it', async () => {
    scene = await full('stop')
    const first = scene.write(0, 11)
    const barrier = scene.write(2, 22, BLKIF_OP.BLKIF_OP_WRITE_BARRIER)
    await expect.poll(() => scene.stalls.length).toBe(1)
    scene.image.room = 1
    scene.pump.retry?.()
    await expect.poll(() => scene.stalls.length).toBe(2)
    expect([scene.holds(0), scene.holds(2)]).toEqual([11, 0])
    scene.image.room = 10
    scene.pump.retry?.()
    expect(await Promise.all([first, barrier])).toEqual([0, 0])
    expect(scene.holds(2)).toBe(22)
  })

  it('told to stop: what is kept is saved, and done by the restored pump', async () => {
    scene = await full('stop')
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

  it.each([
    ['a flush', {}, (one: BlkScene) => one.front.request(BLKIF_OP.BLKIF_OP_FLUSH_DISKCACHE, 0, [])],
    ['a write that is flushed at once', { cache: 'writethrough' }, (one: BlkScene) => one.write(1, 11)],
    ['a barrier', {}, (one: BlkScene) => one.write(1, 11, BLKIF_OP.BLKIF_OP_WRITE_BARRIER)],
  ] as const)('told to stop: keeps %s whose tables find no room', async (_name, disk, ask) => {
    scene = await new BlkScene({ enospace: 'stop', ...disk }).start()
    scene.image.fullFlushes = 1
    const answer = ask(scene)
    await expect.poll(() => scene.stalls).toEqual(['xvda has no room on the host'])
    scene.pump.retry?.()
    expect(await answer).toBe(0)
    expect(scene.image.done.at(-1)).toBe('flush')
  })

  it('told to report: gives the guest an error for a flush', async () => {
    scene = await new BlkScene({ enospace: 'report' }).start()
    scene.image.fullFlushes = 1
    expect(await scene.front.request(BLKIF_OP.BLKIF_OP_FLUSH_DISKCACHE, 0, [])).toBe(-1)
  })
})
