// Copies of disks into folders that are no pools, cut off with the app: the next start removes what they left, and nothing else.
// Runs in: vitest, plain Node.
import { spawnSync } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, expect, it } from 'vitest'
import { ok } from '../../../src-engine/public/result'
import { unfinishedCopyName } from '../../../src-engine/public/unfinished-copy'
import { CopyFolders } from '../../../src-main/toolstack/copy-folders'
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
const noted = (made: Made): unknown => JSON.parse(readFileSync(join(made.folder, 'unfinished-copies.json'), 'utf8')).folders

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
  const copies = new CopyFolders(join(made.folder, 'unfinished-copies.json'), (folder) => folder === '/pool')
  await copies.during('/pool/a.raw', async () => undefined)
  expect(existsSync(join(made.folder, 'unfinished-copies.json'))).toBe(false)
  await expect(
    copies.during('/one/a.raw', () =>
      copies.during('/two/b.raw', async () => {
        expect(noted(made)).toEqual(['/one', '/two'])
        throw new Error('cut off')
      }),
    ),
  ).rejects.toThrow('cut off')
  expect(noted(made)).toEqual([])
})

it('into a folder that is not there at the next start are removed when it is there again', async () => {
  const made = await machine()
  const [file, stick] = [join(made.folder, 'unfinished-copies.json'), join(made.folder, 'stick')]
  mkdirSync(stick)
  const half = join(stick, halfCopy())
  writeFileSync(half, 'half')
  writeFileSync(file, JSON.stringify({ version: 1, folders: [stick] }))
  renameSync(stick, `${stick}-away`)
  await new CopyFolders(file, () => false).removeLeft()
  expect(noted(made)).toEqual([stick])
  renameSync(`${stick}-away`, stick)
  await new CopyFolders(file, () => false).removeLeft()
  expect(existsSync(half)).toBe(false)
  expect(noted(made)).toEqual([])
})
