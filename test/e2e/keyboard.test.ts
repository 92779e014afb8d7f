// Each view by keyboard alone, on the test driver: no mouse is touched. On the way every stop of the Tab key can be seen.
// What more there is to keys stands beside what they are for: the list in manager.test.ts and list.test.ts, the wizard in
// wizard-devices.test.ts, preferences, wiring and the wall in their own files. Runs in: plain Node; starts the real Electron on a virtual display.
import path from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import type { CallName } from '../../src-main/public/calls'
import { closing, launch, type RunningApp } from './app'
import { focusNow } from './focus'
import { ownApp } from './own-app'
import { openWindow, SERVER, settle, stageFolder } from './scenes'
import { undoByKey } from './undo-key'

const keep = ownApp()

async function stage(): Promise<{ app: RunningApp; page: Page }> {
  const script = JSON.stringify({ domains: 4, running: 2, idle: true })
  const app = keep(
    await launch({ folder: stageFolder({}), env: { RINGMASTER_TEST_SCRIPT: script, RINGMASTER_ELECTRON_SOURCE: 'npm' } }),
  )
  const { page } = await app.manager()
  await app.call(page, 'domainCreate', { uuid: SERVER, fresh: true })
  return { app, page }
}

/** Presses Tab until this has the keyboard. */
async function tabTo(page: Page, words: string, back = false): Promise<void> {
  const names: string[] = []
  for (let presses = 0; presses < 60; presses++) {
    await page.keyboard.press(back ? 'Shift+Tab' : 'Tab')
    let focus = await focusNow(page)
    // A list hands the keyboard on to its row a moment later.
    if (focus?.seen === false) {
      await page.waitForTimeout(250)
      focus = await focusNow(page)
    }
    names.push(focus?.name ?? 'nothing')
    if (focus !== null && !focus.seen) throw new Error(`cannot be seen: ${focus.name}`)
    if (focus?.name.includes(words) === true) return
  }
  throw new Error(`Tab does not come to “${words}” but to ${[...new Set(names)].join('; ')}`)
}

async function keys(page: Page, ...names: readonly string[]): Promise<void> {
  for (const name of names) await page.keyboard.press(name)
}

/** Presses this arrow until that has the keyboard. */
async function arrowTo(page: Page, arrow: string, words: string): Promise<void> {
  for (let presses = 0; presses < 30; presses++) {
    const focus = await focusNow(page)
    if (focus?.name.includes(words) === true) return expect(focus.seen, focus.name).toBe(true)
    await page.keyboard.press(arrow)
  }
  throw new Error(`${arrow} does not come to “${words}”`)
}

/** Down through the open menu to this entry, and takes it. */
async function chooseEntry(page: Page, words: string): Promise<void> {
  await page.getByRole('menu').waitFor()
  for (let presses = 0; presses < 30; presses++) {
    if ((await focusNow(page))?.name.includes(words) === true) return page.keyboard.press('Enter')
    await page.keyboard.press('ArrowDown')
  }
  throw new Error(`the menu has no “${words}”`)
}

const told = async (app: RunningApp, page: Page, name: CallName, params: object): Promise<string> =>
  JSON.stringify(await app.call(page, name, params))

