// How a disk is cached and whether it takes discards, in one process: what the frontend is told in the store, and what of its
// requests reaches the image, in which order. With a kernel: test/boot/disk-modes.test.ts.
import { afterEach, describe, expect, it } from 'vitest'
import type { Disk } from '../../../../src-engine/public/protocol/device'
import { BLKIF_OP } from '../../../../src-engine/public/xen/io/blkif'
import { BlkScene } from '../../../support/blk-scene'

let scene: BlkScene
afterEach(() => {
  expect(scene.front.wrong).toEqual([])
  return scene.service.close()
})

async function started(disk: Partial<Disk>): Promise<BlkScene> {
  scene = await new BlkScene(disk).start()
  return scene
}

async function told(disk: Partial<Disk>): Promise<Readonly<Record<string, string>>> {
  scene = new BlkScene(disk)
  const opened = await scene.service.open()
  if (!opened.ok) throw new Error(opened.error)
  return opened.value
}

const FLUSHES = (value: '0' | '1') => ({ 'feature-flush-cache': value, 'feature-barrier': value })

describe('what a frontend is told', () => {
  it.each([
    [undefined, '1'],
    ['writeback', '1'],
    ['writethrough', '0'],
    ['unsafe', '1'],
  ] as const)('with cache %s there is something to flush: %s', async (cache, value) => {
    expect(await told(cache === undefined ? {} : { cache })).toMatchObject(FLUSHES(value))
  })

  it.each([
    [{}, true],
    [{ discard: 'unmap' }, true],
    [{ discard: 'ignore' }, false],
    [{ readonly: true }, false],
  ] as const)('of %j it may discard: %s', async (disk, may) => {
    const keys = await told(disk)
    expect(keys['feature-discard']).toBe(may ? '1' : '0')
    expect('discard-granularity' in keys).toBe(may)
  })
})

describe('what reaches the image', () => {
  it('written back: a flush when the guest asks for one', async () => {
    const { image } = await started({})
    expect([await scene.write(0, 1), await scene.write(1, 2)]).toEqual([0, 0])
    expect(image.done).toEqual(['write', 'write'])
    expect(await scene.front.flush()).toBe(0)
    expect(image.done).toEqual(['write', 'write', 'flush'])
  })

  it('written through: a flush after each write, before it is answered', async () => {
    const { image } = await started({ cache: 'writethrough' })
    expect(await scene.write(0, 1)).toBe(0)
    expect(image.done).toEqual(['write', 'flush'])
    expect(await scene.write(1, 2)).toBe(0)
    expect(image.done).toEqual(['write', 'flush', 'write', 'flush'])
  })

  it('written through: a write whose flush fails is an error for the guest', async () => {
    const { image } = await started({ cache: 'writethrough' })
    image.broken = true
    expect(await scene.write(0, 1)).toBe(-1)
    image.broken = false
    expect(await scene.write(0, 1)).toBe(0)
  })

  it('unsafe: no flush of the guest, nor the two of a barrier; the one before its state is saved is done', async () => {
    const { image } = await started({ cache: 'unsafe' })
    expect(await scene.write(0, 1)).toBe(0)
    expect(await scene.front.flush()).toBe(0)
    expect(await scene.write(1, 2, BLKIF_OP.BLKIF_OP_WRITE_BARRIER)).toBe(0)
    expect(image.done).toEqual(['write', 'write'])
    await scene.service.settle()
    expect(image.done).toEqual(['write', 'write', 'flush'])
  })

  it('discards, unless they are ignored', async () => {
    expect((await started({})).image.done).toEqual([])
    expect(await scene.front.discard(0, 8)).toBe(0)
    expect(scene.image.done).toEqual(['discard'])
    await scene.service.close()
    await started({ discard: 'ignore' })
    expect(await scene.front.discard(0, 8)).toBe(0)
    expect(scene.image.done).toEqual([])
  })
})
