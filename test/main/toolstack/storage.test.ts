// Pools and volumes on the test driver: what is listed, who uses what, what is refused and what jobs do.
// Runs in: vitest, plain Node.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { DEFAULT_POOL, newVolumeShape, poolInfoShape, volumeNameShape, volumeShape } from '../../../src-main/public/storage'
import { SnapshotScene as Scene } from '../../support/snapshot-scene'
import { testCaller } from '../../support/toolstack'

const open: Scene[] = []
afterEach(async () => {
  for (const scene of open.splice(0)) await scene.close()
})

async function machine(run = false): Promise<Scene> {
  const scene = await Scene.make(run)
  open.push(scene)
  return scene
}

const caller = testCaller()
const pool = DEFAULT_POOL

async function volumes(scene: Scene, name = pool) {
  const list = await scene.servers.volumeList({ pool: name }, caller)
  if (!list.ok) throw new Error(list.error.reason)
  for (const volume of list.value) expect(volumeShape.explain(volume)).toBe(undefined)
  return list.value
}

describe('storage', () => {
  it('has the app’s own folder, and folders the user chose, with their space', async () => {
    const scene = await machine()
    const { servers, made } = scene
    const folder = join(made.folder, 'more')
    mkdirSync(folder)
    writeFileSync(join(folder, 'install.iso'), 'cd')
    writeFileSync(join(folder, 'letter.txt'), 'private')
    expect(await servers.poolDefine({ name: 'more', path: folder }, caller)).toMatchObject({
      error: { reason: 'path-not-chosen' },
    })
    const chose = testCaller([folder, join(made.folder, 'own.raw')])
    expect(await servers.poolDefine({ name: 'more', path: folder }, chose)).toEqual({ ok: true, value: null })
    expect(await servers.poolDefine({ name: 'other', path: folder }, chose)).toMatchObject({ error: { reason: 'pool-exists' } })
    expect(await servers.poolUndefine({ name: pool }, caller)).toMatchObject({ error: { reason: 'pool-permanent' } })
    const pools = await servers.poolList({}, caller)
    if (!pools.ok) throw new Error(pools.error.reason)
    for (const one of pools.value) expect(poolInfoShape.explain(one)).toBe(undefined)
    expect(pools.value).toMatchObject([
      { name: pool, permanent: true },
      { name: 'more', volumes: 1, problem: null },
    ])
    expect(await volumes(scene, 'more')).toMatchObject([{ name: 'install.iso', usedBy: [] }])
    await scene.job(servers.volumeUpload({ pool: 'more', from: join(made.folder, 'own.raw'), name: 'taken.raw' }, chose))
    expect((await volumes(scene, 'more')).map(({ name }) => name)).toEqual(['install.iso', 'taken.raw'])
    expect(await servers.volumeUpload({ pool: 'more', from: '/etc/passwd', name: 'x.raw' }, chose)).toMatchObject({ ok: false })
    expect(await servers.poolUndefine({ name: 'more' }, caller)).toMatchObject({ ok: true })
    expect(existsSync(join(folder, 'taken.raw'))).toBe(true)
  })

  it('makes, resizes, copies, checks and deletes volumes', async () => {
    const scene = await machine()
    const { servers } = scene
    const order = { pool, name: 'a.qcow2', format: 'qcow2', sizeMiB: 64, backing: null } as const
    expect(newVolumeShape.explain(order)).toBe(undefined)
    await scene.job(servers.volumeCreate(order, caller))
    await expect(scene.job(servers.volumeCreate(order, caller))).rejects.toThrow('file-exists')
    await scene.job(servers.volumeResize({ pool, name: 'a.qcow2', sizeMiB: 128 }, caller))
    await scene.job(servers.volumeClone({ pool, name: 'a.qcow2', to: 'b.raw', format: 'raw' }, caller))
    await scene.job(servers.volumeCheck({ pool, name: 'a.qcow2', repair: false }, caller))
    await scene.job(servers.volumeCreate({ ...order, name: 'c.qcow2', backing: 'a.qcow2' }, caller))
    expect(await volumes(scene)).toMatchObject([
      { name: 'a.qcow2', format: 'qcow2', capacity: 128 << 20, backing: null },
      { name: 'b.raw', format: 'raw', capacity: 128 << 20 },
      { name: 'c.qcow2', capacity: 128 << 20, backing: 'a.qcow2' },
    ])
    expect(await servers.volumeDelete({ pool, name: 'b.raw' }, caller)).toEqual({ ok: true, value: null })
    expect((await volumes(scene)).map(({ name }) => name)).toEqual(['a.qcow2', 'c.qcow2'])
    expect(scene.made.events.some(({ name }) => name === 'storageChanged')).toBe(true)
  })

  it('says who uses a volume, and neither deletes nor resizes one in use', async () => {
    const scene = await machine(true)
    const { servers, uuid, made } = scene
    await scene.take('point')
    const [volume] = await volumes(scene)
    const name = volume?.name ?? ''
    expect(volume?.usedBy).toEqual([{ how: 'running', name: 'guest' }])
    const refusal = { error: { code: 'RESOURCE_BUSY', reason: 'volume-in-use', values: { names: 'guest' } } }
    expect(await servers.volumeDelete({ pool, name }, caller)).toMatchObject(refusal)
    expect(await servers.volumeResize({ pool, name, sizeMiB: 4096 }, caller)).toMatchObject(refusal)
    expect(await servers.volumeClone({ pool, name, to: 'z.raw', format: 'raw' }, caller)).toMatchObject(refusal)
    await made.toolstack.domains.destroy(uuid)
    await scene.take('second')
    const uses = (await volumes(scene)).find((one) => one.name === name)?.usedBy
    expect(uses).toEqual([
      { how: 'snapshot', name: 'guest: second' },
      { how: 'below', name: expect.stringContaining('guest-xvda') },
    ])
    expect(await servers.volumeDelete({ pool, name }, caller)).toMatchObject({ error: { reason: 'volume-in-use' } })
  })

  it('knows no volume by a path', () => {
    for (const name of ['../x.raw', 'a/b.raw', '.hidden.raw', 'passwd', '/etc/x.img', 'a\0.raw', ''])
      expect(volumeNameShape.is(name)).toBe(false)
    for (const name of ['a.raw', 'Übung 1.qcow2', 'debian-12 (copy).img']) expect(volumeNameShape.is(name)).toBe(true)
  })
})
