// Guests that do not play by the rules: rings of random bytes and random indexes, segments that overlap, requests changed after they were
// posted, pages taken back, random states and keys in the store, and links that carry random device records. Domain 0 and the other
// things it serves go on, and a well-behaved frontend works afterwards.
import { afterEach, describe, expect, it } from 'vitest'
import { BLKIF_OP } from '../../../../src-engine/public/xen/io/blkif'
import { SRING } from '../../../../src-engine/public/xen/io/ring'
import { XS } from '../../../../src-engine/public/xen/io/xs-wire'
import { DATA, DiskScene, PORT, RING } from '../../../support/disk-scene'
import { randomFrom } from '../../../support/random'
import { count } from '../../../support/tier'
import { handleOf } from '../../../support/xenstore-script'

const scenes: DiskScene[] = []
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close()
})

async function connected(): Promise<DiskScene> {
  const scene = new DiskScene()
  scenes.push(scene)
  expect(await scene.domain()).toBe(undefined)
  await scene.connect()
  return scene
}

const settle = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 2))

/** Brings the backend back to where a frontend can connect, whatever it is doing. */
async function again(scene: DiskScene): Promise<void> {
  await scene.frontState(6)
  await scene.untilBackend('6')
  scene.reload()
  await scene.frontState(1)
  await scene.connect()
}

async function works(scene: DiskScene): Promise<void> {
  scene.fill(DATA, 0x3c)
  expect(await scene.front.write(8, [{ page: DATA }])).toBe(0)
  expect(await scene.front.read(8, [{ page: DATA + 1 }])).toBe(0)
  expect(scene.page(DATA + 1).equals(scene.page(DATA))).toBe(true)
  expect(scene.errors).toEqual([])
}

describe('a hostile block frontend', () => {
  it('with random bytes in its ring is answered or closed, and a good one works after it', async () => {
    const random = randomFrom(11)
    const scene = await connected()
    for (let round = 0; round < count(40, 2000); round++) {
      const { plain, front } = scene
      // Some references that are good, so that more than refusals happen.
      for (let page = DATA; page < DATA + 8; page++) front.grant(page)
      for (let i = 0; i < 6; i++) {
        const produced = front.word(SRING.req_prod)
        for (let entry = 0; entry < 8; entry++) {
          const at = RING * 4096 + SRING.entries + ((produced + entry) & 31) * 112
          for (let byte = 0; byte < 112; byte++) plain.bytes[at + byte] = random(256)
          plain.bytes[at] = random(8)
          if (random(2)) plain.bytes[at + 1] = random(12)
          // Sectors and references within reach now and then.
          if (random(2)) plain.bytes.fill(0, at + 18, at + 24)
          for (let segment = 0; segment < 11; segment++) {
            if (random(2)) new DataView(plain.bytes.buffer).setUint32(at + 24 + 8 * segment, 1000 + DATA + random(10), true)
          }
        }
        front.word(SRING.req_prod, random(20) === 0 ? random(0x7fff_ffff) : produced + random(9))
        scene.guest.devices.signal(PORT)
        await settle()
      }
      if (round % 10 === 9) {
        await again(scene)
        await works(scene)
      }
    }
  }, 600_000)

  it('that changes requests, takes pages back and lets segments overlap harms nobody but itself', async () => {
    const random = randomFrom(12)
    const scene = await connected()
    const { front, plain } = scene
    for (let round = 0; round < count(100, 3000); round++) {
      const page = DATA + random(4)
      const same = Array.from({ length: 11 }, () => ({ page }))
      const asked = [
        front.read(8 * random(900), same),
        front.write(8 * random(900), same),
        front.indirect(random(2), 0, DATA + 5, same),
      ]
      queueMicrotask(() =>
        plain.bytes.fill(random(256), RING * 4096 + 64 + random(2000), RING * 4096 + 64 + 2000 + random(1000)),
      )
      if (random(3) === 0) setImmediate(() => plain.grants.delete(1000 + page))
      await Promise.race([Promise.all(asked), settle()])
      front.wrong.length = 0
    }
    await again(scene)
    await works(scene)
  }, 600_000)

  it('that writes random states and keys ends where a good one can begin', async () => {
    const random = randomFrom(13)
    const scene = await connected()
    const keys = ['ring-ref', 'event-channel', 'protocol', 'ring-page-order', 'state', 'ring-ref0', 'backend', 'x']
    const values = ['', '0', '1', '3', '4', '5', '6', '7', '-1', '4294967296', '9'.repeat(2000), 'x86_64-abi', '1008']
    for (let round = 0; round < count(200, 5000); round++) {
      const key = keys[random(keys.length)]
      const value = values[random(values.length)]
      await scene.ask(random(8) ? XS.XS_WRITE : XS.XS_RM, `device/vbd/51712/${key}|${random(8) ? value : ''}`)
      if (random(4) === 0) await scene.ask(XS.XS_WRITE, `device/vbd/51712/state|${random(8)}`)
    }
    // More than goes into one record of the link.
    for (let i = 0; i < 150; i++) await scene.ask(XS.XS_WRITE, `device/vbd/51712/z${i}|${'\u0001'.repeat(1900)}`)
    for (const key of keys) await scene.ask(XS.XS_RM, `device/vbd/51712/${key}|`)
    await again(scene)
    await works(scene)
    expect(await scene.calls.call('counters', {})).toMatchObject({ ok: true })
  }, 600_000)

  it("whose process sends random device records loses its link, and the domain's next link works", async () => {
    const random = randomFrom(14)
    const scene = await connected()
    for (let round = 0; round < count(20, 500); round++) {
      const channel = random(3)
      const body = Uint8Array.from({ length: 1 + random(80) }, () => random(256))
      body[0] = 1 + random(5)
      const end = Reflect.get(scene.guest.link, 'end')
      const name = ['DEV_DATA', 'DEV_CONNECTED', 'DEV_DISCONNECTED', 'BOUNCE_OPEN'][random(4)]
      if (name === 'BOUNCE_OPEN') end.send(name, body.length < 4 ? new Uint8Array(4) : body.slice(0, 4))
      else end.sendOn(channel, name, body.length < 8 ? new Uint8Array(8) : body)
      await settle()
      if (!scene.guest.link.connected) expect(await scene.introduce(false, [scene.description])).toBe(undefined)
    }
    await scene.untilBackend('4')
    await works(scene)
    expect(await scene.front.request(BLKIF_OP.BLKIF_OP_FLUSH_DISKCACHE, 0, [])).toBe(0)
    expect(await scene.calls.call('deviceCounters', { handle: handleOf(1) })).toMatchObject({ ok: true })
  }, 600_000)
})
