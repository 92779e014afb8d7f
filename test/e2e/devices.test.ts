// Devices through the windows, on the test driver: the wizard with disks, network and screen; Details, Screen, figures and
// XenStore of a machine that runs; virtual networks. Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { type LaunchOptions, launch, type RunningApp } from './app'
import type { CreateDomainPage } from './create-domain-page'
import type { ManagerPage } from './manager-page'

let running: RunningApp | undefined

interface Started {
  readonly app: RunningApp
  readonly manager: ManagerPage
  readonly kernel: string
}

async function start(options: LaunchOptions = {}): Promise<Started> {
  const app = await launch(options)
  running = app
  const kernel = path.join(app.folder, 'vmlinuz')
  fs.writeFileSync(kernel, 'kernel')
  return { app, manager: await app.manager(), kernel }
}

function wizard({ app, manager }: Started): Promise<CreateDomainPage> {
  return app.createDomain(() => manager.button('New virtual machine').first().click())
}

afterEach(async () => {
  const app = running
  running = undefined
  await app?.close()
  expect(app?.errors ?? []).toEqual([])
})

describe('the wizard', () => {
  it('makes a machine with a new disk, a network with a forwarded port and a screen', async () => {
    const started = await start()
    const create = await wizard(started)
    const { page } = create
    await create.field('Name').fill('server')
    await create.field('Kernel').fill(started.kernel)
    await create.button('Add a disk').click()
    const place = create.disk('xvda').getByLabel('Place')
    await expect.poll(() => place.getAttribute('placeholder')).toBe(path.join(started.app.folder, 'disks', 'server.qcow2'))
    await create.disk('xvda').getByLabel('Size').fill('3')
    await create.disk('xvda').getByLabel('Size').press('Tab')
    await expect.poll(() => create.field('MAC address').inputValue()).toMatch(/^00:16:3e:/)
    await create.button('Add a port').click()
    await page.getByLabel('Host port').fill('2222')
    await page.getByLabel('Guest port').fill('22')
    await create.choose('Mode', '800 × 600')
    await expect(create.summary().textContent()).resolves.toBe(
      'server · 256 MiB · xvda: new, 3 GiB · network default · screen 800 × 600',
    )
    await started.app.picture(page, 'wizard-devices')
    const domain = await started.app.domain(() => create.button('Create and run').click())
    await domain.waitForState('Running')
    expect(
      fs
        .readFileSync(path.join(started.app.folder, 'disks', 'server.qcow2'))
        .subarray(0, 3)
        .toString(),
    ).toBe('QFI')
  })

  it('says beside its field what is wrong with a device, and asks before a guest may write to a typed file', async () => {
    const started = await start()
    const create = await wizard(started)
    const { page } = create
    const image = path.join(started.app.folder, 'mine.raw')
    fs.writeFileSync(image, Buffer.alloc(4096))
    await create.field('Kernel').fill(started.kernel)
    await create.button('Add a disk').click()
    await create.disk('xvda').getByText('Existing file').click()
    await create.field('MAC address').fill('01:16:3e:00:00:01')
    await create.button('Add a port').click()
    await create.button('Create and run').click()
    await create.disk('xvda').getByText('A file is needed').waitFor()
    await page.getByText('Six pairs of hexadecimal digits').waitFor()
    await page.getByText('Ports go from 1 to 65535').waitFor()
    await started.app.picture(page, 'wizard-device-errors')
    await create.field('MAC address').fill('00-16-3E-00-00-01')
    await create.button('Remove this forward').click()
    await create.disk('xvda').getByLabel('File', { exact: true }).fill(image)
    await create.disk('xvda').getByText('raw, 4 KiB').waitFor()

    const answer = (response: number) =>
      started.app.electron.evaluate(({ dialog }, chosen) => {
        dialog.showMessageBox = async () => ({ response: chosen, checkboxChecked: false })
      }, response)
    await answer(1)
    await create.button('Create and run').click()
    await create.refusal().waitFor()
    await expect(create.refusal().textContent()).resolves.toContain('You did not allow')
    await answer(0)
    const domain = await started.app.domain(() => create.button('Create and run').click())
    await domain.waitForState('Running')
  })

  it('is filled in and sent with the keyboard alone', async () => {
    const started = await start()
    const create = await wizard(started)
    const { page } = create
    const focused = () => page.evaluate(() => document.activeElement?.textContent ?? '')
    const tabTo = async (words: string) => {
      for (let presses = 0; presses < 40 && !(await focused()).includes(words); presses += 1) await page.keyboard.press('Tab')
      expect(await focused()).toContain(words)
    }
    await expect.poll(() => create.field('MAC address').inputValue()).toMatch(/^00:16:3e:/)
    // The kernel has the keyboard from the start.
    await page.keyboard.type(started.kernel)
    await tabTo('Add a disk')
    await page.keyboard.press('Enter')
    await create.disk('xvda').waitFor()
    await tabTo('qcow2')
    await page.keyboard.press('ArrowDown')
    await page.getByRole('option', { name: 'raw' }).waitFor()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('Enter')
    await tabTo('None')
    await page.keyboard.type('1024')
    await expect.poll(() => create.summary().textContent()).toContain('screen 1024 × 768')
    await tabTo('Create and run')
    const domain = await started.app.domain(() => page.keyboard.press('Enter'))
    await domain.waitForState('Running')
    expect(fs.existsSync(path.join(started.app.folder, 'disks', 'guest-1.raw'))).toBe(true)
  })
})
