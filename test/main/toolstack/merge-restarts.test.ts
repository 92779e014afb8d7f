// A machine whose disk is merged into the file below while it runs, and that reboots, is forced off or crashes at each moment of it: before
// and after every file that is written and every call of the driver, also where the merge fails at the last moment. In the end what
// runs and what is defined have the same file, which is there, and nothing is left that nobody names. Runs in: vitest, plain Node.
import { existsSync } from 'node:fs'
import { afterEach, describe, expect, it } from 'vitest'
import { errorReport } from '../../../src-main/public/error-code'
import { SnapshotScene } from '../../support/snapshot-scene'
import { listenToSteps } from '../../support/steps'
import { count } from '../../support/tier'

const scenes: SnapshotScene[] = []
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close()
})

const ways = {
  reboots: ({ made, uuid }: SnapshotScene) => void made.testDriver.reboot(uuid),
  crashes: ({ made, uuid }: SnapshotScene) => made.testDriver.crash(uuid, 'SHUTDOWN_crash'),
  'is forced off': ({ made, uuid }: SnapshotScene) => void made.toolstack.domains.destroy(uuid),
}

/** The disk's file that the guest which runs writes to. */
function written({ made, uuid }: SnapshotScene): string | undefined {
  const info = made.toolstack.domains.info(uuid)
  const disk = info.ok
    ? info.value.running?.devices.find((device) => device.kind === 'vbd' && device.dev === 'xvda')
    : undefined
  return disk?.kind === 'vbd' ? disk.path : undefined
}

describe('a merge under a machine that', () => {
  it.each(
    Object.keys(ways).flatMap((how) =>
      [false, true].map((fails) => [how, fails ? 'fails at the last moment' : 'succeeds', fails]),
    ),
  )('%s at each step, where it %s', { timeout: 120_000 }, async (how, _word, fails) => {
    const act = ways[how as keyof typeof ways]
    for (let at = 0; ; at += how === 'reboots' ? 1 : count(3, 1)) {
      const scene = await SnapshotScene.make(true)
      scenes.push(scene)
      const { made, uuid } = scene
      const own = scene.disk()
      const id = await scene.take('first')
      let steps = 0
      let merging = false
      const step = (): void => {
        merging ||= made.toolstack.jobs.running().some(({ kind }) => kind === 'snapshotMerge')
        if (merging && steps++ === at) act(scene)
      }
      const { store, testDriver } = made
      listenToSteps(store.snapshots, ['setLayers'], { step })
      listenToSteps(store.definitions, ['put'], { step })
      listenToSteps(testDriver, ['mergeDisk'], { step })
      listenToSteps(testDriver.images, ['commit', 'inspect'], { step, half: step })
      if (fails === true) testDriver.failNext('mergeDisk', errorReport('no-domain', { uuid }))
      await scene.remove(id)
      const rest = how === 'reboots' ? 'running' : how === 'crashes' ? 'crashed' : 'shutoff'
      const what = `step ${at}`
      if (steps > at) await expect.poll(() => scene.info().state, { message: what, timeout: 20_000 }).toBe(rest)
      await expect.poll(() => scene.info().job, { message: what, timeout: 20_000 }).toBe(null)
      await made.toolstack.merging.settled()
      expect(existsSync(scene.disk()), what).toBe(true)
      if (scene.info().state === 'running') expect(written(scene), what).toBe(scene.disk())
      made.toolstack.merging.ask()
      await made.toolstack.merging.settled()
      const now = () => ({ defined: scene.disk(), written: written(scene) ?? own, files: scene.files() })
      await expect.poll(now, { message: what, timeout: 20_000 }).toEqual({ defined: own, written: own, files: [] })
      expect(made.notices, what).toEqual([])
      await scene.close()
      scenes.pop()
      if (steps <= at) break
    }
  })
})
