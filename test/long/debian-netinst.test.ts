// Debian's installer over the network, all through the wizard of the real app: a web server has the tree as Debian's archive has it, with
// the files of Debian's netboot package; kernel and ramdisk come down byte by byte, and the machine comes up to the installer's first
// dialog on its screen. A download that is called off leaves nothing.
// Runs in: vitest (long tier); starts the real Electron on a virtual display.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { launch } from '../e2e/app'
import { ownApp } from '../e2e/own-app'
import { debianInstaller } from '../support/debian-installer'
import { debianTree, TreeServer } from '../support/tree-server'
import { definedAs, seeInstaller } from './installer-dialog'

const keep = ownApp()
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-debian-netinst-'))
const server = new TreeServer()
afterAll(async () => {
  await server.close()
  fs.rmSync(folder, { recursive: true, force: true })
})

it("Debian's installer is started over the network", { timeout: 1_800_000 }, async ({ skip }) => {
  let files: Awaited<ReturnType<typeof debianInstaller>>
  try {
    files = await debianInstaller(folder)
  } catch (error) {
    return skip(`no installer could be had here: ${error instanceof Error ? error.message : error}`)
  }
  const [kernel, ramdisk] = [fs.readFileSync(files.kernel), fs.readFileSync(files.ramdisk)]
  const whole = debianTree(kernel, ramdisk)
  const address = `${await server.listen()}/debian/dists/bookworm`
  const ramdiskAt = Object.keys(whole).find((name) => name.endsWith('/initrd.gz')) ?? ''
  let begun = 0
  let cutOff = 0
  server.files = {
    ...whole,
    [ramdiskAt]: (request, response) => {
      response.writeHead(200, { 'content-length': ramdisk.length })
      response.write(ramdisk.subarray(0, ramdisk.length >> 1))
      if (request.headers.range !== undefined) return
      begun++
      response.on('close', () => cutOff++)
    },
  }

  const app = keep(await launch({ driver: 'embedded' }))
  const manager = await app.manager()
  const create = await app.createDomain(() => manager.button('New virtual machine').first().click())
  await create.startFrom('Network install')
  await create.field('Address').fill(address)
  await expect.poll(() => create.page.getByTestId('iso-system').textContent(), { timeout: 30_000 }).toBe('Debian 12.8')
  await create.field('Command line').fill('quiet')
  await create.button('Create and run').click()
  await create.page.getByText('Downloading kernel and ramdisk').waitFor()
  await app.picture(create.page, 'netinst-download')
  await expect.poll(() => begun, { timeout: 60_000 }).toBe(1)
  await create.page
    .locator('.activity-card')
    .getByRole('button', { name: /Cancel/ })
    .click()
  await create.refusal().waitFor()
  await expect.poll(() => cutOff).toBe(1)
  expect(
    fs.readdirSync(path.join(app.folder, 'boot')).flatMap((name) => fs.readdirSync(path.join(app.folder, 'boot', name))),
  ).toEqual([])

  server.files = whole
  const domain = await app.domain(() => create.button('Create and run').click())
  await seeInstaller(app, domain, 'netinst-installer')

  const made = (await definedAs(manager, 'Debian 12.8'))?.config
  expect(made).toMatchObject({ memoryMiB: 800, bootloader: 'pygrub', cmdline: 'quiet' })
  expect(kernel.equals(fs.readFileSync(made?.kernel ?? ''))).toBe(true)
  expect(ramdisk.equals(fs.readFileSync(made?.ramdisk ?? ''))).toBe(true)
})
