// Every job that may take long, cancelled at each of its steps: before and after every file it writes and every call of the driver, and
// half-way through what tells its progress. Until the point of no return it ends as cancelled and everything is as it was before:
// files, definitions, snapshots, machines, and nothing is held, so that the same job asked for again is done. From that point on
// it is done in spite of it. The ordinary tier leaves some of the later steps out. Runs in: vitest, plain Node.
import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { ok, type Result } from '../../../src-engine/public/result'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { JobInfo } from '../../../src-main/public/types'
import { caller, SnapshotScene } from '../../support/snapshot-scene'
import { listenToSteps } from '../../support/steps'
import { count } from '../../support/tier'
import { testCaller } from '../../support/toolstack'

type Started = Result<{ readonly job: number }, ErrorReport>

interface LongJob {
  readonly what: string
  readonly kind: JobInfo['kind']
  readonly run?: boolean
  /** What there is before; its answer is handed to `start`. */
  before?(scene: SnapshotScene): Promise<string>
  start(scene: SnapshotScene, before: string): Promise<Started> | Started
}

const at = (scene: SnapshotScene, file: string): string => join(scene.made.folder, file)

/** A caller that chose these files of the scene's folder in dialogs. */
const chose = (scene: SnapshotScene, ...files: string[]) => testCaller(files.map((file) => at(scene, file)))

async function volume(scene: SnapshotScene): Promise<string> {
  await scene.job(
    scene.servers.volumeCreate({ pool: 'default', name: 'first.raw', format: 'raw', sizeMiB: 2, backing: null }, caller),
  )
  return 'first.raw'
}

async function saved(scene: SnapshotScene): Promise<string> {
  await scene.job(scene.servers.domainSave({ uuid: scene.uuid, path: at(scene, 'a.rmsave') }, chose(scene, 'a.rmsave')))
  return at(scene, 'a.rmsave')
}

/** Nothing answers with the job of a merge: it begins by itself. */
async function merge(scene: SnapshotScene, id: string): Promise<Started> {
  const { jobs } = scene.made.toolstack
  const had = jobs.list().length
  const gone = await scene.servers.snapshotDelete({ uuid: scene.uuid, id, below: false }, caller)
  // Asked again after it was cancelled.
  if (!gone.ok) scene.made.toolstack.merging.ask()
  await expect.poll(() => jobs.list().length).toBeGreaterThan(had)
  return ok({ job: jobs.list().at(-1)?.job ?? 0 })
}

const middle = async (scene: SnapshotScene): Promise<string> => {
  await scene.take('earlier')
  const id = await scene.take('before')
  await scene.take('later')
  return id
}

const take = (scene: SnapshotScene): Promise<string> => scene.take('before')

function disc(scene: SnapshotScene): string {
  const image = Buffer.alloc(17 * 2048)
  image.write('\x01CD001\x01', 16 * 2048, 'latin1')
  image.write('Debian'.padEnd(32), 16 * 2048 + 40, 'latin1')
  writeFileSync(at(scene, 'debian.iso'), image)
  return at(scene, 'debian.iso')
}

async function extract(scene: SnapshotScene, path: string): Promise<Started> {
  const found = await scene.servers.mediaLook({ path }, caller)
  if (!found.ok) return found
  const { kernel, ramdisk } = found.value
  return scene.servers.mediaExtract({ path, kernel, ramdisk }, caller)
}

