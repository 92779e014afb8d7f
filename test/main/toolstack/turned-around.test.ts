// Files that have become folders, and folders that have become files, behind the app's back: one sentence each, nothing is removed, and
// the rest is there and works. Runs in: vitest, plain Node.
import {
  cpSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { type ErrorReason, explainError } from '../../../src-main/public/error-code'
import { caller, SnapshotScene } from '../../support/snapshot-scene'
import { makeToolstack, testCaller } from '../../support/toolstack'

type Made = Awaited<ReturnType<typeof makeToolstack>>

const kept = mkdtempSync(join(tmpdir(), 'ringmaster-turned-'))
let folder = ''
let [guest, other] = ['', '']
let made: Made

/** A folder with everything in it: a machine with disk, snapshot, managed save, folder and tags; another; a pool with a volume. */
beforeAll(async () => {
  const scene = await SnapshotScene.make(true)
  const { servers, uuid, made: first } = scene
  folder = first.folder
  guest = uuid
  await scene.take('first')
  const pool = join(folder, 'pool')
  mkdirSync(pool)
  expect(await servers.poolDefine({ name: 'pool', path: pool }, testCaller([pool]))).toMatchObject({ ok: true })
  for (const name of ['a.raw', 'b.raw']) {
    const volume = { pool: 'pool', name, format: 'raw' as const, sizeMiB: 1, backing: null }
    await scene.job(servers.volumeCreate(volume, caller))
  }
  await servers.metadataSet({ changes: [{ uuid, metadata: { folder: 'x', tags: [] } }] }, caller)
  const defined = await first.toolstack.domains.define(first.config('other'))
  other = defined.ok ? defined.value : ''
  await first.toolstack.domains.create(other, false)
  await scene.job(servers.domainManagedSave({ uuid }, caller))
  // As it is while the app is killed: the other one's marker is there.
  cpSync(folder, join(kept, 'all'), { recursive: true })
  await first.close(true)
})
beforeEach(() => {
  rmSync(folder, { recursive: true, force: true })
  cpSync(join(kept, 'all'), folder, { recursive: true })
})
afterEach(() => made.close(true))
afterAll(() => {
  for (const each of [kept, folder]) rmSync(each, { recursive: true, force: true })
})

const at = (path: string): string => join(folder, path.replace('GUEST', guest).replace('OTHER', other))

/** What is there becomes the other thing, with something in it that is not to be lost. */
function turn(path: string): void {
  const isFolder = existsSync(at(path)) && lstatSync(at(path)).isDirectory()
  rmSync(at(path), { recursive: true, force: true })
  if (!isFolder) mkdirSync(at(path))
  writeFileSync(isFolder ? at(path) : join(at(path), 'mine'), 'mine')
}

/** Whether what was put there is there still, under whatever name. */
const isKept = (): boolean =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).some((name) => {
    const path = join(folder, name)
    return !lstatSync(path).isDirectory() && readFileSync(path, 'latin1') === 'mine'
  })

describe('at the start', () => {
  it.each([
    // what, the one sentence, who is there then: a machine with a managed save is found again by that
    ['definitions', 'folder-is-file', ['guest']],
    ['definitions/aside', 'folder-is-file', ['guest', 'other']],
    ['definitions/GUEST.xml', 'definition-corrupt', ['guest', 'other']],
    ['definitions/OTHER.xml', 'definition-corrupt', ['guest']],
    ['definitions/GUEST.save.json', 'definition-corrupt', ['guest', 'other']],
    ['saved', 'folder-is-file', ['guest', 'other']],
    ['saved/GUEST.save', 'definition-corrupt', ['guest', 'other']],
    ['running', 'folder-is-file', ['guest', 'other']],
    ['running/OTHER', 'definition-corrupt', ['guest', 'other']],
    ['revisions', 'folder-is-file', ['guest', 'other']],
    ['revisions/OTHER', 'folder-is-file', ['guest', 'other']],
    ['trash', 'folder-is-file', ['guest', 'other']],
    ['metadata', 'folder-is-file', ['guest', 'other']],
    ['metadata/GUEST.json', 'metadata-corrupt', ['guest', 'other']],
    ['snapshots', 'folder-is-file', ['guest', 'other']],
    ['snapshots/GUEST', 'folder-is-file', ['guest', 'other']],
    ['snapshots/GUEST/tree.json', 'snapshots-corrupt', ['guest', 'other']],
    ['snapshots/layers.json', 'snapshots-corrupt', ['guest', 'other']],
    ['storage-pools.json', 'pools-corrupt', ['guest', 'other']],
    ['networks.json', 'networks-corrupt', ['guest', 'other']],
    ['templates.json', 'templates-corrupt', ['guest', 'other']],
    ['saved-files.json', 'saved-files-damaged', ['guest', 'other']],
  ] as const)('%s', async (path, reason: ErrorReason, there) => {
    turn(path)
    made = await makeToolstack({ folder })
    const { domains } = made.toolstack
    const told = made.notices.map(({ error }) => error)
    // Whose managed save is gone with its folder is another matter.
    expect(told.map((error) => error.reason)).toEqual(path === 'saved' ? [reason, 'file-unreadable'] : [reason])
    expect(explainError(told[0] ?? { reason, code: 'OPERATION_FAILED', values: {} }).cause).not.toMatch(
      /exists|directory|EISDIR/,
    )
    expect(isKept()).toBe(true)
    const names = domains.list().map(({ name }) => name)
    expect(names.sort()).toEqual(there)
    // Where snapshots are lost their files are merged, which takes the machine for a moment.
    await made.toolstack.merging.settled()
    // All that is there can be worked with.
    for (const { uuid, name } of domains.list()) {
      expect(await domains.create(uuid, true), name).toMatchObject(
        path.endsWith('.xml') || path === 'definitions' ? {} : { ok: true },
      )
      if (made.state(uuid) === 'running') expect(await domains.destroy(uuid)).toMatchObject({ ok: true })
      await made.toolstack.merging.settled()
      expect(await domains.rename(uuid, `${name} 2`)).toMatchObject({ ok: true })
    }
    expect((await made.toolstack.domains.define(made.config('new'))).ok).toBe(true)
    await made.close(true)
    // The next start has nothing more to tell.
    made = await makeToolstack({ folder })
    expect(made.notices.filter(({ error }) => error.reason === reason)).toEqual([])
  })
})

