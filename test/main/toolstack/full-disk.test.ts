// The host's disk is full: every call that stores something says so in one sentence of its own, what was stored stays to the byte, nothing
// half done is left, and the same call works when there is room again. ENOSPC comes from the file layer itself, after half of the bytes.
// Runs in: vitest, plain Node.
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { KeptFile } from '../../../src-main/definition/kept-file'
import { deviceKey } from '../../../src-main/public/device'
import { defaultPreferences, preferencesShape } from '../../../src-main/public/preferences'
import { SnapshotScene } from '../../support/snapshot-scene'
import { testCaller } from '../../support/toolstack'

const disk = vi.hoisted(() => ({ full: false }))
vi.mock('node:fs/promises', async (original) => {
  const fs = await original<typeof import('node:fs/promises')>()
  const full = (): never => {
    throw Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' })
  }
  const half = (content: unknown) => (typeof content === 'string' ? content.slice(0, content.length / 2) : new Uint8Array(1))
  const open: typeof fs.open = async (path, flags, mode) => {
    const file = await fs.open(path, flags, mode)
    const { writeFile } = file
    file.writeFile = async (content, options) => {
      if (!disk.full) return writeFile.call(file, content, options)
      await writeFile.call(file, half(content), options)
      full()
    }
    return file
  }
  const writeFile: typeof fs.writeFile = async (path, content, options) => {
    // A file of no bytes is refused before it is there.
    if (!disk.full) return fs.writeFile(path, content, options)
    if (content !== '') await fs.writeFile(path, half(content), options)
    full()
  }
  const mocked = { ...fs, open, writeFile }
  return { ...mocked, default: mocked }
})

const NO_ROOM = { ok: false, error: { reason: 'disk-full' } }
const caller = testCaller()

let scene: SnapshotScene
beforeEach(async () => {
  disk.full = false
  scene = await SnapshotScene.make(false)
})
afterEach(async () => {
  disk.full = false
  await scene.close()
})

/** Every file of the app's folder but figures. */
function files(): Record<string, string> {
  const { folder } = scene.made
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('samples'))
  const plain = names.filter((name) => statSync(join(folder, name)).isFile())
  return Object.fromEntries(plain.sort().map((name) => [name, readFileSync(join(folder, name), 'latin1')]))
}

/** Folders that hold nothing and were not there before. */
const folders = (): string[] => {
  const { folder } = scene.made
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isDirectory())
    .sort()
}