const jobs: readonly LongJob[] = [
  ...[true, false].flatMap((run) => [
    {
      what: `a snapshot, ${run ? 'running' : 'off'}`,
      kind: 'snapshot' as const,
      run,
      start: ({ servers, uuid }: SnapshotScene) => servers.snapshotCreate({ uuid, name: 'new', description: '' }, caller),
    },
    {
      what: `going back to a snapshot, ${run ? 'running' : 'off'}`,
      kind: 'revert' as const,
      run,
      before: take,
      start: ({ servers, uuid }: SnapshotScene, id: string) => servers.snapshotRevert({ uuid, id }, caller),
    },
    {
      what: `a branch, ${run ? 'with' : 'without'} memory`,
      kind: 'branch' as const,
      run,
      before: take,
      start: ({ servers, uuid }: SnapshotScene, id: string) => servers.snapshotBranch({ uuid, id, name: 'branch' }, caller),
    },
    {
      what: `merging the disk of a machine that is ${run ? 'running' : 'off'}`,
      kind: 'snapshotMerge' as const,
      run,
      before: take,
      start: merge,
    },
    {
      what: `merging in the middle, of one that is ${run ? 'running' : 'off'}`,
      kind: 'snapshotMerge' as const,
      run,
      before: middle,
      start: merge,
    },
    {
      what: `restoring beside a machine that is ${run ? 'running' : 'gone'}`,
      kind: 'restore' as const,
      run: true,
      before: async (scene: SnapshotScene) => {
        const path = await saved(scene)
        const { domains } = scene.made.toolstack
        const without = { ...(scene.info().config ?? scene.made.config('guest')), devices: [] }
        expect((await domains.redefine(scene.uuid, without)).ok).toBe(true)
        expect((await (run ? domains.create(scene.uuid, false) : domains.undefine(scene.uuid))).ok).toBe(true)
        return path
      },
      start: (scene: SnapshotScene, path: string) => scene.servers.domainRestore({ path }, chose(scene, 'a.rmsave')),
    },
  ]),
  {
    what: 'a fork',
    kind: 'fork',
    run: true,
    start: ({ servers, uuid }) => servers.domainFork({ uuid, name: 'fork' }, caller),
  },
  ...(['link', 'copy'] as const).map((fate) => ({
    what: `a clone by ${fate}`,
    kind: 'clone' as const,
    start: ({ servers, uuid }: SnapshotScene) =>
      servers.domainClone({ uuid, snapshot: null, name: 'clone', disks: [{ dev: 'xvda', fate }] }, caller),
  })),
  {
    what: 'a clone of a snapshot',
    kind: 'clone',
    before: take,
    start: ({ servers, uuid }, snapshot) => servers.domainClone({ uuid, snapshot, name: 'clone', disks: [] }, caller),
  },
  ...[true, false].map((disks) => ({
    what: `a template ${disks ? 'with' : 'without'} disks`,
    kind: 'template' as const,
    start: ({ servers, uuid }: SnapshotScene) => servers.templateSave({ uuid, name: 'template', disks }, caller),
  })),
  {
    what: 'a save to a file',
    kind: 'save',
    run: true,
    start: (scene) => scene.servers.domainSave({ uuid: scene.uuid, path: at(scene, 'a.rmsave') }, chose(scene, 'a.rmsave')),
  },
  {
    what: 'a managed save',
    kind: 'managedSave',
    run: true,
    start: ({ servers, uuid }) => servers.domainManagedSave({ uuid }, caller),
  },
  {
    what: 'a restore from a file',
    kind: 'restore',
    run: true,
    before: saved,
    start: (scene, path) => scene.servers.domainRestore({ path }, chose(scene, 'a.rmsave')),
  },
  {
    what: 'going on from a managed save',
    kind: 'restore',
    run: true,
    before: (scene) => scene.job(scene.servers.domainManagedSave({ uuid: scene.uuid }, caller)),
    start: ({ made, uuid }) => {
      void made.toolstack.domains.create(uuid, false)
      return ok({ job: made.toolstack.jobs.list().at(-1)?.job ?? 0 })
    },
  },
  ...(['raw', 'qcow2'] as const).map((format) => ({
    what: `a new volume, ${format}${format === 'raw' ? '' : ' over another'}`,
    kind: 'imageCreate' as const,
    before: volume,
    start: ({ servers }: SnapshotScene, first: string) => {
      const backing = format === 'raw' ? null : first
      return servers.volumeCreate({ pool: 'default', name: `new.${format}`, format, sizeMiB: 2, backing }, caller)
    },
  })),
  {
    what: 'a larger volume',
    kind: 'imageResize',
    before: volume,
    start: ({ servers }, name) => servers.volumeResize({ pool: 'default', name, sizeMiB: 9 }, caller),
  },
  {
    what: 'checking a volume',
    kind: 'imageCheck',
    before: volume,
    start: ({ servers }, name) => servers.volumeCheck({ pool: 'default', name, repair: true }, caller),
  },
  {
    what: 'a copy of a volume',
    kind: 'imageConvert',
    before: volume,
    start: ({ servers }, name) => servers.volumeClone({ pool: 'default', name, to: 'second.qcow2', format: 'qcow2' }, caller),
  },
  {
    what: 'taking in a volume',
    kind: 'imageConvert',
    start: (scene) =>
      scene.servers.volumeUpload({ pool: 'default', from: at(scene, 'own.raw'), name: 'taken.raw' }, chose(scene, 'own.raw')),
  },
  {
    what: 'a new image',
    kind: 'imageCreate',
    start: (scene) =>
      scene.servers.imageCreate(
        { image: { path: at(scene, 'new.qcow2'), format: 'qcow2', sizeMiB: 2 } },
        chose(scene, 'new.qcow2'),
      ),
  },
  {
    what: 'a new image with what is in another, and larger',
    kind: 'imageCreate',
    start: (scene) => {
      const copyOf = { path: at(scene, 'own.raw'), format: 'raw' as const }
      const image = { path: at(scene, 'new.qcow2'), format: 'qcow2' as const, sizeMiB: 8, copyOf }
      return scene.servers.imageCreate({ image }, chose(scene, 'new.qcow2', 'own.raw'))
    },
  },
  {
    what: 'an image in another format',
    kind: 'imageConvert',
    start: (scene) => {
      const order = { from: at(scene, 'own.raw'), to: at(scene, 'new.qcow2'), format: 'qcow2' as const }
      return scene.servers.imageConvert(order, chose(scene, 'own.raw', 'new.qcow2'))
    },
  },
  {
    what: 'kernel and ramdisk out of an ISO image',
    kind: 'mediaExtract',
    before: async (scene) => disc(scene),
    start: extract,
  },
  {
    what: 'kernel and ramdisk out of an installation tree',
    kind: 'mediaExtract',
    start: (scene) => extract(scene, 'http://example.com/debian/'),
  },
]

