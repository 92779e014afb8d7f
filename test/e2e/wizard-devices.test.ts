// The wizard with disks, network and screen, on the test driver: what it makes, what it says is wrong, and by the keyboard alone.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { launch, type RunningApp } from './app'
import type { CreateDomainPage } from './create-domain-page'
import type { ManagerPage } from './manager-page'
import { ownApp } from './own-app'

const keep = ownApp()

interface Started {
  readonly app: RunningApp
  readonly manager: ManagerPage
  readonly kernel: string
}

async function start(): Promise<Started> {
  const app = await launch()
  keep(app)
  const kernel = path.join(app.folder, 'vmlinuz')
  fs.writeFileSync(kernel, 'kernel')
  return { app, manager: await app.manager(), kernel }
}

function wizard({ app, manager }: Started): Promise<CreateDomainPage> {
  return app.createDomain(() => manager.button('New virtual machine').first().click())
}

describe('the wizard', () => {
  it('makes a Debian guest with one press: disk, network and screen are there', { tags: 'long' }, async () => {
    const started = await start()
    const form = await wizard(started)
    await started.app.picture(form.page, 'ready-guests')
    const domain = await started.app.domain(() => form.button('Make a Debian guest').click())
    await started.manager.waitForState('Debian', 'Running')
    await started.app.picture(domain.page, 'debian-guest')
    await expect.poll(() => form.page.isClosed()).toBe(true)
  })

  it('makes a machine with a new disk, a network with a forwarded port and a screen', { tags: 'long' }, async () => {
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
    await expect
      .poll(() => create.summary().textContent())
      .toBe('server · 256 MiB · xvda: new, 3 GiB · network default · screen 800 × 600')
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
    await expect.poll(() => create.refusal().textContent()).toContain('You did not allow')
    await answer(0)
    const domain = await started.app.domain(() => create.button('Create and run').click())
    await domain.waitForState('Running')
  })

  it('makes a machine on another network or on none, with disks of each format, without a screen', {
    tags: 'long',
  }, async () => {
    const started = await start()
    const { app, manager } = started
    const lab = { name: 'lab', kind: 'isolated', address: '10.9.0.1', prefix: 24, hosts: [], hostLoopback: true }
    expect(await app.call(manager.page, 'networkDefine', { network: lab, replaces: null })).toMatchObject({ ok: true })
    const definitions = () => {
      const folder = path.join(app.folder, 'definitions')
      const names = fs.readdirSync(folder).filter((name) => name.endsWith('.xml'))
      return names.map((name) => fs.readFileSync(path.join(folder, name), 'utf8'))
    }
    for (const [name, network] of [
      ['inner', 'lab'],
      ['alone', 'No network'],
    ] as const) {
      const create = await wizard(started)
      await create.field('Name').fill(name)
      await create.field('Kernel').fill(started.kernel)
      for (const [dev, format] of [
        ['xvda', 'qcow2'],
        ['xvdb', 'raw'],
      ] as const) {
        await create.button('Add a disk').click()
        await create.disk(dev).locator('.field', { hasText: 'Format' }).locator('.select-button').click()
        await create.page.getByRole('option', { name: format }).click()
        await create.disk(dev).getByLabel('Size').fill('1')
        await create.disk(dev).getByLabel('Size').press('Tab')
      }
      await create.choose('Attached to', network)
      await expect
        .poll(() => create.summary().textContent())
        .toMatch(network === 'lab' ? /network lab · text console only$/ : /no network · text console only$/)
      const domain = await app.domain(() => create.button('Create and run').click())
      await domain.waitForState('Running')
      const text = definitions().find((one) => one.includes(`<name>${name}</name>`)) ?? ''
      expect(/<source network=.lab./.test(text)).toBe(network === 'lab')
      expect(text).not.toMatch(/<graphics|<interface.*default/)
      expect([...text.matchAll(/<driver [^>]*type=.(\w+)/g)].map((match) => match[1])).toEqual(['qcow2', 'raw'])
    }
    // qcow2's magic word, or a GiB that is not there yet.
    const kind = (name: string) => {
      const file = path.join(app.folder, 'disks', name)
      const head = Buffer.alloc(3)
      const fd = fs.openSync(file, 'r')
      fs.readSync(fd, head)
      fs.closeSync(fd)
      return head.toString() === 'QFI' ? 'qcow2' : fs.statSync(file).size
    }
    expect(['inner.qcow2', 'alone.qcow2'].map(kind)).toEqual(['qcow2', 'qcow2'])
    expect(['inner.raw', 'alone.raw'].map(kind)).toEqual([2 ** 30, 2 ** 30])
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
