// The app ends, as by SIGKILL, at each step of work that makes files before what names them is written: before and after each image and
// each file of the app's. At the next start the work is finished, or undone and told of; no file of ours is left that nobody
// names, and what was there before is there still. Runs in: vitest, plain Node.
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { NewImage } from '../../../src-main/public/device'
import { filesOf } from '../../../src-main/toolstack/snapshot-trees'
import { Cutter } from '../../support/cutter'
import { caller, SnapshotScene } from '../../support/snapshot-scene'
import { listenToSteps } from '../../support/steps'
import { makeToolstack, testCaller } from '../../support/toolstack'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

interface Work {
  readonly what: string
  act(scene: SnapshotScene): Promise<unknown>
  /** An image that nobody has to name is in this folder when it is whole. */
  readonly alone?: 'disks' | 'elsewhere'
  /** How large it is then; 8 MiB unless told. */
  readonly sizeMiB?: number
}

const ours = ({ made }: SnapshotScene, name: string): string => join(made.folder, 'disks', name)
/** Bytes of a disk that the image begins with, enlarged: a copy and a change of its size. */
const enlarged = (scene: SnapshotScene, path: string): NewImage => ({
  path,
  format: 'qcow2',
  sizeMiB: 8,
  copyOf: { path: join(scene.made.folder, 'own.raw'), format: 'raw' },
})
const disk = (dev: string, path: string) =>
  ({ kind: 'vbd', dev, path, format: 'qcow2', readonly: false, removable: false }) as const

async function newMachine(scene: SnapshotScene, media?: string): Promise<unknown> {
  const { made, servers } = scene
  const images: NewImage[] = [
    { path: ours(scene, 'first.qcow2'), format: 'qcow2', sizeMiB: 2 },
    enlarged(scene, ours(scene, 'second.qcow2')),
  ]
  const devices = [disk('xvda', ours(scene, 'first.qcow2')), disk('xvdb', ours(scene, 'second.qcow2'))]
  let config = { ...made.config('new'), devices }
  if (media !== undefined) {
    const look = await servers.mediaLook({ path: media }, caller)
    if (!look.ok) throw new Error(look.error.reason)
    config = { ...config, kernel: look.value.kernel, ramdisk: look.value.ramdisk }
  }
  return good(await servers.domainDefine({ config, images, start: false, ...(media === undefined ? {} : { media }) }, caller))
}

function clone(scene: SnapshotScene, to?: string): Promise<unknown> {
  const disks = [{ dev: 'xvda', fate: 'copy' as const, ...(to === undefined ? {} : { to }) }]
  const order = { uuid: scene.uuid, snapshot: null, name: 'clone', disks }
  return scene.job(scene.servers.domainClone(order, testCaller(to === undefined ? [] : [to])))
}

function good<T>(answer: { ok: true; value: T } | { ok: false; error: { reason: string } }): T {
  if (!answer.ok) throw new Error(answer.error.reason)
  return answer.value
}

const works: readonly Work[] = [
  {
    what: 'a template with what is on two disks',
    act: async (scene) => {
      const info = scene.info().config
      if (!info) throw new Error('no definition')
      const second = join(scene.made.folder, 'other.qcow2')
      good(await scene.made.driver.images.create({ path: second, format: 'qcow2', sizeMiB: 2 }))
      const devices = [...info.devices, disk('xvdc', second)]
      const rights = testCaller([second])
      good(await scene.servers.domainRedefine({ uuid: scene.uuid, config: { ...info, devices } }, rights))
      return scene.job(scene.servers.templateSave({ uuid: scene.uuid, name: 'Web', disks: true }, caller))
    },
  },
  {
    what: 'an image with what is in another, and larger',
    alone: 'disks',
    act: (scene) => scene.job(scene.servers.imageCreate({ image: enlarged(scene, ours(scene, 'new.qcow2')) }, caller)),
  },
  {
    what: 'the same in a folder that the user chose',
    alone: 'elsewhere',
    act: (scene) => {
      const path = join(scene.made.folder, 'elsewhere', 'new.qcow2')
      return scene.job(scene.servers.imageCreate({ image: enlarged(scene, path) }, testCaller([path])))
    },
  },
  { what: 'a new machine', act: (scene) => newMachine(scene) },
  { what: 'a new machine from an installation tree', act: (scene) => newMachine(scene, 'http://example.com/debian/') },
  {
    what: 'a disk with a new image for a machine',
    act: async (scene) => {
      const path = ours(scene, 'more.qcow2')
      const image = { path, format: 'qcow2', sizeMiB: 2 } as const
      return good(await scene.servers.deviceAttach({ uuid: scene.uuid, device: disk('xvdc', path), image }, caller))
    },
  },
  { what: 'a clone', act: (scene) => clone(scene) },
  {
    what: 'a clone whose disk goes to a folder that the user chose',
    alone: 'elsewhere',
    sizeMiB: 4,
    act: (scene) => clone(scene, join(scene.made.folder, 'elsewhere', 'new.qcow2')),
  },
  { what: 'a Debian system', act: (scene) => scene.job(scene.servers.debianGuestCreate({}, caller)) },
]

