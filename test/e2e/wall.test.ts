// The wall: what machines show, small; opened ones as tabs, side by side, and let go as windows. On the test driver.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { launch } from './app'
import { DomainPage } from './domain-page'
import { startMachine, UUID } from './domain-setup'
import { ownApp } from './own-app'
import { openWindow } from './scenes'

const keep = ownApp()
const other = '22222222-2222-4333-8444-555555555555'

/** A machine without a screen, that is off. */
function withTexty(folder: string): void {
  const kernel = path.join(folder, 'vmlinuz')
  const config = { name: 'texty', memoryMiB: 64, vcpus: 1, kernel, ramdisk: null, cmdline: '', devices: [] }
  const definition = { version: 2, uuid: other, config, managedSave: null, savedConfig: null }
  fs.writeFileSync(path.join(folder, 'definitions', `${other}.json`), JSON.stringify(definition))
}

it('shows all machines, opens some as tabs and side by side, by mouse and by keyboard', async () => {
  const { app, manager } = await startMachine([{ kind: 'vfb', width: 800, height: 600 }], keep, {
    prepare: withTexty,
  })
  const page = await app.other(() => app.call(manager.page, 'windowOpen', { view: 'wall', uuid: null }).then(() => undefined))
  const item = (name: string) => page.getByRole('row', { name })
  await item('server').getByTestId('thumbnail-picture').waitFor()
  await item('texty').waitFor()
  await app.call(page, 'domainCreate', { uuid: other, fresh: false })
  await item('texty').getByTestId('thumbnail-text').waitFor()
  await expect.poll(() => item('texty').getByTestId('thumbnail-text').textContent()).toContain('make-believe guest')
  await app.picture(page, 'wall')

  await item('server').dblclick()
  await page.getByRole('tab', { name: 'server' }).waitFor()
  await page.getByTestId('screen-connection').filter({ hasText: 'Connected' }).waitFor()
  await page.getByRole('tab', { name: 'All' }).click()
  await page.keyboard.press('Tab')
  await expect.poll(() => page.evaluate(() => document.activeElement?.textContent)).toContain('server')
  await page.keyboard.press('ArrowRight')
  await page.keyboard.press('Enter')
  await page.getByRole('tab', { name: 'texty' }).waitFor()
  await page.getByRole('button', { name: 'Side by side' }).click()
  for (const name of ['server', 'texty']) await page.getByRole('heading', { name }).waitFor()
  await app.picture(page, 'wall-beside')
  // The pane one works in is what the buttons mean; what is left then shows by itself, and no longer side by side.
  const chosen = () => page.getByRole('tablist', { name: 'Open machines' }).getByRole('tab', { selected: true }).textContent()
  expect(await chosen()).toBe('texty')
  await page.getByRole('region', { name: 'server' }).getByRole('tab', { name: 'Log' }).click()
  await expect.poll(chosen).toBe('server')
  await page.getByRole('region', { name: 'texty' }).getByRole('tab', { name: 'Log' }).click()
  await expect.poll(chosen).toBe('texty')
  await app.picture(page, 'wall-chosen')
  const window = new DomainPage(await app.other(() => page.getByRole('button', { name: 'Own window' }).click()))
  await window.ready()
  await page.getByRole('tab', { name: 'texty' }).waitFor({ state: 'detached' })
  await expect.poll(chosen).toBe('server')
  expect(await page.getByRole('button', { name: 'Side by side', pressed: true }).count()).toBe(0)
  await page.getByRole('button', { name: 'Close tab' }).click()
  await item('server').waitFor()
})

it('offers to undo a change of Details in the pane of its machine', { tags: 'long' }, async () => {
  const { app, manager } = await startMachine([], keep, { prepare: withTexty })
  const page = await app.other(() => app.call(manager.page, 'windowOpen', { view: 'wall', uuid: null }).then(() => undefined))
  const names = ['server', 'texty']
  for (const name of names) {
    await page.getByRole('tab', { name: 'All' }).click()
    await page.getByRole('row', { name }).dblclick()
  }
  await page.getByRole('button', { name: 'Side by side' }).click()
  const [server, texty] = names.map((name) => page.getByRole('region', { name, exact: true }))
  if (server === undefined || texty === undefined) throw new Error('no panes')
  for (const pane of [server, texty]) await pane.getByRole('tab', { name: 'Details' }).click()
  for (const [pane, other] of [
    [texty, server],
    [server, texty],
  ] as const) {
    const title = pane.getByLabel('Title')
    await title.fill('changed')
    await pane.getByRole('button', { name: 'Apply', exact: true }).click()
    await pane.locator('.undo-bar').waitFor()
    expect(await other.locator('.undo-bar').count()).toBe(0)
    const [bar, around] = [await pane.locator('.undo-bar').boundingBox(), await pane.boundingBox()]
    if (bar === null || around === null) throw new Error('out of sight')
    expect(bar.x).toBeGreaterThanOrEqual(around.x)
    expect(bar.x + bar.width).toBeLessThanOrEqual(around.x + around.width)
    await app.picture(page, 'wall-undo')
    await pane.locator('.undo-bar').getByRole('button', { name: 'Undo' }).click()
    await expect.poll(() => title.inputValue()).toBe('')
  }
})

