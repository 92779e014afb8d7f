// All that one machine goes through, in a row and through the windows, on our own engine: made from an image, run, screen, text console,
// a disk attached, a snapshot, back to it, a branch, a snapshot deleted under it, saved, restored, cloned, deleted, undone. After each step the guest itself
// says what it has: a variable of its shell, a file in its memory, the first bytes of its disk. Skipped where Debian's packages
// cannot be had. Runs in: plain Node; starts the real Electron on a virtual display.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { launch, type RunningApp } from './app'
import type { DomainPage } from './domain-page'
import { GuestShell } from './guest-shell'
import type { ManagerPage } from './manager-page'
import { ownApp } from './own-app'
import { SnapshotsPage } from './snapshots-page'

const BOOT_MS = 240_000
const ANSWER_MS = 90_000
const NAME = 'journey'
const PROMPT = 'demo:~#'
const ON_DISK = 'from the image'

const keep = ownApp()

interface Place {
  readonly app: RunningApp
  readonly manager: ManagerPage
}

async function open({ app, manager }: Place, name: string): Promise<DomainPage> {
  const domain = await app.domain(() => manager.row(name).dblclick())
  await domain.tab('Text console').click()
  await domain.connection().filter({ hasText: 'Connected' }).waitFor()
  return domain
}