describe('by keyboard alone', () => {
  it('the list: filter, choose, pause, save, delete and undo; the menu gives the keyboard back', {
    timeout: 120_000,
  }, async () => {
    const { app, page } = await stage()
    const { waitForState, row } = await app.manager().then((manager) => ({
      waitForState: (words: string) => manager.waitForState('server', words),
      row: manager.row('server'),
    }))
    await keys(page, 'Control+f')
    await page.keyboard.type('server')
    await keys(page, 'Enter', 'Control+p')
    await waitForState('Paused')
    await keys(page, 'Control+p')
    await waitForState('Running')
    await keys(page, 'Shift+F10')
    await chooseEntry(page, 'Save state and turn off')
    await waitForState('Saved')
    await keys(page, 'Delete')
    await page.getByRole('alertdialog').waitFor()
    await tabTo(page, 'Delete')
    await keys(page, 'Enter')
    await row.waitFor({ state: 'detached' })
    await undoByKey(page)
    await waitForState('Saved')
    await tabTo(page, 'Application menu', true)
    await keys(page, 'Enter')
    await page.getByRole('menu').waitFor()
    await keys(page, 'Escape')
    await expect.poll(async () => (await focusNow(page))?.name).toContain('Application menu')
    await keys(page, 'Enter')
    await chooseEntry(page, 'Keyboard shortcuts')
    await page.getByRole('dialog').waitFor()
    await keys(page, 'Escape')
    await page.getByRole('dialog').waitFor({ state: 'detached' })
  })

  it('the first start: the demo guest, after which the list has the keyboard, also from the palette', async () => {
    const app = keep(await launch())
    const { page } = await app.manager()
    const domain = await app.domain(async () => {
      await tabTo(page, 'Demo guest')
      await keys(page, 'Enter')
    })
    await expect.poll(async () => (await focusNow(page))?.name).toContain('domain-list')
    // As after a press on the empty ground.
    await page.evaluate(() => document.activeElement instanceof HTMLElement && document.activeElement.blur())
    await keys(page, 'Control+k', 'Escape')
    await page.locator('.palette').waitFor({ state: 'detached' })
    await expect.poll(async () => (await focusNow(page))?.name).toContain('domain-list')
    await domain.page.close()
  })

  it('a machine saved to a file from its toolbar, restored by the palette, and shut down', async () => {
    const { app, page: manager } = await stage()
    const page = await openWindow(app, manager, 'domain', SERVER)
    await settle(page)
    const state = (words: string) => page.getByTestId('domain-state').filter({ hasText: words }).waitFor()
    await app.answerFileDialogs(path.join(app.folder, 'kept.save'))
    // The screen of a machine that runs has the keyboard.
    const toSave = async () => {
      await page.getByTestId('keyboard').filter({ hasText: 'Keyboard: guest' }).waitFor()
      await page.keyboard.down('ControlLeft')
      await keys(page, 'AltLeft')
      await page.keyboard.up('ControlLeft')
      await tabTo(page, 'Save…', true)
    }
    await toSave()
    await keys(page, 'Enter')
    await state('Shut off')
    // What was pressed keeps the keyboard, and arrows go on from it.
    await arrowTo(page, 'ArrowLeft', 'Run')
    await keys(manager, 'Control+k')
    await manager.keyboard.type('Restore')
    await keys(manager, 'Enter')
    await state('Running')
    await toSave()
    await arrowTo(page, 'ArrowLeft', 'Shut down')
    await keys(page, 'Enter')
    await state('Shut off')
    await arrowTo(page, 'ArrowLeft', 'Run')
  })

  it('the palette: any command, and any machine', { tags: 'long' }, async () => {
    const { app, page } = await stage()
    await keys(page, 'Control+k')
    await page.keyboard.type('doctor')
    const doctor = await app.other(() => page.keyboard.press('Enter'))
    await expect.poll(() => doctor.title()).toContain('Doctor')
    await doctor.close()
    await keys(page, 'Control+k')
    await page.keyboard.type('go nowhere')
    await keys(page, 'Escape')
    await page.locator('.palette').waitFor({ state: 'detached' })
    await keys(page, 'Control+k')
    await page.keyboard.type('server')
    await keys(page, 'Enter')
    await expect.poll(async () => (await app.manager()).focused()).toContain('server')
  })

  it('a machine: its tabs, its toolbar, a field of Details, a snapshot', async () => {
    const { app, page: manager } = await stage()
    const page = await openWindow(app, manager, 'domain', SERVER)
    await settle(page)
    // The screen has the keyboard; its own keys give it back.
    await page.getByTestId('keyboard').filter({ hasText: 'Keyboard: guest' }).waitFor()
    await page.keyboard.down('ControlLeft')
    await keys(page, 'AltLeft')
    await page.keyboard.up('ControlLeft')
    await page.getByTestId('keyboard').filter({ hasText: 'Keyboard: here' }).waitFor()
    // A toolbar is one stop; arrows go along it.
    await tabTo(page, 'Save…', true)
    await arrowTo(page, 'ArrowLeft', 'Pause')
    await keys(page, 'Enter')
    await page.getByTestId('domain-state').filter({ hasText: 'Paused' }).waitFor()
    // The button keeps the keyboard while it changes its word.
    expect((await focusNow(page))?.name).toContain('Resume')
    await keys(page, 'Enter')
    await page.getByTestId('domain-state').filter({ hasText: 'Running' }).waitFor()
    await tabTo(page, 'DIV tab')
    await keys(page, 'Home')
    const tabs = page.getByRole('tablist').first().getByRole('tab')
    for (let index = 1; index < (await tabs.count()); index++) {
      await keys(page, 'ArrowRight')
      const name = (await tabs.nth(index).textContent()) ?? ''
      await expect.poll(() => tabs.nth(index).getAttribute('aria-selected'), { message: name }).toBe('true')
      expect((await focusNow(page))?.seen, name).toBe(true)
      const panel = page.locator(`[id="${await tabs.nth(index).getAttribute('aria-controls')}"]`)
      expect(await panel.getAttribute('role'), name).toBe('tabpanel')
      expect(await panel.getAttribute('aria-labelledby'), name).toBe(await tabs.nth(index).getAttribute('id'))
    }
    await keys(page, 'Home', 'ArrowRight', 'ArrowRight')
    await tabTo(page, 'Overview')
    await keys(page, 'ArrowDown', 'ArrowUp')
    await tabTo(page, 'INPUT input')
    await tabTo(page, 'INPUT input')
    await page.keyboard.type('Typed with keys')
    await tabTo(page, 'Apply')
    await keys(page, 'Enter')
    await expect.poll(() => told(app, page, 'domainList', {})).toContain('"title":"Typed with keys"')
    await tabTo(page, 'DIV tab', true)
    await keys(page, 'ArrowRight', 'ArrowRight')
    await tabTo(page, 'Take snapshot…')
    await keys(page, 'Enter')
    await page.getByRole('dialog').waitFor()
    await keys(page, 'Control+a')
    await page.keyboard.type('With keys')
    await keys(page, 'Enter')
    await expect.poll(() => told(app, page, 'snapshotTree', { uuid: SERVER })).toContain('"With keys"')
  })

  it('the host: a volume and a network made', { tags: 'long' }, async () => {
    const { app, page: manager } = await stage()
    const page = await openWindow(app, manager, 'host', null)
    await settle(page)
    await tabTo(page, 'Overview')
    await keys(page, 'End')
    await tabTo(page, 'New volume…')
    await keys(page, 'Enter')
    await page.getByRole('dialog').waitFor()
    await keys(page, 'Control+a')
    await page.keyboard.type('typed')
    await keys(page, 'Enter')
    await expect.poll(() => told(app, page, 'volumeList', { pool: 'default' })).toContain('"typed')
    const networks = await openWindow(app, manager, 'networks', null)
    await settle(networks)
    await tabTo(networks, 'New network')
    await keys(networks, 'Enter')
    await tabTo(networks, 'INPUT input')
    await keys(networks, 'Control+a')
    await networks.keyboard.type('typed')
    await tabTo(networks, 'Create')
    await keys(networks, 'Enter')
    await expect.poll(() => told(app, networks, 'networkList', {})).toContain('"typed"')
  })

  it('the keyboard has a place when what had it goes: a deleted image, an offer to undo, a message', {
    tags: 'long',
  }, async () => {
    const { app, page: manager } = await stage()
    const page = await openWindow(app, manager, 'host', null)
    const volumes = () => told(app, page, 'volumeList', { pool: 'default' })
    await settle(page)
    await tabTo(page, 'Overview')
    await keys(page, 'End')
    await tabTo(page, 'New volume…')
    await keys(page, 'Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('typed')
    await keys(page, 'Enter')
    await expect.poll(volumes).toContain('"typed')
    // What is asked for has the keyboard.
    await tabTo(page, 'Resize…')
    await keys(page, 'Enter')
    await page.getByRole('dialog').waitFor()
    await page.keyboard.type('16')
    await keys(page, 'Enter')
    await expect.poll(volumes).toContain(`${16 * 1024 ** 3}`)
    await tabTo(page, 'Delete…')
    await keys(page, 'Enter')
    await page.getByRole('alertdialog').waitFor()
    expect(await focusNow(page)).toMatchObject({ name: expect.stringContaining('Cancel'), seen: true })
    await keys(page, 'Tab', 'Enter')
    await page.getByRole('row', { name: /^typed/ }).waitFor({ state: 'detached' })
    await expect.poll(async () => (await focusNow(page))?.seen).toBe(true)
    await tabTo(page, 'Undo')
    await keys(page, 'Enter')
    await page.getByRole('row', { name: /^typed/ }).waitFor()
    await expect.poll(async () => (await focusNow(page))?.seen).toBe(true)
    await page.close()

    await keys(manager, 'Control+f')
    await manager.keyboard.type('server')
    await keys(manager, 'Enter', 'Shift+F10')
    await chooseEntry(manager, 'Running copy…')
    await manager.getByRole('dialog').waitFor()
    await keys(manager, 'Enter')
    await manager.getByText('“server copy” is ready.').waitFor()
    await tabTo(manager, 'Dismiss this message')
    await keys(manager, 'Enter')
    await manager.getByText('“server copy” is ready.').waitFor({ state: 'detached' })
    await expect.poll(async () => (await focusNow(manager))?.name).toContain('domain-list')
  })

  it('about: opened from the palette, its text copied, closed', { tags: 'long' }, async () => {
    const { app, page: manager } = await stage()
    await keys(manager, 'Control+k')
    await manager.keyboard.type('about')
    const page = await app.other(() => manager.keyboard.press('Enter'))
    await page.getByText('Chromium').waitFor()
    await tabTo(page, 'Copy', true)
    await keys(page, 'Enter')
    const copied = () => app.electron.evaluate(({ clipboard }) => clipboard.readText())
    await expect.poll(copied).toMatch(/^Ringmaster\n.+: .+\n.*^Electron from: its npm package\n.*^Chromium: \d+\./ms)
    await tabTo(page, 'Close')
    await closing(page, () => keys(page, 'Enter'))
  })

  it('the doctor: a finding mended, and looked again', { tags: 'long' }, async () => {
    const { app, page: manager } = await stage()
    const page = await openWindow(app, manager, 'doctor', null)
    const finding = page.locator('.finding', { hasText: 'Ports of “server” are open to other computers' })
    await finding.waitFor({ timeout: 60_000 })
    await tabTo(page, 'Let only this computer in')
    await keys(page, 'Enter')
    await finding.waitFor({ state: 'detached' })
    await tabTo(page, 'Look again')
    await keys(page, 'Enter')
    await expect.poll(async () => (await focusNow(page))?.name).toContain('Look again')
  })
})