const filesIn = (folder: string): string[] =>
  existsSync(folder)
    ? readdirSync(folder, { recursive: true, encoding: 'utf8', withFileTypes: true }).flatMap((entry) =>
        entry.isFile() ? [join(entry.parentPath, entry.name)] : [],
      )
    : []

/** How it is at the next start: `finished`, or what is told of it. */
async function inspect(folder: string, { what, alone, sizeMiB = 8 }: Work): Promise<string> {
  const again = await makeToolstack({ folder })
  const { toolstack, notices } = again
  const configs = toolstack.domains.configs()
  const named = [
    ...configs.flatMap((config) => [...filesOf(config), config.kernel, config.ramdisk ?? '']),
    ...toolstack.templates.list().flatMap(({ disks }) => disks.flatMap(({ image }) => image ?? [])),
  ]
  for (const file of named) if (file !== '') expect(existsSync(file), `${what}: ${file}`).toBe(true)
  const own = [...filesIn(join(folder, 'disks')), ...filesIn(join(folder, 'boot'))]
  const strangers = own.filter((file) => !named.includes(file))
  const told = notices.map(({ error }) => error.reason)
  const stays = alone === 'disks' ? strangers : filesIn(join(folder, 'elsewhere'))
  if (alone !== 'disks') expect(strangers, `${what}: files nobody names`).toEqual([])
  // Whole, or told of.
  for (const file of stays) {
    const info = good(await again.driver.images.inspect(file))
    if (told.length === 0) expect(info.virtualSize, what).toBe(sizeMiB * 1024 * 1024)
    else expect(alone, `${what}: left`).toBe('elsewhere')
  }
  for (const file of ['own.raw', 'cd.iso', 'kernel']) expect(existsSync(join(folder, file)), what).toBe(true)
  expect(told.length, what).toBeLessThan(2)
  // It is told once.
  await again.close(true)
  const third = await makeToolstack({ folder })
  expect(third.notices, what).toEqual([])
  await third.close(true)
  return `${told.join(' ')} ${configs.length} ${named.length} ${stays.length}`
}

describe('cut off at each step', () => {
  it.each(works.map((work) => [work.what, work] as const))(
    '%s is finished, or undone and told of',
    { timeout: 120_000 },
    async (_, work) => {
      const outcomes: string[] = []
      for (let at = 0; ; at++) {
        const scene = await SnapshotScene.make(false)
        const { made } = scene
        folders.push(made.folder)
        for (const name of ['disks', 'elsewhere']) mkdirSync(join(made.folder, name), { recursive: true })
        const cutter = new Cutter(at)
        const { store } = made
        listenToSteps(store.unfinished, ['set'], cutter)
        listenToSteps(store.templates, ['set'], cutter)
        listenToSteps(store.definitions, ['put'], cutter)
        listenToSteps(store.snapshots, ['putIntent', 'dropIntent'], cutter)
        listenToSteps(made.testDriver.images, ['create', 'copy', 'resize', 'takeTree'], cutter)
        listenToSteps(made.debian, ['make'], cutter)
        const done = work.act(scene).then(() => true)
        const ended = await Promise.race([done, cutter.cut.then(() => false)])
        await made.driver.close()
        outcomes.push(await inspect(made.folder, work))
        rmSync(made.folder, { recursive: true, force: true })
        if (ended) break
      }
      // Cut off before it began, undone with a word, finished.
      expect(outcomes.length).toBeGreaterThan(6)
      expect(outcomes.some((outcome) => outcome.startsWith('making-cut-off'))).toBe(true)
      expect(outcomes.at(-1)).toMatch(/^ /)
      expect(outcomes.at(-1)).not.toBe(outcomes[0])
    },
  )
})

it('a file that was there before its name was chosen is left alone when the app is cut off over it', async () => {
  const scene = await SnapshotScene.make(false)
  const { made } = scene
  folders.push(made.folder)
  mkdirSync(join(made.folder, 'disks'))
  const path = ours(scene, 'mine.qcow2')
  writeFileSync(path, 'mine')
  const cutter = new Cutter(0)
  listenToSteps(made.testDriver.images, ['copy'], cutter)
  void scene.servers.imageCreate({ image: enlarged(scene, path) }, caller)
  await cutter.cut
  await made.driver.close()
  const again = await makeToolstack({ folder: made.folder })
  expect(existsSync(path)).toBe(true)
  expect(again.notices).toEqual([])
  await again.close()
})