it('a machine goes through everything in a row', { tags: 'long', timeout: 1_200_000 }, async ({ skip }) => {
  const debian = await debianGuest('standard')
  if (!debian.ok) return skip(debian.error)
  const modules = await kernelModules(debian.value, ['xen-blkfront'])
  if (!modules.ok) return skip(modules.error)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  const image = path.join(folder, 'disks', 'data.img')
  fs.mkdirSync(path.dirname(image))
  fs.writeFileSync(image, ON_DISK)
  fs.truncateSync(image, 8 << 20)
  const app = keep(await launch({ driver: 'embedded', folder }))
  const manager = await app.manager()
  const place = { app, manager }
  let step = 0
  const seen = async (page: { readonly page: DomainPage['page'] }, what: string) => {
    await app.picture(page.page, `journey-${String(++step).padStart(2, '0')}-${what}`)
  }

  // Made from an image, and run.
  const create = await app.createDomain(() => manager.button('New virtual machine').first().click())
  await create.field('Name').fill(NAME)
  await create.field('Kernel').fill(debian.value.kernel)
  await create.field('Ramdisk').fill(ramdiskWith(debian.value, modules.value))
  await create.field('Command line').fill(`${debian.value.commandLine} console=tty0 console=hvc0`)
  await create.button('Add a disk').click()
  await create.disk('xvda').getByText('Existing file').click()
  await create.disk('xvda').getByLabel('File', { exact: true }).fill(image)
  await create.choose('Mode', '800 × 600')
  await seen(create, 'wizard')
  const domain = await app.domain(() => create.button('Create and run').click())

  // Screen and text console.
  await domain.waitForScreen()
  await expect.poll(() => domain.lit(), { timeout: BOOT_MS }).toBeGreaterThan(5000)
  await seen(domain, 'screen')
  await domain.tab('Text console').click()
  await domain.waitForText(PROMPT, BOOT_MS)
  const shell = new GuestShell(domain)
  await shell.says(insmods(modules.value))
  await expect.poll(() => shell.says('dd if=/dev/xvda bs=14 count=1 2>/dev/null'), { timeout: ANSWER_MS }).toBe(ON_DISK)
  await seen(domain, 'console')

  // A disk more while it runs.
  await domain.tab('Details').click()
  await domain.addDevice('Disk')
  await seen(domain, 'attach')
  await domain.dialog().getByRole('button', { name: 'Add', exact: true }).click()
  await domain.part('Disk xvdb').waitFor({ timeout: ANSWER_MS })
  await domain.tab('Text console').click()
  await expect.poll(() => shell.says('grep -c xvdb /proc/partitions'), { timeout: ANSWER_MS }).toBe('1')

  // A snapshot; then everything is changed.
  const state = 'echo $mark; cat /tmp/kept; dd if=/dev/xvda bs=14 count=1 2>/dev/null'
  await shell.says('mark=before; echo in memory > /tmp/kept')
  await domain.tab('Snapshots').click()
  const snapshots = new SnapshotsPage(domain.page)
  await snapshots.take('First', 'All is as it was.')
  await seen(domain, 'snapshot')
  await domain.tab('Text console').click()
  await shell.says('mark=after; rm /tmp/kept; echo no longer the same | dd of=/dev/xvda conv=fsync 2>/dev/null')
  expect(await shell.says(state)).toMatch(/^after\n.*No such file.*\nno longer the$/s)

  // Back to it.
  await domain.tab('Snapshots').click()
  await snapshots.choose('First')
  await snapshots.button('Go back…').click()
  await seen(domain, 'revert')
  await snapshots.submit('Go back')
  await expect
    .poll(async () => JSON.stringify(await app.call(domain.page, 'jobList', {})), { timeout: ANSWER_MS })
    .not.toContain('"running"')
  expect(await snapshots.levels()).toEqual(['First 1', 'Now 2'])
  await domain.waitForState('Running')
  await domain.tab('Text console').click()
  const before = `before\nin memory\n${ON_DISK}`
  expect(await shell.says(state)).toBe(before)
  await seen(domain, 'reverted')

  // A branch has it too, and its own from then on.
  await domain.tab('Snapshots').click()
  await snapshots.choose('First')
  await snapshots.button('Branch…').click()
  await seen(domain, 'branch')
  await snapshots.submit('Branch')
  await manager.waitForState(`${NAME} First`, 'Running')
  await seen(manager, 'branched')
  const branch = await open(place, `${NAME} First`)
  const branchShell = new GuestShell(branch)
  expect(await branchShell.says(state)).toBe(before)
  await branchShell.says('mark=branch; echo only the branch  | dd of=/dev/xvda conv=fsync 2>/dev/null')
  expect(await branchShell.says(state)).toBe('branch\nin memory\nonly the branc')
  await domain.page.bringToFront()
  await domain.tab('Text console').click()
  expect(await shell.says(state)).toBe(before)
  await manager.choose(`${NAME} First`, 'Force off')
  await manager.dialog().getByRole('button', { name: 'Force off' }).click()
  await manager.waitForState(`${NAME} First`, 'Shut off')
  await branch.page.close()

  // A snapshot deleted while it runs: its disks are merged under the guest, which notices nothing.
  const disks = () =>
    fs
      .readdirSync(path.dirname(image))
      .filter((name) => !name.startsWith('.'))
      .sort()
  const without = disks()
  await domain.tab('Snapshots').click()
  await snapshots.choose('Now')
  await snapshots.take('Second')
  expect(disks().length).toBe(without.length + 2)
  await domain.tab('Text console').click()
  await shell.says('echo under the guest | dd of=/dev/xvda conv=fsync 2>/dev/null')
  await domain.tab('Snapshots').click()
  await snapshots.choose('Second')
  await snapshots.button('Delete…').click()
  await seen(domain, 'delete-running')
  await snapshots.submit('Delete')
  await expect.poll(disks, { timeout: ANSWER_MS }).toEqual(without)
  expect(await snapshots.levels()).toEqual(['First 1', 'Now 2'])
  await domain.waitForState('Running')
  await domain.tab('Text console').click()
  // The kernel says on the console that it drops its caches.
  const read = await shell.says('echo 3 > /proc/sys/vm/drop_caches; dd if=/dev/xvda bs=15 count=1 2>/dev/null')
  expect(read).toMatch(/under the guest$/)
  await shell.says(`echo '${ON_DISK}' | dd of=/dev/xvda conv=fsync 2>/dev/null`)

  // Saved to a file, restored from it.
  const saved = path.join(folder, 'journey.rmsave')
  await app.answerFileDialogs(saved)
  await manager.choose(NAME, 'Save…')
  await manager.waitForState(NAME, 'Shut off')
  await seen(domain, 'saved')
  await manager.choose(NAME, 'Restore…')
  await domain.waitForState('Running')
  await domain.tab('Text console').click()
  expect(await shell.says(state)).toBe(before)
  await seen(domain, 'restored')

  // Shut down and cloned; the clone boots from its own copy.
  await shell.says('echo of the original | dd of=/dev/xvda conv=fsync 2>/dev/null')
  await domain.button('Shut down').click()
  await domain.waitForState('Shut off')
  await manager.choose(NAME, 'Clone…')
  await seen(manager, 'clone')
  await manager.dialog().getByRole('button', { name: 'Clone', exact: true }).click()
  await manager.waitForState(`${NAME} clone`, 'Shut off')
  await manager.choose(`${NAME} clone`, 'Run')
  await manager.waitForState(`${NAME} clone`, 'Running')
  const clone = await open(place, `${NAME} clone`)
  await clone.waitForText(PROMPT, BOOT_MS)
  const cloneShell = new GuestShell(clone)
  await cloneShell.says(insmods(modules.value))
  await expect
    .poll(() => cloneShell.says('dd if=/dev/xvda bs=15 count=1 2>/dev/null'), { timeout: ANSWER_MS })
    .toBe('of the original')
  expect(await cloneShell.says('echo "[$mark]"; grep -c xvdb /proc/partitions')).toBe('[]\n1')
  await seen(clone, 'cloned')
  await clone.button('Shut down').click()
  await clone.waitForState('Shut off')
  await clone.page.close()

  // Deleted, and that undone.
  await manager.choose(`${NAME} clone`, 'Delete')
  await seen(manager, 'delete')
  await manager.dialog().getByRole('button', { name: 'Delete' }).click()
  await manager.row(`${NAME} clone`).waitFor({ state: 'detached' })
  await seen(manager, 'deleted')
  await manager.undoBar().getByRole('button', { name: 'Undo' }).click()
  await manager.waitForState(`${NAME} clone`, 'Shut off')
  await seen(manager, 'undone')
})