it('asks before a tab with changes in Details is closed, let go or left behind with the window', { tags: 'long' }, async () => {
  const { app, manager } = await startMachine([], keep)
  const page = await app.other(() => app.call(manager.page, 'windowOpen', { view: 'wall', uuid: null }).then(() => undefined))
  const title = page.getByLabel('Title')
  const dialog = page.getByRole('alertdialog')
  const answer = (name: string) => dialog.getByRole('button', { name }).click()
  await page.getByRole('row', { name: 'server' }).dblclick()
  await page.getByRole('tab', { name: 'Details' }).click()
  await title.fill('draft')
  for (const name of ['Close tab', 'Own window']) {
    await page.getByRole('button', { name }).click()
    await answer('Keep editing')
    await dialog.waitFor({ state: 'detached' })
    expect(await title.inputValue()).toBe('draft')
  }
  // The tab is out of sight: it comes back to ask.
  await page.getByRole('tab', { name: 'All' }).click()
  await title.waitFor({ state: 'hidden' })
  await app.electron.evaluate(({ BrowserWindow }) =>
    BrowserWindow.getAllWindows()
      .find((each) => each.webContents.getURL().includes('view=wall'))
      ?.close(),
  )
  await answer('Keep editing')
  await title.waitFor()
  expect(await title.inputValue()).toBe('draft')
  await page.getByRole('button', { name: 'Close tab' }).click()
  await answer('Apply')
  await page.getByRole('tab', { name: 'server' }).waitFor({ state: 'detached' })
  await page.getByRole('row', { name: 'server' }).dblclick()
  await page.getByRole('tab', { name: 'Details' }).click()
  await expect.poll(() => title.inputValue()).toBe('draft')
  await title.fill('other')
  await page.getByRole('button', { name: 'Close tab' }).click()
  await answer('Discard')
  await page.getByRole('row', { name: 'server' }).waitFor()
})

it('makes only the tiles in sight of a thousand machines, and goes to the last by keyboard', { tags: 'long' }, async () => {
  const app = await launch({ env: { RINGMASTER_TEST_SCRIPT: JSON.stringify({ domains: 1000 }) } })
  keep(app)
  const manager = await app.manager()
  const page = await app.other(() => app.call(manager.page, 'windowOpen', { view: 'wall', uuid: null }).then(() => undefined))
  await page.getByTestId('thumbnail-text').first().waitFor()
  expect(await page.getByRole('row').count()).toBeLessThan(60)
  await page.getByRole('row').first().click()
  await page.keyboard.press('End')
  await page.getByRole('row', { name: 'web-100' }).getByTestId('thumbnail-text').waitFor()
  expect(await page.getByRole('row').count()).toBeLessThan(60)
  // In the system's own colours what is chosen is told by the system's: all words of it.
  await page.emulateMedia({ forcedColors: 'active' })
  const looks = await page.getByRole('row', { name: 'web-100' }).evaluate((row) => {
    const style = (node: Element, name: string): string => getComputedStyle(node).getPropertyValue(name)
    const probe = document.createElement('span')
    probe.style.cssText = 'forced-color-adjust: none; color: HighlightText; background-color: Highlight'
    document.body.append(probe)
    const wanted = [style(probe, 'background-color'), style(probe, 'color')]
    const words = [...row.querySelectorAll('.wall-name, .wall-state')].map((node) => style(node, 'color'))
    return { wanted, found: [style(row, 'background-color'), ...new Set(words)] }
  })
  expect(looks.found).toEqual(looks.wanted)
})

