// The app ends, as by SIGKILL, at each step of each change of snapshots: before and after every file it writes and every image that
// is made. At the next start the change is finished, undone or told of; no disk stands on a file that is not there, no file
// is left that nobody names, and what was there before is there still. Runs in: vitest, plain Node.
import { existsSync, readdirSync, rmSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { filesOf } from '../../../src-main/toolstack/snapshot-trees'
import { Cutter } from '../../support/cutter'
import { caller, SnapshotScene } from '../../support/snapshot-scene'
import { listenToSteps } from '../../support/steps'
import { count } from '../../support/tier'
import { makeToolstack } from '../../support/toolstack'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

interface Change {
  readonly what: string
  readonly run: boolean
  /** Snapshots stand before and after the one it is about. */
  readonly between?: boolean
  act(scene: SnapshotScene, before: string): Promise<unknown>
}

const changes: readonly Change[] = [
  { what: 'a snapshot of a running machine', run: true, act: (scene) => scene.take('new') },
  { what: 'a snapshot of one that is off', run: false, act: (scene) => scene.take('new') },
  ...[true, false].map((run) => ({
    what: `going back, ${run ? 'running' : 'off'}`,
    run,
    act: (scene: SnapshotScene, id: string) => scene.job(scene.servers.snapshotRevert({ uuid: scene.uuid, id }, caller)),
  })),
  { what: 'deleting a snapshot with a merge', run: false, act: (scene, before) => scene.remove(before) },
  ...[true, false].map((run) => ({
    what: `deleting one in the middle of others, ${run ? 'running' : 'off'}`,
    run,
    between: true,
    act: (scene: SnapshotScene, before: string) => scene.remove(before),
  })),
  {
    what: 'a branch',
    run: true,
    act: (scene, id) => scene.job(scene.servers.snapshotBranch({ uuid: scene.uuid, id, name: 'branch' }, caller)),
  },
  {
    what: 'a fork',
    run: true,
    act: (scene) => scene.job(scene.servers.domainFork({ uuid: scene.uuid, name: 'fork' }, caller)),
  },
  ...(['link', 'copy'] as const).map((fate) => ({
    what: `a clone by ${fate}`,
    run: false,
    act: (scene: SnapshotScene) => {
      const order = { uuid: scene.uuid, snapshot: null, name: 'clone', disks: [{ dev: 'xvda', fate }] }
      return scene.job(scene.servers.domainClone(order, caller))
    },
  })),
]

async function inspect(folder: string, uuid: string, what: string): Promise<string> {
  const again = await makeToolstack({ folder })
  const { toolstack, servers, driver, notices } = again
  await toolstack.merging.settled()
  const list = toolstack.domains.list()
  const tree = await servers.snapshotTree({ uuid }, caller)
  if (!tree.ok) throw new Error(tree.error.reason)
  const { snapshots, current } = tree.value
  const configs = [...list.flatMap(({ config }) => (config ? [config] : [])), ...snapshots.map(({ config }) => config)]
  const seen = new Set<string>()
  const below = async (file: string): Promise<string | undefined> => {
    const info = await driver.images.inspect(file)
    return info.ok && info.value.backing !== undefined ? resolve(folder, info.value.backing) : undefined
  }
  for (const config of configs) {
    for (const file of filesOf(config)) {
      for (let at: string | undefined = file; at !== undefined; ) {
        seen.add(at)
        expect(existsSync(at), `${what}: ${at} of ${config.name}`).toBe(true)
        at = await below(at)
      }
    }
  }
  for (const { id, state } of snapshots) {
    if (state !== 'shutoff') expect(existsSync(join(folder, 'snapshots', uuid, `${id}.save`)), what).toBe(true)
  }
  expect(snapshots.some(({ id }) => id === current) || current === null, what).toBe(true)
  const files = readdirSync(join(folder, 'disks')).map((file) => join(folder, 'disks', file))
  expect(
    files.filter((file) => !seen.has(file)),
    `${what}: files nobody names`,
  ).toEqual([])
  expect(existsSync(join(folder, 'own.raw')), what).toBe(true)
  for (const each of readdirSync(join(folder, 'snapshots'))) {
    expect(existsSync(join(folder, 'snapshots', each, 'intent.json')), what).toBe(false)
  }
  // It can be gone on with.
  for (const { uuid: each } of list) expect((await toolstack.domains.create(each, false)).ok, what).toBe(true)
  const outcome = `${list.length} machines, ${snapshots.map(({ name }) => name).join(' ')}, ${notices.map(({ error }) => error.reason).join(' ')}`
  await again.close(true)
  return outcome
}

describe('cut off at each step', () => {
  it.each(changes.map((change) => [change.what, change] as const))(
    '%s is finished, undone or told of',
    { timeout: 120_000 },
    async (what, change) => {
      const outcomes: string[] = []
      for (let at = 0; ; at += at < 4 ? 1 : count(2, 1)) {
        const scene = await SnapshotScene.make(change.run)
        const { made, uuid } = scene
        folders.push(made.folder)
        if (change.between === true) await scene.take('earlier')
        const before = await scene.take('before')
        if (change.between === true) await scene.take('later')
        const cutter = new Cutter(at)
        const { store } = made
        listenToSteps(
          store.snapshots,
          ['putTree', 'putIntent', 'dropIntent', 'setLayers', 'removeStrangers', 'putPicture'],
          cutter,
        )
        listenToSteps(store.definitions, ['put', 'remove', 'markRunning', 'unmarkRunning'], cutter)
        listenToSteps(made.testDriver, ['snapshot', 'restore', 'destroy', 'reopenDisks'], cutter)
        listenToSteps(made.testDriver.images, ['overlay', 'rebase', 'commit', 'copy'], cutter)
        const done = change.act(scene, before).then(() => true)
        const ended = await Promise.race([done, cutter.cut.then(() => false)])
        await made.driver.close()
        outcomes.push(await inspect(made.folder, uuid, `${what}, step ${at}`))
        rmSync(made.folder, { recursive: true, force: true })
        if (ended) break
      }
      // Some were undone, the last was finished.
      expect(outcomes.length).toBeGreaterThan(4)
      expect(new Set(outcomes).size).toBeGreaterThan(what.startsWith('going back') ? 0 : 1)
    },
  )
})
