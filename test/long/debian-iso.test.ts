// Debian's installer from a CD image of its netinst layout, all through the wizard of the real app: its kernel and ramdisk come out of the
// image byte by byte, and the machine comes up to the installer's first dialog on its screen. When it is deleted for good they go.
// Runs in: vitest (long tier); starts the real Electron on a virtual display.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { launch } from '../e2e/app'
import { ownApp } from '../e2e/own-app'
import { debianInstaller } from '../support/debian-installer'
import { makeIso } from '../support/iso'
import { missingProgram } from '../support/programs'
import { definedAs, seeInstaller } from './installer-dialog'

const keep = ownApp()
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-debian-iso-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

it("Debian's installer is started from an ISO image", { timeout: 1_800_000 }, async ({ skip }) => {
  const missing = missingProgram('xorriso')
  if (missing) return skip(`${missing} is not installed`)
  let files: Awaited<ReturnType<typeof debianInstaller>>
  try {
    files = await debianInstaller(folder)
  } catch (error) {
    return skip(`no installer could be had here: ${error instanceof Error ? error.message : error}`)
  }
  const [kernel, ramdisk] = [fs.readFileSync(files.kernel), fs.readFileSync(files.ramdisk)]
  const iso = path.join(folder, 'debian-12-netinst.iso')
  makeIso(iso, 'Debian 12 amd64 n', {
    'install.amd/vmlinuz': kernel,
    'install.amd/initrd.gz': ramdisk,
    '.disk/info': Buffer.from('Debian GNU/Linux 12 "Bookworm" - netinst\n'),
  })
  const app = keep(await launch({ driver: 'embedded' }))
  const manager = await app.manager()
  const create = await app.createDomain(() => manager.button('New virtual machine').first().click())
  await create.startFrom('ISO image')
  await create.field('ISO file').fill(iso)
  await expect.poll(() => create.page.getByTestId('iso-system').textContent()).toBe('Debian 12 amd64 n')
  await app.picture(create.page, 'iso-wizard')
  const domain = await app.domain(() => create.button('Create and run').click())
  await seeInstaller(app, domain, 'iso-installer')

  const made = await definedAs(manager, 'Debian 12 amd64 n')
  expect(made?.config?.memoryMiB).toBe(800)
  expect(kernel.equals(fs.readFileSync(made?.config?.kernel ?? ''))).toBe(true)
  expect(ramdisk.equals(fs.readFileSync(made?.config?.ramdisk ?? ''))).toBe(true)
  const { uuid = '' } = made ?? {}
  await app.call(manager.page, 'domainDestroy', { uuid })
  await app.call(manager.page, 'domainUndefine', { uuid })
  expect(fs.existsSync(made?.config?.kernel ?? '')).toBe(true)
  const trash: { value: readonly { id: string }[] } = await manager.page.evaluate("ringmaster.call('trashList', {})")
  await app.call(manager.page, 'trashEmpty', { ids: trash.value.map(({ id }) => id) })
  expect(fs.readdirSync(path.join(app.folder, 'boot'))).toEqual([])
})
