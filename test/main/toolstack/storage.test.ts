// Pools and volumes on the test driver: what is listed, who uses what, what is refused and what jobs do.
// Runs in: vitest, plain Node.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { unfinishedCopyName } from '../../../src-engine/public/unfinished-copy'
import {
  DEFAULT_POOL,
  newVolumeShape,
  poolInfoShape,
  trashedVolumeShape,
  volumeNameShape,
  volumeShape,
} from '../../../src-main/public/storage'
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
    const another = join(made.folder, 'another')
    mkdirSync(another)
    for (const name of ['more', ' more ', pool]) {
      const refused = await servers.poolDefine({ name, path: another }, testCaller([another]))
      expect(refused, name).toMatchObject({ error: { reason: 'pool-exists' } })
    }
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

  it('removes copies that were cut off with the app, and leaves those that another process still writes', async () => {
    const scene = await machine()
    const { toolstack, folder } = scene.made
    const gone = spawnSync(process.execPath, ['-e', '']).pid
    const disks = join(folder, 'disks')
    const names = [
      unfinishedCopyName(gone, randomUUID()),
      unfinishedCopyName(process.pid, randomUUID()),
      '.ringmaster-copy-note',
      'own.raw',
    ]
    mkdirSync(disks, { recursive: true })
    for (const name of names) writeFileSync(join(disks, name), 'half')
    await toolstack.load()
    expect(names.map((name) => existsSync(join(disks, name)))).toEqual([false, true, true, true])
    expect((await volumes(scene)).map(({ name }) => name)).toContain('own.raw')
    expect((await volumes(scene)).some(({ name }) => name.startsWith('.'))).toBe(false)
  })

  it('says of an image that does not begin as its name says that it is damaged, and does nothing with it as with a raw disk', async () => {
    const scene = await machine()
    const { servers } = scene
    const disks = join(scene.made.folder, 'disks')
    mkdirSync(disks, { recursive: true })
    for (const name of ['a.qcow2', 'b.vmdk', 'b-flat.vmdk', 'c.vhd', 'd.raw'])
      writeFileSync(join(disks, name), 'X'.repeat(4096))
    const damaged = { reason: 'image-not-as-named' }
    expect((await volumes(scene)).filter(({ name }) => /^[a-d][.-]/.test(name))).toMatchObject([
      { name: 'a.qcow2', format: null, problem: { ...damaged, values: { format: 'qcow2' } } },
      { name: 'b-flat.vmdk', format: 'raw', problem: null },
      { name: 'b.vmdk', format: null, problem: damaged },
      { name: 'c.vhd', format: null, problem: damaged },
      { name: 'd.raw', format: 'raw', problem: null },
    ])
    // Attached to a machine it is no raw disk either.
    const looked = (name: string) => servers.imageInspect({ path: join(disks, name) }, caller)
    expect(await looked('a.qcow2')).toMatchObject({ ok: false, error: damaged })
    expect(await looked('d.raw')).toMatchObject({ ok: true, value: { format: 'raw' } })
    const a = { pool, name: 'a.qcow2' }
    for (const begun of [
      servers.volumeCheck({ ...a, repair: true }, caller),
      servers.volumeResize({ ...a, sizeMiB: 8 }, caller),
      servers.volumeClone({ ...a, to: 'e.raw', format: 'raw' }, caller),
    ]) {
      await expect(scene.job(begun)).rejects.toThrow('image-not-as-named')
    }
    expect(readFileSync(join(disks, 'a.qcow2'), 'utf8')).toBe('X'.repeat(4096))
    expect(existsSync(join(disks, 'e.raw'))).toBe(false)
  })

  it('puts a volume on another one or on none, and not on what stands on it, is written to, or is of snapshots', async () => {
    const scene = await machine()
    const { servers } = scene
    const order = { pool, format: 'qcow2', sizeMiB: 64 } as const
    for (const [name, backing] of [
      ['a.qcow2', null],
      ['b.qcow2', 'a.qcow2'],
      ['c.qcow2', null],
    ] as const) {
      await scene.job(servers.volumeCreate({ ...order, name, backing }, caller))
    }
    const rebase = (name: string, backing: string | null) => scene.job(servers.volumeRebase({ pool, name, backing }, caller))
    const standsOn = async (name: string) => (await volumes(scene)).find((volume) => volume.name === name)?.backing
    await rebase('b.qcow2', 'c.qcow2')
    expect(await standsOn('b.qcow2')).toBe('c.qcow2')
    expect(scene.made.jobs.at(-1)).toMatchObject({ kind: 'imageRebase', subject: 'b.qcow2', state: 'done' })
    await expect(rebase('c.qcow2', 'b.qcow2')).rejects.toThrow('image-on-itself')
    await expect(rebase('c.qcow2', 'c.qcow2')).rejects.toThrow('image-on-itself')
    await rebase('b.qcow2', null)
    expect(await standsOn('b.qcow2')).toBe(null)
    await rebase('c.qcow2', 'b.qcow2')
    await scene.job(servers.volumeClone({ pool, name: 'a.qcow2', to: 'd.raw', format: 'raw' }, caller))
    await expect(rebase('d.raw', 'a.qcow2')).rejects.toThrow('image-without-backing')
    await expect(rebase('a.qcow2', 'gone.qcow2')).rejects.toThrow('file-unreadable')
    // What a snapshot has put under the machine, which writes to it; then what the next one has left below.
    await scene.take('point')
    const disk = basename(scene.disk())
    await expect(rebase('a.qcow2', disk)).rejects.toThrow('volume-in-use')
    await expect(rebase(disk, null)).rejects.toThrow('image-of-snapshots')
    await scene.take('second')
    await expect(rebase(disk, null)).rejects.toThrow('volume-in-use')
  })

  it('makes, resizes, copies, checks and deletes volumes', async () => {
    const scene = await machine()
    const { servers } = scene
    const order = { pool, name: 'a.qcow2', format: 'qcow2', sizeMiB: 64, backing: null } as const
    expect(newVolumeShape.explain(order)).toBe(undefined)
    await scene.job(servers.volumeCreate(order, caller))
    await expect(scene.job(servers.volumeCreate(order, caller))).rejects.toThrow('file-exists')
    // At once and not as a job that fails: the dialog is still open then and has what was typed.
    const jobs = scene.made.jobs.length
    const taken = { error: { reason: 'file-exists' } }
    const own = join(scene.made.folder, 'own.raw')
    writeFileSync(own, Buffer.alloc(512))
    const upload = servers.volumeUpload({ pool, from: own, name: 'a.qcow2' }, testCaller([own]))
    expect(await upload).toMatchObject(taken)
    expect(await servers.volumeCreate(order, caller)).toMatchObject(taken)
    expect(await servers.volumeClone({ pool, name: 'a.qcow2', to: 'a.qcow2', format: 'qcow2' }, caller)).toMatchObject(taken)
    expect(scene.made.jobs).toHaveLength(jobs)
    await scene.job(servers.volumeResize({ pool, name: 'a.qcow2', sizeMiB: 128 }, caller))
    await scene.job(servers.volumeClone({ pool, name: 'a.qcow2', to: 'b.raw', format: 'raw' }, caller))
    // Its card says “Converting to …”.
    expect(scene.made.jobs.at(-1)).toMatchObject({ kind: 'imageConvert', subject: 'b.raw' })
    await scene.job(servers.volumeCheck({ pool, name: 'a.qcow2', repair: false }, caller))
    await scene.job(servers.volumeCreate({ ...order, name: 'c.qcow2', backing: 'a.qcow2' }, caller))
    expect(await volumes(scene)).toMatchObject([
      { name: 'a.qcow2', format: 'qcow2', capacity: 128 << 20, backing: null },
      { name: 'b.raw', format: 'raw', capacity: 128 << 20 },
      { name: 'c.qcow2', capacity: 128 << 20, backing: 'a.qcow2' },
    ])
    expect(await servers.volumeDelete({ pool, name: 'b.raw' }, caller)).toMatchObject({ ok: true, value: { pool } })
    expect((await volumes(scene)).map(({ name }) => name)).toEqual(['a.qcow2', 'c.qcow2'])
    expect(scene.made.events.some(({ name }) => name === 'storageChanged')).toBe(true)
    // No machine knows the one that stands on it.
    expect((await volumes(scene))[0]?.usedBy).toEqual([{ how: 'below', name: 'c.qcow2' }])
    expect(await servers.volumeDelete({ pool, name: 'a.qcow2' }, caller)).toMatchObject({
      error: { reason: 'volume-in-use', values: { names: 'c.qcow2' } },
    })
  })

  it('knows the images of other pools that stand on a volume, and keeps it for them', async () => {
    const scene = await machine()
    const { servers, made } = scene
    const folder = join(made.folder, 'more')
    mkdirSync(folder)
    await servers.poolDefine({ name: 'more', path: folder }, testCaller([folder]))
    await scene.job(servers.volumeCreate({ pool, name: 'a.qcow2', format: 'qcow2', sizeMiB: 64, backing: null }, caller))
    const below = { path: join(made.folder, 'disks', 'a.qcow2'), format: 'qcow2' } as const
    expect((await made.driver.images.overlay(join(folder, 'b.qcow2'), below, [below.path])).ok).toBe(true)
    expect((await volumes(scene))[0]?.usedBy).toEqual([{ how: 'below', name: 'b.qcow2' }])
    expect(await servers.volumeDelete({ pool, name: 'a.qcow2' }, caller)).toMatchObject({
      error: { reason: 'volume-in-use', values: { names: 'b.qcow2' } },
    })
    // A folder that is gone says nothing about the others.
    rmSync(folder, { recursive: true })
    expect(await servers.volumeDelete({ pool, name: 'a.qcow2' }, caller)).toMatchObject({ ok: true })
  })

  it('keeps deleted volumes in the trash, gives them back unless their name is taken, and erases them', async () => {
    const scene = await machine()
    const { servers, made } = scene
    const path = join(made.folder, 'disks', 'a.raw')
    mkdirSync(join(made.folder, 'disks'), { recursive: true })
    const trashed = async (content: string) => {
      writeFileSync(path, content)
      const done = await servers.volumeDelete({ pool, name: 'a.raw' }, caller)
      if (!done.ok) throw new Error(done.error.reason)
      expect(existsSync(path)).toBe(false)
      return done.value
    }
    const listed = async () => {
      const list = await servers.volumeTrash({}, caller)
      if (!list.ok) throw new Error('no list')
      for (const one of list.value) expect(trashedVolumeShape.explain(one)).toBe(undefined)
      return list.value.map(({ id }) => id)
    }
    const [first, second] = [await trashed('first'), await trashed('second')]
    expect(await listed()).toEqual([second.id, first.id])
    expect(await volumes(scene)).toEqual([])
    expect(await servers.volumeRestore(first, caller)).toEqual({ ok: true, value: null })
    expect(readFileSync(path, 'utf8')).toBe('first')
    expect(await servers.volumeRestore(second, caller)).toMatchObject({ error: { reason: 'file-exists' } })
    expect(readFileSync(path, 'utf8')).toBe('first')
    expect(await servers.volumeErase(second, caller)).toEqual({ ok: true, value: null })
    expect(await servers.volumeRestore(second, caller)).toMatchObject({ error: { reason: 'trash-unreadable' } })
    expect(await listed()).toEqual([])
  })

  it('makes a volume as small again as it was, once, and only while nobody wrote to it', async () => {
    const scene = await machine()
    const { servers, made } = scene
    const resize = (sizeMiB: number) => scene.job(servers.volumeResize({ pool, name: 'a.raw', sizeMiB }, caller))
    const size = async () => (await volumes(scene))[0]?.capacity
    await scene.job(servers.volumeCreate({ pool, name: 'a.raw', format: 'raw', sizeMiB: 4, backing: null }, caller))
    await resize(8)
    await expect(resize(6)).rejects.toThrow('image-shrink')
    await resize(12)
    await expect(resize(4)).rejects.toThrow('image-shrink')
    await resize(16)
    await resize(12)
    expect(await size()).toBe(12 << 20)
    await expect(resize(8)).rejects.toThrow('image-shrink')
    await resize(20)
    const path = join(made.folder, 'disks', 'a.raw')
    writeFileSync(path, 'a guest was here', { flag: 'r+' })
    // File systems count time in ticks: later than the one before.
    utimesSync(path, new Date(), new Date(Date.now() + 1000))
    await expect(resize(12)).rejects.toThrow('image-shrink')
    expect(await size()).toBe(20 << 20)
  })

  it('asks before it resizes, copies or rebases an image that refers to a file elsewhere, unless a machine with that disk may open it', async () => {
    const scene = await machine()
    const { servers, made } = scene
    const { images } = made.driver
    const at = (name: string) => join(made.folder, 'disks', name)
    const [below, path] = [join(made.folder, 'below.raw'), at('over.qcow2')]
    mkdirSync(join(made.folder, 'disks'), { recursive: true })
    expect(await images.create({ path: below, format: 'raw', sizeMiB: 4 })).toMatchObject({ ok: true })
    expect(await images.overlay(path, { path: below, format: 'raw' }, [])).toMatchObject({ ok: true })
    const order = { pool, name: 'over.qcow2' }
    const size = async () => (await volumes(scene)).find(({ name }) => name === order.name)?.capacity
    const refused = { ok: false, error: { reason: 'image-refers', values: { image: path, path: below, chain: path } } }
    expect(await servers.volumeResize({ ...order, sizeMiB: 8 }, caller)).toMatchObject(refused)
    expect(await servers.imageResize({ path, sizeMiB: 8 }, caller)).toMatchObject(refused)
    expect(await size()).toBe(4 << 20)
    await scene.job(servers.volumeResize({ ...order, sizeMiB: 8, allowedBacking: [below] }, caller))
    await scene.job(servers.imageResize({ path, sizeMiB: 12, allowedBacking: [below] }, caller))
    expect(await size()).toBe(12 << 20)
    // So it is where it is copied, and put on another one or on none.
    const copy = { ...order, to: 'copy.raw', format: 'raw' } as const
    expect(await servers.volumeClone(copy, caller)).toMatchObject(refused)
    await scene.job(servers.volumeClone({ ...copy, allowedBacking: [below] }, caller))
    expect((await volumes(scene)).map(({ name }) => name)).toContain('copy.raw')
    expect(await servers.volumeRebase({ ...order, backing: 'copy.raw' }, caller)).toMatchObject(refused)
    await scene.job(servers.volumeRebase({ ...order, backing: 'copy.raw', allowedBacking: [below] }, caller))
    expect((await volumes(scene)).find(({ name }) => name === order.name)?.backing).toBe('copy.raw')
    rmSync(path)
    expect(await images.overlay(path, { path: below, format: 'raw' }, [])).toMatchObject({ ok: true })
    // A machine's answer is kept in its definition, and holds here too.
    const disk = { kind: 'vbd', dev: 'xvdd', path, format: 'qcow2', readonly: false, removable: false } as const
    const device = { ...disk, allowedBacking: [below] }
    expect(await servers.deviceAttach({ uuid: scene.uuid, device }, testCaller([path]))).toEqual({ ok: true, value: null })
    await scene.job(servers.volumeResize({ ...order, sizeMiB: 16 }, caller))
    expect(await size()).toBe(16 << 20)
  })

  it('takes a folder up again that was a pool in this run', async () => {
    const scene = await machine()
    const { servers, made } = scene
    const path = join(made.folder, 'more')
    mkdirSync(path)
    const order = { name: 'more', path }
    expect(await servers.poolDefine(order, caller)).toMatchObject({ error: { reason: 'path-not-chosen' } })
    expect(await servers.poolDefine(order, testCaller([path]))).toMatchObject({ ok: true })
    expect(await servers.poolUndefine({ name: 'more' }, caller)).toMatchObject({ ok: true })
    expect(await servers.poolDefine(order, caller)).toMatchObject({ ok: true })
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