it('covers no line below with the button that runs a machine, where a pane has no room for it', { tags: 'long' }, async () => {
  const { app, manager, domain } = await startMachine([{ kind: 'vfb', width: 800, height: 600 }], keep, { prepare: withTexty })
  await domain.page.close()
  await app.call(manager.page, 'domainDestroy', { uuid: UUID })
  const page = await app.other(() => app.call(manager.page, 'windowOpen', { view: 'wall', uuid: null }).then(() => undefined))
  for (const name of ['server', 'texty']) {
    await page.getByRole('tab', { name: 'All' }).click()
    await page.getByRole('row', { name }).dblclick()
  }
  await page.getByRole('button', { name: 'Side by side' }).click()
  // As a small screen has it at 300 %.
  await app.electron.evaluate(({ BrowserWindow }) => {
    for (const window of BrowserWindow.getAllWindows()) {
      if (!window.webContents.getURL().includes('view=wall')) continue
      window.setMinimumSize(100, 100)
      window.setContentSize(480, 290)
    }
  })
  await expect.poll(() => page.evaluate(() => window.innerHeight)).toBe(290)
  await app.picture(page, 'wall-low')
  for (const name of ['server', 'texty']) {
    const pane = page.getByRole('region', { name, exact: true })
    const covered = await pane
      .locator('.status-bar')
      .locator('visible=true')
      .evaluate((bar) => {
        const { left, top, width, height } = bar.getBoundingClientRect()
        const points = Array.from({ length: 100 }, (_, at) => [
          left + ((at % 10) + 0.5) * (width / 10),
          top + (Math.floor(at / 10) + 0.5) * (height / 10),
        ])
        return points.filter(([x = 0, y = 0]) => y < innerHeight && !bar.contains(document.elementFromPoint(x, y))).length
      })
    expect(covered, name).toBe(0)
    await pane
      .locator('.console-idle, .screen-idle')
      .locator('visible=true')
      .getByRole('button', { name: 'Run' })
      .click({ trial: true })
  }
})

it('names all tabs of a narrow pane in a menu behind them, and shows the one that is chosen there', {
  tags: 'long',
}, async () => {
  const app = await launch({ scale: 3, env: { RINGMASTER_TEST_SCRIPT: JSON.stringify({ domains: 2, running: 1 }) } })
  try {
    const { page: manager } = await app.manager()
    const wall = await openWindow(app, manager, 'wall', null)
    for (const index of [0, 1]) {
      await wall.getByRole('tab', { name: 'All', exact: true }).click()
      await wall.getByRole('grid').getByRole('row').nth(index).dblclick()
    }
    await wall.getByRole('button', { name: 'Side by side' }).click()
    const pane = wall.getByRole('region').first()
    await pane.getByRole('button', { name: 'All tabs' }).click()
    await app.picture(wall, 'narrow-wall-tabs')
    const names = await wall.getByRole('menuitem').allTextContents()
    expect(names).toEqual(['Screen', 'Text console', 'Details', 'Performance', 'Snapshots', 'Inside', 'Log'])
    await wall.getByRole('menuitem', { name: 'Log' }).click()
    const tab = pane.getByRole('tab', { name: 'Log', selected: true })
    const inSight = async () => {
      const [one, list] = [await tab.boundingBox(), await pane.getByRole('tablist').first().boundingBox()]
      if (one === null || list === null) return false
      return one.x >= list.x - 1 && one.x + one.width <= list.x + list.width + 1
    }
    await expect.poll(inSight).toBe(true)
  } finally {
    await app.close()
  }
})

it('shows the newest lines of a console that comes back in sight smaller', { tags: 'long' }, async () => {
  const { app, manager } = await startMachine([], keep, { prepare: withTexty })
  // As on a busy machine: that something is in sight is told after the next picture was drawn.
  await app.electron.context().addInitScript(() => {
    const Real = window.IntersectionObserver
    window.IntersectionObserver = class extends Real {
      constructor(tell: IntersectionObserverCallback, options?: IntersectionObserverInit) {
        super((entries, observer) => void setTimeout(() => tell(entries, observer), 100), options)
      }
    }
  })
  const page = await openWindow(app, manager.page, 'wall', null)
  await app.electron.evaluate(({ BrowserWindow }) => {
    const wall = BrowserWindow.getAllWindows().find((each) => each.webContents.getURL().includes('view=wall'))
    wall?.setMinimumSize(100, 100)
    wall?.setContentSize(480, 300)
  })
  await expect.poll(() => page.evaluate(() => window.innerHeight)).toBe(300)
  const rows = page.locator('.wall-pane .xterm-rows').first()
  await page.getByRole('row', { name: 'server' }).dblclick()
  await expect.poll(() => rows.textContent()).toContain('~ #')
  await page.getByRole('tab', { name: 'All' }).click()
  await page.getByRole('row', { name: 'texty' }).dblclick()
  await page.getByRole('region', { name: 'texty' }).waitFor()
  const before = await rows.evaluate((box) => box.children.length)
  await page.getByRole('button', { name: 'Side by side' }).click()
  await expect.poll(() => rows.evaluate((box) => box.children.length)).toBeLessThan(before)
  await expect.poll(() => rows.textContent()).toContain('~ #')
  await app.picture(page, 'wall-console-newest')
})