describe('a pool', () => {
  it.each(['pool', 'disks'])('whose folder %s is a file says so, and the others are there', async (name) => {
    turn(name)
    made = await makeToolstack({ folder })
    const { servers } = made
    const pools = await servers.poolList({}, caller)
    const problems = pools.ok ? pools.value.map(({ path, problem }) => [path, problem && explainError(problem).cause]) : []
    expect(problems.find(([path]) => path === at(name))).toEqual([
      at(name),
      `The file ${at(name)} cannot be read: it is no folder.`,
    ])
    expect(problems.filter(([, problem]) => problem !== null)).toHaveLength(1)
    const pool = name === 'pool' ? 'pool' : 'default'
    const order = { pool, name: 'new.raw', format: 'raw' as const, sizeMiB: 1, backing: null }
    const job = await servers.volumeCreate(order, caller)
    const end = job.ok ? await made.toolstack.jobs.wait(job.value.job) : job
    expect(end).toMatchObject({ ok: false, error: { reason: 'file-unwritable', values: { detail: 'it is no folder' } } })
    expect(await servers.volumeList({ pool }, caller)).toMatchObject({ ok: false, error: { reason: 'file-unreadable' } })
    expect(await servers.volumeTrash({}, caller)).toMatchObject({ ok: true })
    expect(isKept()).toBe(true)
    if (name === 'pool') return
    const image = { path: join(folder, 'disks', 'x.raw'), format: 'raw' as const, sizeMiB: 1 }
    const made2 = await servers.domainDefine({ config: made.config('new'), images: [image], start: false }, caller)
    expect(made2).toMatchObject({ ok: false, error: { reason: 'file-unwritable', values: { detail: 'it is no folder' } } })
  })

  it('with a volume that is a folder has the others, and says of a machine with it what is wrong', async () => {
    turn('pool/a.raw')
    made = await makeToolstack({ folder })
    const { servers } = made
    const { domains } = made.toolstack
    const volumes = await servers.volumeList({ pool: 'pool' }, caller)
    expect(volumes.ok && volumes.value.map(({ name }) => name)).toEqual(['b.raw'])
    const disk = { kind: 'vbd', dev: 'xvda', path: at('pool/a.raw'), format: 'raw', readonly: false, removable: false } as const
    const defined = await domains.define({ ...made.config('third'), devices: [disk] })
    const started = await domains.create(defined.ok ? defined.value : '', false)
    expect(started.ok ? '' : explainError(started.error).cause).toBe(
      `The file ${at('pool/a.raw')} cannot be read: it is a folder.`,
    )
    for (const job of [
      await servers.volumeResize({ pool: 'pool', name: 'a.raw', sizeMiB: 9 }, caller),
      await servers.volumeClone({ pool: 'pool', name: 'a.raw', to: 'c.raw', format: 'raw' }, caller),
    ]) {
      // The machine's disk is its own to make larger.
      const end = job.ok ? await made.toolstack.jobs.wait(job.value.job) : job
      expect(end.ok ? '' : explainError(end.error).cause).toMatch(/a\.raw cannot be read: it is a folder\.$/)
    }
    expect(await servers.volumeDelete({ pool: 'pool', name: 'b.raw' }, caller)).toMatchObject({ ok: true })
    expect(isKept()).toBe(true)
  })
})