/** The call fails for want of room, without a trace; afterwards it works. */
async function refused(call: () => unknown): Promise<void> {
  await scene.made.store.definitions.settled()
  const told = JSON.stringify(scene.made.toolstack.domains.list())
  const [before, dirs] = [files(), folders()]
  disk.full = true
  const answer = await call()
  expect(answer).toMatchObject(NO_ROOM)
  // And where: the app's folder is nothing that people know by heart.
  expect(answer).toHaveProperty('error.values.path', expect.stringMatching(/^\//))
  disk.full = false
  expect(files()).toEqual(before)
  expect(folders()).toEqual(dirs)
  expect(JSON.stringify(scene.made.toolstack.domains.list())).toBe(told)
  expect(await call()).toMatchObject({ ok: true })
  expect(files()).not.toEqual(before)
}

describe('a full disk', () => {
  it('refuses changes of a definition: fields, name, text, history, a new one, devices', async () => {
    const { servers, uuid, made } = scene
    const config = () => scene.info().config ?? made.config('none')
    await refused(() => servers.domainRedefine({ uuid, config: { ...config(), memoryMiB: 96 } }, caller))
    await refused(() => servers.domainRename({ uuid, name: 'renamed' }, caller))
    const text = await servers.configText({ uuid, format: 'xml' }, caller)
    if (!text.ok) throw new Error('no text')
    const other = text.value.text.replace('renamed', 'by text')
    await refused(() => servers.configDefine({ uuid, text: other, start: false }, testCaller([])))
    await refused(() => servers.revisionRevert({ uuid, revision: 1 }, caller))
    await refused(() => servers.domainDefine({ config: made.config('second'), images: [], start: false }, caller))
    const [disk] = config().devices
    await refused(() => servers.deviceDetach({ uuid, key: disk ? deviceKey(disk) : '', force: false }, caller))
    const history = await servers.revisionList({ uuid }, caller)
    expect(history.ok && history.value.map(({ cause }) => cause)).toEqual([
      'defined',
      'changed',
      'renamed',
      'text',
      'reverted',
      'device',
    ])
  })

  it('names the image that was to be made, where the definition after it finds no room', async () => {
    const { servers, made } = scene
    const path = join(made.folder, 'disks', 'second.raw')
    const image = { path, format: 'raw', sizeMiB: 8 } as const
    const order = { config: made.config('second'), images: [image], start: false }
    disk.full = true
    expect(await servers.domainDefine(order, testCaller([path]))).toMatchObject({
      ok: false,
      error: { reason: 'disk-full', values: { path } },
    })
    disk.full = false
    expect(existsSync(path)).toBe(false)
    expect(await servers.domainDefine(order, testCaller([path]))).toMatchObject({ ok: true })
  })

  it('refuses the trash both ways, and keeps a managed save with its definition', async () => {
    const { servers, uuid, made } = scene
    expect((await servers.domainCreate({ uuid, fresh: true }, caller)).ok).toBe(true)
    await scene.job(servers.domainManagedSave({ uuid }, caller))
    await refused(() => servers.domainUndefine({ uuid }, caller))
    const trash = await servers.trashList({}, caller)
    const id = trash.ok ? (trash.value[0]?.id ?? '') : ''
    await refused(() => servers.trashRestore({ id }, caller))
    expect(made.state(uuid)).toBe('saved')
  })

  it('refuses folders and tags, networks, storage pools', async () => {
    const { servers, uuid, made } = scene
    const metadata = { folder: 'lab', tags: ['new'] }
    await refused(() => servers.metadataSet({ changes: [{ uuid, metadata }] }, caller))
    const lab = { name: 'lab', kind: 'nat', address: '10.9.0.1', prefix: 24, hosts: [], hostLoopback: true } as const
    await refused(() => servers.networkDefine({ network: lab, replaces: null }, caller))
    const chose = testCaller([made.folder])
    await refused(() => servers.poolDefine({ name: 'more', path: made.folder }, chose))
    expect(await servers.poolList({}, caller)).toMatchObject({ value: [{}, { name: 'more' }] })
  })

  it('refuses a template, and taking one away', async () => {
    const { made, uuid } = scene
    const { templates, jobs } = made.toolstack
    const save = async () => {
      const job = templates.save(uuid, '🦊 kept', false)
      return job.ok ? jobs.wait(job.value) : job
    }
    await refused(save)
    const [kept] = templates.list()
    await refused(() => templates.remove(kept?.id ?? ''))
    expect(templates.list()).toEqual([])
  })

  it.each(['copy', 'link'] as const)('refuses a clone whose disk is to be a %s', async (fate) => {
    const { servers, uuid, made } = scene
    const { jobs, merging } = made.toolstack
    await refused(async () => {
      const started = await servers.domainClone({ uuid, snapshot: null, name: 'twin', disks: [{ dev: 'xvda', fate }] }, caller)
      if (!started.ok) return started
      const ended = await jobs.wait(started.value.job)
      await merging.settled()
      return ended
    })
  })

  it('refuses exports, and leaves the file that was there', async () => {
    const { servers, uuid, made } = scene
    const path = join(made.folder, 'exported.xml')
    writeFileSync(path, 'what was there')
    const chose = testCaller([path])
    await refused(() => servers.configWrite({ uuid, format: 'xml', path }, chose))
    expect(readFileSync(path, 'utf8')).toContain('<domain')
  })

  it('refuses to start, and snapshots, with their names', async () => {
    const { servers, uuid } = scene
    const told = JSON.stringify(scene.info())
    disk.full = true
    expect(await servers.domainCreate({ uuid, fresh: true }, caller)).toMatchObject(NO_ROOM)
    disk.full = false
    expect(JSON.parse(JSON.stringify(scene.info()))).toMatchObject({ ...JSON.parse(told), operations: expect.anything() })
    expect(await servers.domainCreate({ uuid, fresh: true }, caller)).toMatchObject({ ok: true })
    const disks = scene.disk()
    const before = files()
    disk.full = true
    await expect(scene.take('none')).rejects.toThrow('disk-full')
    disk.full = false
    expect(scene.disk()).toBe(disks)
    expect(Object.keys(files())).toEqual(Object.keys(before))
    const id = await scene.take('first')
    disk.full = true
    expect(await servers.snapshotRedefine({ uuid, id, name: 'other', description: '' }, caller)).toMatchObject(NO_ROOM)
    disk.full = false
    expect((await scene.tree()).snapshots.map(({ name }) => name)).toEqual(['first'])
  })

  it('leaves preferences as they were, in the file and in what is told', async () => {
    const path = join(scene.made.folder, 'preferences.json')
    const kept = new KeptFile(path, preferencesShape, defaultPreferences)
    await kept.set({ ...defaultPreferences, theme: 'dark' })
    const before = readFileSync(path, 'utf8')
    disk.full = true
    await expect(kept.set({ ...defaultPreferences, theme: 'light' })).rejects.toThrow('ENOSPC')
    expect(kept.value.theme).toBe('dark')
    disk.full = false
    expect(readFileSync(path, 'utf8')).toBe(before)
    await kept.set({ ...defaultPreferences, theme: 'light' })
    expect(kept.value.theme).toBe('light')
  })
})