/** All that is kept and all that is shown, to be compared. */
function picture({ made }: SnapshotScene): Readonly<Record<string, unknown>> {
  const all: Record<string, unknown> = {}
  for (const file of readdirSync(made.folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(made.folder, file)
    // What a definition was stays in its history; an empty folder or list is as good as none.
    if (/^(revisions|samples)\b/.test(file) || statSync(path).isDirectory()) continue
    const text = readFileSync(path, 'latin1')
    if (!/^\{\s*"version": \d+(,\s*"\w+": \[\])+\s*\}\s*$/.test(text)) all[file] = text
  }
  for (const { uuid, name, state, config, running, job } of made.toolstack.domains.list())
    all[`machine ${uuid}`] = { name, state, config, running, job }
  return all
}

class Cancelling {
  private steps = 0
  private job: number | undefined
  before: Readonly<Record<string, unknown>> | undefined

  constructor(
    private readonly scene: SnapshotScene,
    private readonly at: number,
    private readonly kind: JobInfo['kind'],
  ) {
    scene.made.onEvent(() => this.look())
    const { store, testDriver } = scene.made
    const step = (): void => this.step()
    const listener = { step, half: step }
    listenToSteps(
      store.snapshots,
      ['putTree', 'putIntent', 'dropIntent', 'setLayers', 'removeStrangers', 'putPicture'],
      listener,
    )
    listenToSteps(store.definitions, ['put', 'remove', 'markRunning', 'unmarkRunning', 'spendManagedSave'], listener)
    listenToSteps(testDriver, ['snapshot', 'restore', 'save', 'destroy', 'reopenDisks', 'mergeDisk'], listener)
    const { images } = testDriver
    listenToSteps(images, ['overlay', 'create', 'inspect', 'rebase', 'commit', 'copy', 'convert', 'resize', 'check'], listener)
    listenToSteps(images, ['takeInstaller', 'takeTree'], listener)
  }

  /** The job has begun: as things are now they are to be again. */
  private look(): void {
    if (this.job !== undefined) return
    const job = this.scene.made.toolstack.jobs.running().find(({ kind }) => kind === this.kind)
    if (job === undefined) return
    this.job = job.job
    this.before = picture(this.scene)
  }

  private step(): void {
    if (this.job === undefined || this.steps++ !== this.at) return
    this.scene.made.toolstack.jobs.cancel(this.job)
  }

  /** Whether there were this many steps. */
  get reached(): boolean {
    return this.steps > this.at
  }
}

const scenes: SnapshotScene[] = []
afterEach(async () => {
  for (const scene of scenes.splice(0)) await scene.close()
})

async function ended(scene: SnapshotScene, started: Started): Promise<string> {
  if (!started.ok) throw new Error(started.error.reason)
  const { jobs, merging } = scene.made.toolstack
  const end = await jobs.wait(started.value.job)
  await merging.settled()
  return end.ok ? 'done' : end.error.reason
}

describe('called off at each step', () => {
  it.each(jobs.map((job) => [job.what, job] as const))('%s', { timeout: 120_000 }, async (_what, job) => {
    const outcomes: string[] = []
    for (let step = 0; ; step += step < 3 ? 1 : count(9, 1)) {
      const scene = await SnapshotScene.make(job.run === true)
      scenes.push(scene)
      const { made } = scene
      const before = (await job.before?.(scene)) ?? ''
      const cancelling = new Cancelling(scene, step, job.kind)
      const outcome = await ended(scene, await job.start(scene, before))
      outcomes.push(outcome)
      expect(made.toolstack.jobs.running()).toEqual([])
      expect(made.notices).toEqual([])
      if (outcome === 'cancelled') {
        expect(picture(scene), `${job.what}, step ${step}`).toEqual(cancelling.before)
        expect(await ended(scene, await job.start(scene, before)), `${job.what}, again after step ${step}`).toBe('done')
      }
      if (!cancelling.reached) break
      await scene.close()
      scenes.pop()
    }
    const phases = outcomes.filter((outcome, index) => outcome !== outcomes[index - 1])
    expect(phases, outcomes.join(' ')).toEqual(['cancelled', 'done'])
  })
})

it('going back to a snapshot says from when on it cannot be cancelled', async () => {
  const scene = await SnapshotScene.make(true)
  scenes.push(scene)
  const { servers, uuid, made } = scene
  const id = await scene.take('first')
  const { jobs } = made.toolstack
  const refusals: unknown[] = []
  listenToSteps(made.testDriver, ['destroy', 'restore'], {
    step: () => {
      const [job] = jobs.running()
      expect(job).toMatchObject({ kind: 'revert', step: 'reverting', cancellable: false })
      refusals.push(jobs.cancel(job?.job ?? 0))
    },
  })
  await scene.job(servers.snapshotRevert({ uuid, id }, caller))
  const refusal = { ok: false, error: { reason: 'job-past-return' } }
  expect(refusals).toMatchObject([refusal, refusal, refusal, refusal])
  expect(made.jobs.find(({ kind }) => kind === 'revert')).toMatchObject({ step: 'preparing-revert', cancellable: true })
  expect(scene.info().state).toBe('running')
})
