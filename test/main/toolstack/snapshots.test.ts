// Snapshots, branches, forks and clones on the test driver: what becomes of definitions, trees and files. The image files are
// real as far as their names and backing names go; what guests write is in test/boot/snapshots.test.ts.
// Runs in: vitest, plain Node.
import { appendFileSync, existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { errorReport } from '../../../src-main/public/error-code'
import { caller, SnapshotScene as Scene } from '../../support/snapshot-scene'
import { makeToolstack, testCaller } from '../../support/toolstack'

const open: Scene[] = []
afterEach(async () => {
  for (const scene of open.splice(0)) await scene.close()
})

async function machine(run: boolean): Promise<Scene> {
  const scene = await Scene.make(run)
  open.push(scene)
  return scene
}

describe('a snapshot', () => {
  it('of a running machine has memory, picture and disks, and the machine goes on above them', async () => {
    const scene = await machine(true)
    const { made, uuid } = scene
    const own = scene.disk()
    made.testDriver.say(uuid, 'hello')
    const id = await scene.take('first')
    expect(scene.info()).toMatchObject({ state: 'running', job: null })
    const upper = scene.disk()
    expect(upper).toContain(join(made.folder, 'disks'))
    expect(await made.driver.images.inspect(upper)).toMatchObject({ value: { format: 'qcow2', backing: own } })
    expect(scene.info().running?.devices).toEqual(scene.info().config?.devices)
    const tree = await scene.tree()
    expect(tree).toMatchObject({
      current: id,
      snapshots: [{ name: 'first', description: 'about first', parent: null, state: 'running' }],
    })
    expect(tree.snapshots[0]?.memoryBytes).toBeGreaterThan(0)
    // A fresh overlay takes room for its tables: nothing that was written.
    expect(statSync(upper).blocks).toBeGreaterThan(0)
    expect(tree.presentBytes).toBe(0)
    appendFileSync(upper, 'x'.repeat(65_536))
    expect((await scene.tree()).presentBytes).toBeGreaterThanOrEqual(65_536)
    expect(tree.snapshots[0]?.config.devices[0]).toMatchObject({ path: own, format: 'raw' })
    const picture = await scene.servers.snapshotPicture({ uuid, id }, caller)
    expect(picture).toMatchObject({ ok: true, value: { png: null, text: expect.stringContaining('hello') } })
    expect(made.events.filter(({ name }) => name === 'snapshotsChanged').length).toBeGreaterThan(0)
    const second = await scene.take('second')
    expect((await scene.tree()).snapshots.find((one) => one.id === second)?.parent).toBe(id)
    expect(await scene.servers.snapshotCreate({ uuid, name: ' second ', description: '' }, caller)).toMatchObject({
      error: { reason: 'snapshot-exists' },
    })
    expect(await scene.servers.snapshotRedefine({ uuid, id, name: 'renamed', description: 'new' }, caller)).toMatchObject({
      ok: true,
    })
    expect((await scene.tree()).snapshots[0]).toMatchObject({ name: 'renamed', description: 'new' })
  })

  it('keeps what the user agreed to of a disk, which may be its data file', async () => {
    const scene = await machine(false)
    const { made, uuid } = scene
    const [own, data] = [scene.disk(), join(made.folder, 'own.data')]
    const allowed = await scene.servers.backingAllow({ uuid, key: 'vbd/51712', path: data }, caller)
    expect(allowed).toMatchObject({ ok: true })
    await scene.take('first')
    const [disk] = scene.info().config?.devices ?? []
    expect(disk).toMatchObject({ kind: 'vbd', path: scene.disk(), allowedBacking: [own, data] })
    expect(scene.disk()).not.toBe(own)
  })

  it('is gone back to, running or off, and each way starts a branch of the tree', async () => {
    const scene = await machine(true)
    const { made, uuid } = scene
    const first = await scene.take('first')
    const dropped = scene.disk()
    expect(
      (
        await made.toolstack.domains.redefine(uuid, {
          ...(scene.info().config ?? made.config('x')),
          name: 'renamed',
          memoryMiB: 128,
        })
      ).ok,
    ).toBe(true)
    await scene.job(scene.servers.snapshotRevert({ uuid, id: first }, caller))
    expect(scene.info()).toMatchObject({ state: 'running', name: 'renamed', config: { memoryMiB: 64 } })
    expect(scene.disk()).not.toBe(dropped)
    expect(existsSync(dropped)).toBe(false)
    const second = await scene.take('second')
    await made.toolstack.domains.destroy(uuid)
    await scene.job(scene.servers.snapshotRevert({ uuid, id: first }, caller))
    const third = await scene.take('third')
    const tree = await scene.tree()
    expect(tree.current).toBe(third)
    expect(tree.snapshots.filter(({ parent }) => parent === first).map(({ id }) => id)).toEqual([second, third])
    await made.toolstack.domains.suspend(uuid)
    const paused = await scene.take('paused')
    await made.toolstack.domains.destroy(uuid)
    await scene.job(scene.servers.snapshotRevert({ uuid, id: paused }, caller))
    expect(scene.info().state).toBe('paused')
  })

  it('that is deleted is merged at once, under a machine that runs too', async () => {
    const scene = await machine(false)
    const { made, uuid } = scene
    const own = scene.disk()
    const first = await scene.take('first')
    const upper = scene.disk()
    const second = await scene.take('second')
    expect(scene.files()).toHaveLength(2)
    // The user's own file is below another snapshot's: it stays as it is until that goes as well.
    await scene.remove(first)
    expect(await scene.tree()).toMatchObject({ current: second, snapshots: [{ id: second, parent: null }] })
    expect(scene.files()).toHaveLength(2)
    expect((await made.toolstack.domains.create(uuid, false)).ok).toBe(true)
    await scene.remove(second)
    await expect.poll(() => scene.files()).toEqual([])
    expect(scene.disk()).toBe(own)
    expect(scene.info()).toMatchObject({ state: 'running', job: null })
    expect(scene.info().running?.devices).toEqual(scene.info().config?.devices)
    expect(existsSync(upper)).toBe(false)
    expect(existsSync(own)).toBe(true)
    expect(made.notices).toEqual([])
    // All is as if there had never been one.
    await scene.take('again')
    await made.toolstack.domains.destroy(uuid)
    expect(scene.files()).toHaveLength(1)
  })

  it('can be gone back to, and others deleted, while what one left is merged under the running machine', async () => {
    const scene = await machine(true)
    const { made, uuid, servers } = scene
    const first = await scene.take('first')
    const second = await scene.take('second')
    const third = await scene.take('third')
    const { mergeDisk } = made.testDriver
    made.testDriver.mergeDisk = async (_uuid, _order, progress) => {
      await new Promise((resolve) => progress.signal.addEventListener('abort', resolve))
      return { ok: false, error: errorReport('cancelled') }
    }
    expect(await servers.snapshotDelete({ uuid, id: third, below: false }, caller)).toMatchObject({ ok: true })
    await expect.poll(() => scene.info().job).not.toBeNull()
    expect(await servers.snapshotDelete({ uuid, id: second, below: false }, caller)).toMatchObject({ ok: true })
    await scene.job(servers.snapshotRevert({ uuid, id: first }, caller))
    expect(scene.info()).toMatchObject({ state: 'running', job: null })
    made.testDriver.mergeDisk = mergeDisk
    // All that was left goes: the snapshot's own file and one overlay are what is needed.
    await made.toolstack.merging.settled()
    expect(scene.files()).toHaveLength(1)
    expect(scene.disk()).toBe(join(made.folder, 'disks', scene.files()[0] ?? ''))
    expect(made.notices).toEqual([])
  })

  it('in the middle of others is merged under the running machine, whose disks stay where they are', async () => {
    const scene = await machine(true)
    const { made, uuid } = scene
    const own = scene.disk()
    const first = await scene.take('first')
    const lower = scene.disk()
    const second = await scene.take('second')
    const upper = scene.disk()
    const third = await scene.take('third')
    const present = scene.disk()
    expect((await scene.tree()).snapshots.map(({ whenDeleted }) => whenDeleted)).toEqual(['kept', 'merged', 'merged'])
    const reopened: string[] = []
    made.testDriver.reopenDisks = async (each) => {
      reopened.push(each)
      return { ok: true, value: null }
    }
    await scene.remove(second)
    expect(existsSync(lower)).toBe(false)
    expect(await made.driver.images.inspect(upper)).toMatchObject({ value: { backing: own } })
    expect(scene.disk()).toBe(present)
    expect(scene.info()).toMatchObject({ state: 'running', job: null })
    expect(reopened).toEqual([uuid])
    expect(made.toolstack.jobs.list().at(-1)).toMatchObject({ kind: 'snapshotMerge', state: 'done', uuid })
    // Both that are left can be gone back to.
    for (const id of [first, third]) await scene.job(scene.servers.snapshotRevert({ uuid, id }, caller))
    expect(made.notices).toEqual([])
  })

  it('in the middle of others, whose merge is called off or cut off, leaves no file behind', async () => {
    const scene = await machine(true)
    const { made } = scene
    await scene.take('first')
    const lower = scene.disk()
    const second = await scene.take('second')
    const upper = scene.disk()
    await scene.take('third')
    const files = scene.files()
    const failure = errorReport('image-failed', { path: upper, detail: 'no room' })
    made.testDriver.images.rebase = async () => ({ ok: false, error: failure })
    await scene.remove(second)
    expect(made.toolstack.jobs.list().at(-1)).toMatchObject({ kind: 'snapshotMerge', state: 'failed', error: failure })
    expect(scene.files()).toEqual(files)
    expect(await made.driver.images.inspect(upper)).toMatchObject({ value: { backing: lower } })
    writeFileSync(`${upper}.merging`, 'cut off')
    await made.close(true)
    const again = await makeToolstack({ folder: made.folder })
    await again.toolstack.merging.settled()
    expect(scene.files()).toEqual(files.filter((file) => file !== basename(lower)))
    await again.close(true)
  })

  it('whose merge under a running machine fails at the last moment leaves it on its own file, and is merged when it is off', async () => {
    const scene = await machine(true)
    const { made, uuid } = scene
    const own = scene.disk()
    const first = await scene.take('first')
    const upper = scene.disk()
    made.testDriver.failNext('mergeDisk', errorReport('engine-said', { detail: 'no' }))
    await scene.remove(first)
    const definition = () => made.toolstack.domains.info(uuid)
    expect(scene.disk()).toBe(upper)
    expect(await definition()).toMatchObject({ value: { running: { devices: [{ path: upper }, {}, {}] }, job: null } })
    expect(scene.files()).toHaveLength(1)
    // Not again until something has changed.
    const jobs = () => made.toolstack.jobs.list().filter(({ kind }) => kind === 'snapshotMerge')
    expect((await made.toolstack.domains.rename(uuid, 'renamed')).ok).toBe(true)
    await made.toolstack.merging.settled()
    expect(jobs().map(({ state }) => state)).toEqual(['failed'])
    await made.toolstack.domains.destroy(uuid)
    await expect.poll(() => scene.files()).toEqual([])
    expect(scene.disk()).toBe(own)
    await expect.poll(() => jobs().map(({ state }) => state)).toEqual(['failed', 'done'])
  })

  it('is merged beside what a running machine is asked meanwhile; called off, it waits', async () => {
    const scene = await machine(true)
    const { made, uuid } = scene
    const first = await scene.take('first')
    const upper = scene.disk()
    const { mergeDisk } = made.testDriver
    let meanwhile: unknown[] = []
    made.testDriver.mergeDisk = async (domain, order, progress) => {
      const { domains, jobs } = made.toolstack
      const { job } = scene.info()
      meanwhile = [await domains.suspend(uuid), await domains.resume(uuid), await domains.rename(uuid, 'other')]
      if (job !== null) jobs.cancel(job)
      return mergeDisk.call(made.testDriver, domain, order, progress)
    }
    await scene.remove(first)
    expect(meanwhile).toMatchObject([{ ok: true }, { ok: true }, { ok: false, error: { reason: 'job-running' } }])
    expect(made.toolstack.jobs.list().at(-1)).toMatchObject({ kind: 'snapshotMerge', state: 'cancelled' })
    expect(scene.disk()).toBe(upper)
    expect(scene.info().state).toBe('running')
  })

  it('that fails leaves the machine as it was', async () => {
    const scene = await machine(true)
    const { made, uuid } = scene
    const before = scene.info()
    const history = await scene.servers.revisionList({ uuid }, caller)
    made.testDriver.failNext('snapshot', errorReport('snapshot-failed', { detail: 'the disk is full' }))
    await expect(scene.take('first')).rejects.toThrow('snapshot-failed')
    expect(scene.info()).toEqual(before)
    expect(await scene.servers.revisionList({ uuid }, caller)).toEqual(history)
    expect(scene.files()).toEqual([])
    expect((await scene.tree()).snapshots).toEqual([])
    expect(await scene.servers.snapshotRevert({ uuid, id: uuid }, caller)).toMatchObject({ error: { reason: 'no-snapshot' } })
  })

  it('keeps its files from being written to by anybody else', async () => {
    const scene = await machine(false)
    const { made } = scene
    const own = scene.disk()
    await scene.take('first')
    const chose = testCaller([own])
    expect(await scene.servers.imageResize({ path: own, sizeMiB: 64 }, chose)).toMatchObject({
      error: { reason: 'disk-frozen' },
    })
    expect(await scene.servers.imageCheck({ path: own, repair: true }, chose)).toMatchObject({
      error: { reason: 'disk-frozen' },
    })
    const other = await made.toolstack.domains.define({
      ...made.config('other'),
      devices: [{ kind: 'vbd', dev: 'xvda', path: own, format: 'raw', readonly: false, removable: false }],
    })
    expect(await made.toolstack.domains.create(other.ok ? other.value : '', false)).toMatchObject({
      error: { reason: 'disk-frozen' },
    })
  })
})

describe('a machine made from another', () => {
  it('by a branch runs from the snapshot’s memory, with MAC and disks of its own', async () => {
    const scene = await machine(true)
    const { uuid } = scene
    const own = scene.disk()
    const id = await scene.take('first')
    const made = await scene.job(scene.servers.snapshotBranch({ uuid, id, name: 'branch' }, caller))
    expect(made).not.toBe(uuid)
    const nic = scene.info(made).config?.devices.find(({ kind }) => kind === 'vif')
    expect(scene.info(made)).toMatchObject({ state: 'running', name: 'branch' })
    expect(nic).toMatchObject({ forwards: [], mac: expect.not.stringContaining('00:00:01') })
    expect(await scene.made.driver.images.inspect(scene.disk(made))).toMatchObject({ value: { backing: own } })
    expect(await scene.servers.snapshotBranch({ uuid, id, name: 'branch' }, caller)).toMatchObject({
      error: { reason: 'name-exists' },
    })
    // Two stand on the file: it is merged when only one does.
    expect((await scene.tree()).snapshots).toMatchObject([{ whenDeleted: 'shared' }])
    await scene.remove(id)
    expect(existsSync(own)).toBe(true)
    expect(scene.files()).toHaveLength(2)
  })

  it('by a fork goes on beside the original, and no snapshot is left', async () => {
    const scene = await machine(true)
    const { uuid } = scene
    const own = scene.disk()
    const made = await scene.job(scene.servers.domainFork({ uuid, name: 'fork' }, caller))
    for (const each of [uuid, made]) {
      expect(scene.info(each)).toMatchObject({ state: 'running', job: null })
      expect(await scene.made.driver.images.inspect(scene.disk(each))).toMatchObject({ value: { backing: own } })
    }
    expect(scene.disk()).not.toBe(scene.disk(made))
    const told = scene.made.toolstack.jobs.list().find((job) => job.uuid === made)
    expect(told).toMatchObject({ kind: 'fork', subject: 'fork', origin: scene.info(uuid).name })
    expect((await scene.tree()).snapshots).toEqual([])
    expect(readdirSync(join(scene.made.folder, 'snapshots', uuid))).toEqual([])
  })

  it.each([
    ['copy', 'raw', undefined],
    ['link', 'qcow2', 'own.raw'],
  ] as const)('by a clone has its disk as a %s', async (fate, format, backing) => {
    const scene = await machine(false)
    const { uuid, made } = scene
    const own = scene.disk()
    const clone = await scene.job(
      scene.servers.domainClone(
        {
          uuid,
          snapshot: null,
          name: 'clone',
          disks: [
            { dev: 'xvda', fate },
            { dev: 'xvdb', fate: 'leave' },
          ],
        },
        caller,
      ),
    )
    expect(scene.info(clone)).toMatchObject({ state: 'shutoff', name: 'clone' })
    expect(scene.info(clone).config?.devices.map(({ kind }) => kind)).toEqual(['vbd', 'vif'])
    const info = await made.driver.images.inspect(scene.disk(clone))
    expect(info).toMatchObject({ value: { format, virtualSize: 4 << 20 } })
    expect(info.ok && info.value.backing?.split('/').at(-1)).toBe(backing)
    expect(scene.disk() === own).toBe(fate === 'copy')
    for (const each of [uuid, clone]) expect((await made.toolstack.domains.create(each, false)).ok).toBe(true)
    const elsewhere = join(made.folder, 'elsewhere.img')
    const picked = { ...caller, choseFile: (path: string, kind: string) => path === elsewhere && kind === 'saveDisk' }
    const placed = (name: string) =>
      scene.servers.domainClone({ uuid, snapshot: id, name, disks: [{ dev: 'xvda', fate: 'copy', to: elsewhere }] }, picked)
    const id = await scene.take('point')
    const second = await scene.job(scene.servers.domainClone({ uuid, snapshot: id, name: 'clone 2', disks: [] }, caller))
    expect(scene.info(second).state).toBe('shutoff')
    // A copy goes where it is told to, and never over what is there.
    expect(scene.disk(await scene.job(placed('clone 3')))).toBe(elsewhere)
    const content = readFileSync(elsewhere)
    await expect(scene.job(placed('clone 4'))).rejects.toThrow()
    expect(readFileSync(elsewhere).equals(content)).toBe(true)
    // Nor two of them to one file, and none is begun where one cannot go.
    let begun = 0
    const { images } = made.testDriver
    const copy = images.copy.bind(images)
    images.copy = (...order) => {
      begun++
      return copy(...order)
    }
    const both = join(made.folder, 'both.img')
    const chosen = testCaller([elsewhere, both])
    for (const last of [both, elsewhere]) {
      const disks = [both, last].map((to, at) => ({ dev: at === 0 ? 'xvda' : 'xvdb', fate: 'copy' as const, to }))
      const twice = scene.job(scene.servers.domainClone({ uuid, snapshot: id, name: 'clone 4', disks }, chosen))
      await expect(twice).rejects.toThrow('file-exists')
    }
    expect(begun).toBe(0)
    const order = { uuid, snapshot: id, name: 'clone 5', disks: [{ dev: 'xvda', fate: 'copy' as const, to: '/etc/x.img' }] }
    expect(await scene.servers.domainClone(order, caller)).toMatchObject({ error: { reason: 'path-not-chosen' } })
  })

  it('that are deleted together with what they came from leave no file behind', async () => {
    const scene = await machine(false)
    const { uuid, servers, made } = scene
    const clone = (name: string) => {
      const disks = [{ dev: 'xvda', fate: 'link' as const }]
      return scene.job(servers.domainClone({ uuid, snapshot: null, name, disks }, caller))
    }
    // The second link stands on a file made here, which the first one keeps from being merged into the user's own.
    const [first, second] = [await clone('first'), await clone('second')]
    for (const each of [uuid, second]) {
      expect((await servers.domainUndefine({ uuid: each, disks: [scene.disk(each)] }, caller)).ok).toBe(true)
    }
    const trash = await made.toolstack.texts.trash()
    expect(trash.length).toBe(2)
    expect((await servers.trashEmpty({ ids: trash.map(({ id }) => id) }, caller)).ok).toBe(true)
    await made.toolstack.merging.settled()
    expect(basename(scene.disk(first))).toBe('own.raw')
    expect(scene.files()).toEqual([])
    expect(made.toolstack.jobs.list().filter(({ state }) => state === 'failed')).toEqual([])
  })

  it('and deleted with its disk leaves no file, also where it had snapshots', async () => {
    const scene = await machine(false)
    const { uuid, servers, made } = scene
    const disks = [{ dev: 'xvda', fate: 'copy' as const }]
    const clone = await scene.job(servers.domainClone({ uuid, snapshot: null, name: 'clone', disks }, caller))
    const copy = scene.disk(clone)
    expect(await servers.diskFiles({ uuid: clone }, caller)).toMatchObject({ value: [{ path: copy, base: null }] })
    for (const name of ['first', 'second']) {
      await scene.job(servers.snapshotCreate({ uuid: clone, name, description: '' }, caller))
    }
    const present = scene.disk(clone)
    expect(await servers.diskFiles({ uuid: clone }, caller)).toMatchObject({ value: [{ path: present, base: copy }] })
    // What another machine stands on stays.
    const linked = { uuid: clone, snapshot: null, name: 'linked', disks: [{ dev: 'xvda', fate: 'link' as const }] }
    const other = await scene.job(servers.domainClone(linked, caller))
    expect(await servers.diskFiles({ uuid: other }, caller)).toMatchObject({ value: [{ base: null }] })
    const gone = async (each: string): Promise<void> => {
      expect((await servers.domainUndefine({ uuid: each, disks: [scene.disk(each)] }, caller)).ok).toBe(true)
      const trash = await made.toolstack.texts.trash()
      expect((await servers.trashEmpty({ ids: trash.map(({ id }) => id) }, caller)).ok).toBe(true)
      await made.toolstack.merging.settled()
    }
    await gone(clone)
    const left = await made.driver.images.inspect(scene.disk(other))
    expect(left).toMatchObject({ ok: true })
    if (left.ok && left.value.backing !== undefined) expect(existsSync(left.value.backing)).toBe(true)
    await gone(other)
    expect(scene.files()).toEqual([])
  })

  it('have no name that another gets meanwhile: refused at once, and free again when that one is not made', async () => {
    const scene = await machine(false)
    const { uuid, servers, made } = scene
    const id = await scene.take('point')
    const order = { uuid, snapshot: id, name: 'web', disks: [] }
    const first = await servers.domainClone(order, caller)
    expect(await servers.domainClone({ ...order, name: ' web ' }, caller)).toMatchObject({ error: { reason: 'name-exists' } })
    expect(await servers.snapshotBranch({ uuid, id, name: 'web' }, caller)).toMatchObject({ error: { reason: 'name-exists' } })
    if (!first.ok) throw new Error(first.error.reason)
    made.toolstack.jobs.cancel(first.value.job)
    expect(await made.toolstack.jobs.wait(first.value.job)).toMatchObject({ error: { reason: 'cancelled' } })
    expect(scene.info(await scene.job(servers.domainClone(order, caller))).name).toBe('web')
  })

  it('that link to a disk and fail leave that machine as it was, and nothing in its history', async () => {
    const scene = await machine(false)
    const { uuid, servers, made } = scene
    const [before, history] = [scene.info(), await servers.revisionList({ uuid }, caller)]
    const { overlay } = made.testDriver.images
    let calls = 0
    made.testDriver.images.overlay = async (...given) => {
      calls += 1
      if (calls < 2) return overlay.apply(made.testDriver.images, given)
      return { ok: false, error: errorReport('disk-full', { path: given[0] }) }
    }
    const order = { uuid, snapshot: null, name: 'web', disks: [{ dev: 'xvda', fate: 'link' as const }] }
    await expect(scene.job(servers.domainClone(order, caller))).rejects.toThrow('disk-full')
    expect(calls).toBe(2)
    await made.toolstack.merging.settled()
    expect(scene.info()).toEqual(before)
    expect(await servers.revisionList({ uuid }, caller)).toEqual(history)
    expect(scene.files()).toEqual([])
    made.testDriver.images.overlay = overlay
    expect(scene.info(await scene.job(servers.domainClone(order, caller))).name).toBe('web')
  })

  it('by clones and templates made at the same time have files of their own', async () => {
    const scene = await machine(false)
    const { uuid, servers } = scene
    const id = await scene.take('point')
    // Other names, of which the files would be called the same.
    const names = ['web 1', 'web-1', 'web:1']
    const clones = names.map((name) => scene.job(servers.domainClone({ uuid, snapshot: id, name, disks: [] }, caller)))
    const made = await Promise.all(clones)
    const paths = made.map((each) => scene.disk(each))
    expect(new Set(paths).size).toBe(3)
    for (const path of paths) expect(existsSync(path)).toBe(true)
  })
})
