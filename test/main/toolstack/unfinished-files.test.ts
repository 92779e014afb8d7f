// What was being made of files when the app was cut off: the next start removes what is left of it, and nothing else. Copies of disks into
// folders that are no pools, and files that nothing named yet.
// Runs in: vitest, plain Node.
import { spawn, spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { err, ok } from '../../../src-engine/public/result'
import { unfinishedCopyName } from '../../../src-engine/public/unfinished-copy'
import { KeptFile } from '../../../src-main/definition/kept-file'
import { type ErrorReport, errorReport } from '../../../src-main/public/error-code'
import { HalfCopies } from '../../../src-main/toolstack/half-copies'
import { NOTHING_UNFINISHED, UnfinishedFiles, unfinishedShape } from '../../../src-main/toolstack/unfinished-files'
import { makeToolstack, testCaller } from '../../support/toolstack'

type Made = Awaited<ReturnType<typeof makeToolstack>>
const open: Made[] = []
afterEach(async () => {
  for (const made of open.splice(0)) await made.close()
})

async function machine(folder?: string): Promise<Made> {
  const made = await makeToolstack(folder === undefined ? {} : { folder })
  open.push(made)
  return made
}

const halfCopy = () => unfinishedCopyName(spawnSync(process.execPath, ['-e', '']).pid, randomUUID())
const noteOf = ({ folder }: Made) => join(folder, 'unfinished-copies.json')
const noted = (made: Made, what: 'folders' | 'making' = 'folders'): unknown =>
  JSON.parse(readFileSync(noteOf(made), 'utf8'))[what]

/** All in `ours` lies in the app's folders. */
function filesOf(
  made: Made,
  ours = '/pool',
  used: readonly string[] = [],
): { files: UnfinishedFiles; problems: ErrorReport[] } {
  const problems: ErrorReport[] = []
  const files = new UnfinishedFiles({
    kept: new KeptFile(noteOf(made), unfinishedShape, NOTHING_UNFINISHED),
    halfCopies: new HalfCopies(20),
    isPool: (folder) => folder === ours,
    isOurs: (path) => dirname(path) === ours,
    used: async () => new Set(used),
    problem: (error) => problems.push(error),
  })
  return { files, problems }
}

it('are noted before they begin; what the app left when it was killed goes at the next start', async () => {
  const made = await machine()
  const { driver, folder, servers } = made
  const [from, elsewhere] = [join(folder, 'own.raw'), join(folder, 'elsewhere')]
  mkdirSync(elsewhere)
  const to = join(elsewhere, 'copy.qcow2')
  await driver.images.create({ path: from, format: 'raw', sizeMiB: 1 })
  let atWork: unknown
  let finish = (): void => {}
  driver.images.convert = () => {
    atWork = noted(made)
    for (const name of [halfCopy(), unfinishedCopyName(process.pid, randomUUID()), 'letter.txt']) {
      writeFileSync(join(elsewhere, name), 'half')
    }
    return new Promise((resolve) => {
      finish = () => resolve(ok(null))
    })
  }
  const begun = await servers.imageConvert({ from, to, format: 'qcow2' }, testCaller([from, to]))
  if (!begun.ok) throw new Error(begun.error.reason)
  await expect.poll(() => atWork).toEqual([elsewhere])
  await machine(folder)
  // What another process writes stays, and is looked for again.
  const left = readdirSync(elsewhere)
  expect(left).toHaveLength(2)
  expect(left).toContain('letter.txt')
  expect(noted(made)).toEqual([elsewhere])
  finish()
  await made.toolstack.jobs.wait(begun.value.job)
})

it('that end leave no note, and those into a pool are not noted', async () => {
  const made = await machine()
  const { files } = filesOf(made)
  await files.copying('/pool/a.raw', async () => undefined)
  expect(existsSync(noteOf(made))).toBe(false)
  await expect(
    files.copying('/one/a.raw', () =>
      files.copying('/two/b.raw', async () => {
        expect(noted(made)).toEqual(['/one', '/two'])
        throw new Error('cut off')
      }),
    ),
  ).rejects.toThrow('cut off')
  expect(noted(made)).toEqual([])
})

it('into a folder that is not there at the next start are removed when it is there again', async () => {
  const made = await machine()
  const [file, stick] = [noteOf(made), join(made.folder, 'stick')]
  mkdirSync(stick)
  const half = join(stick, halfCopy())
  writeFileSync(half, 'half')
  writeFileSync(file, JSON.stringify({ version: 1, folders: [stick] }))
  renameSync(stick, `${stick}-away`)
  await filesOf(made).files.removeLeft()
  expect(noted(made)).toEqual([stick])
  renameSync(`${stick}-away`, stick)
  await filesOf(made).files.removeLeft()
  expect(existsSync(half)).toBe(false)
  expect(noted(made)).toEqual([])
})

/** As a kill leaves it: the work has made what it makes, and never ends. */
async function cutOff(files: UnfinishedFiles, what: string, paths: readonly string[]): Promise<void> {
  await new Promise<void>((resolve) => {
    void files.making(what, paths, () => {
      for (const path of paths) writeFileSync(path, 'made', { flag: 'a' })
      resolve()
      return new Promise(() => {})
    })
  })
}

it('whose writer outlives the app by a moment go when it is gone, and so does their note', async () => {
  const made = await machine()
  const folder = join(made.folder, 'elsewhere')
  mkdirSync(folder)
  const writer = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'])
  const file = join(folder, unfinishedCopyName(writer.pid ?? 0, randomUUID()))
  writeFileSync(file, 'half')
  writeFileSync(noteOf(made), JSON.stringify({ folders: [folder], making: [] }))
  await filesOf(made).files.removeLeft()
  expect(existsSync(file)).toBe(true)
  const ended = new Promise((resolve) => writer.once('exit', resolve))
  writer.kill('SIGKILL')
  await ended
  await expect.poll(() => existsSync(file)).toBe(false)
  await expect.poll(() => noted(made)).toEqual([])
})

it('of a save to a file that was chosen are noted, and go', async () => {
  const made = await machine()
  const uuid = await made.started('guest')
  const folder = join(made.folder, 'elsewhere')
  mkdirSync(folder)
  let atWork: unknown
  made.driver.save = async () => {
    atWork = noted(made)
    return err(errorReport('cancelled'))
  }
  const path = join(folder, 'guest.rmsave')
  const job = await made.servers.domainSave({ uuid, path }, testCaller([path]))
  if (!job.ok) throw new Error(job.error.reason)
  await made.toolstack.jobs.wait(job.value.job)
  expect(atWork).toEqual([folder])
  expect(noted(made)).toEqual([])
})

it('that are made are noted until what names them is kept, those inside others once', async () => {
  const made = await machine()
  const { files } = filesOf(made)
  const [one, two] = [join(made.folder, 'one'), join(made.folder, 'two')]
  await files.making('both', [one, two], async () => {
    expect(noted(made, 'making')).toEqual([{ what: 'both', files: [one, two] }])
    await files.making('one', [one], async () => expect(noted(made, 'making')).toHaveLength(1))
    expect(noted(made, 'making')).toHaveLength(1)
  })
  expect(noted(made, 'making')).toEqual([])
})

it('of ours that nobody uses are removed, with one sentence for all of a work; a second start says nothing', async () => {
  const made = await machine()
  const [one, two] = [join(made.folder, 'one'), join(made.folder, 'two')]
  await cutOff(filesOf(made, made.folder).files, 'both', [one, two])
  for (const reasons of [['making-cut-off'], []]) {
    const { files, problems } = filesOf(made, made.folder)
    await files.removeLeft()
    expect([existsSync(one), existsSync(two), existsSync(made.kernel)]).toEqual([false, false, true])
    expect(problems.map(({ reason }) => reason)).toEqual(reasons)
  }
})

it('stay when they were there before, and when somebody uses them', async () => {
  const made = await machine()
  const [before, used] = [join(made.folder, 'before'), join(made.folder, 'used')]
  writeFileSync(before, 'mine')
  const { files } = filesOf(made, made.folder)
  await cutOff(files, 'a', [before])
  await cutOff(files, 'b', [used])
  const next = filesOf(made, made.folder, [used])
  await next.files.removeLeft()
  expect([existsSync(before), existsSync(used)]).toEqual([true, true])
  expect(next.problems).toEqual([])
})

it('elsewhere stay, as their user may have gone on with them, and are told of', async () => {
  const made = await machine()
  const path = join(made.folder, 'mine.qcow2')
  await cutOff(filesOf(made).files, 'mine.qcow2', [path])
  const next = filesOf(made)
  await next.files.removeLeft()
  expect(existsSync(path)).toBe(true)
  expect(next.problems).toMatchObject([{ reason: 'making-cut-off-left', values: { what: 'mine.qcow2', path } }])
})

it('that cannot be removed are told of', async () => {
  const made = await machine()
  const path = join(made.folder, 'in-its-place')
  await cutOff(filesOf(made, made.folder).files, 'web', [path])
  rmSync(path)
  mkdirSync(path)
  const next = filesOf(made, made.folder)
  await next.files.removeLeft()
  expect(existsSync(path)).toBe(true)
  expect(next.problems.map(({ reason }) => reason)).toEqual(['file-unwritable', 'making-cut-off-left'])
})
