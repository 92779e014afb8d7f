// What the service has on the way when something changes around it: its link is lost and the next one there at once, with domain 0 alive;
// or the medium is changed under a guest that reads without end. In one process: pump and service around an image that takes its time.
import { afterEach, expect, it } from 'vitest'
import { BlkService } from '../../../../src-engine/backend/blk/service'
import type { ImageResult } from '../../../../src-engine/image/error'
import type { Image } from '../../../../src-engine/image/image'
import { openMerging } from '../../../../src-engine/image/merging-image'
import { systemClock } from '../../../../src-engine/lib/clock'
import { silentLog } from '../../../../src-engine/lib/log'
import type { Disk } from '../../../../src-engine/public/protocol/device'
import { ok } from '../../../../src-engine/public/result'
import { BlkScene, MemoryImage } from '../../../support/blk-scene'

let scene: BlkScene
afterEach(() => {
  expect(scene.front.wrong).toEqual([])
  return scene.service.close()
})

it('a link that comes before the work of the last one is done waits for that, and is served', async () => {
  scene = await new BlkScene().start()
  const goOn = scene.image.hold()
  const asked = [scene.write(0, 1), scene.write(2, 2)]
  await expect.poll(() => scene.image.begun).toBeGreaterThan(0)
  const before = scene.image.begun
  scene.service.detach()
  scene.pump.detach()
  scene.join()
  // Asked again by the pump, and a new one behind them: none begins while an old write might still overtake it.
  asked.push(scene.read(4))
  // What is asked and told between the two takes a turn each way.
  for (let turns = 0; turns < 20; turns++) await new Promise(setImmediate)
  expect(scene.image.begun).toBe(before)
  goOn()
  expect(await Promise.all(asked)).toEqual([0, 0, 0])
  expect([scene.holds(0), scene.holds(2)]).toEqual([1, 2])
})

it('what was written is flushed when the frontend lets go, before the image is closed', async () => {
  scene = await new BlkScene().start()
  const goOn = scene.image.hold()
  const asked = scene.write(0, 1)
  await expect.poll(() => scene.image.begun).toBe(1)
  scene.service.detach()
  const settled = scene.service.settle()
  goOn()
  await settled
  expect(scene.image.done).toEqual(['write', 'flush'])
  await scene.service.close()
  expect(scene.image.done.at(-1)).toBe('close')
  // The pump keeps what is not answered, for the next service.
  expect(await Promise.race([asked, 'kept'])).toBe('kept')
})

it('a medium is changed under a guest that always reads', async () => {
  scene = await new BlkScene({ removable: true }).start()
  const [first, second] = scene.images
  if (!first || !second) throw new Error('no images')
  const begun = (): number => first.begun + second.begun
  const changed: unknown[] = []
  let ends: (() => void)[] = []
  let asked: Promise<number>[] = []
  for (let turn = 0; turn < 12; turn++) {
    // Another one begins before the last is answered, so there is always one on the way.
    const [before, end] = [begun(), [first.hold(), second.hold()]]
    const next = scene.read(8 * turn)
    await expect.poll(begun, { interval: 1 }).toBe(before + 1)
    if (turn === 2) scene.service.changeMedium({ path: 'second', format: 'raw' }).then((done) => changed.push(done))
    for (const goOn of ends) goOn()
    expect(new Set(await Promise.all(asked)).size).toBeLessThan(2)
    ;[ends, asked] = [end, [next]]
  }
  expect(changed).toMatchObject([{ ok: true }])
  expect(first.closed).toBe(true)
  expect(second.begun).toBeGreaterThan(0)
  for (const goOn of ends) goOn()
  expect(await Promise.all(asked)).toEqual([0])
})

it('a medium that is opened only when its drive has been taken away is let go of', async () => {
  const medium = new MemoryImage()
  let opened = (): void => {}
  const open = () => new Promise<ImageResult<Image>>((resolve) => (opened = () => resolve(ok(medium))))
  const drive: Disk = { kind: 'vbd', dev: 'xvdc', path: '', format: 'raw', readonly: true, removable: true }
  const service = new BlkService(drive, { handle: 'h', clock: systemClock, log: silentLog }, { open, merge: openMerging })
  expect(await service.open()).toMatchObject({ ok: true })
  const changed = service.changeMedium({ path: 'medium', format: 'raw' })
  await service.close()
  opened()
  expect(await changed).toMatchObject({ ok: false })
  expect(medium.closed).toBe(true)
})
