// The list of the manager window with many domains: tree, folders and tags, filter, columns, many at once, undo; and what
// axe-core says of it. Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import type { RunningApp } from './app'
import { seriousViolations } from './axe'
import { startList } from './list-setup'
import type { ManagerPage } from './manager-page'
import { ownApp } from './own-app'
import { undoByKey } from './undo-key'

const keep = ownApp()
/** The newest: a test may start again. */
let running: RunningApp | undefined

function start(script: object, options: { folder?: string; keepFolder?: boolean } = {}) {
  const kept = (app: RunningApp): void => {
    running = keep(app)
  }
  return startList(kept, script, options)
}

async function choose(manager: ManagerPage, first: string, last: string): Promise<void> {
  await manager.row(first).click()
  await manager.row(last).click({ modifiers: ['Shift'] })
}

it('keeps its size, and its scroll bar at the foot, where a filter finds nothing', async () => {
  const { app, manager } = await start({ domains: 12, running: 6 })
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(680, 420))
  await expect.poll(() => manager.page.evaluate(() => window.innerWidth)).toBe(680)
  const box = () => manager.list().boundingBox()
  const before = await box()
  await manager.filter().fill('nothing has this name')
  const words = manager.page.getByText('No virtual machine matches')
  await words.waitFor()
  await app.picture(manager.page, 'list-nothing-found')
  expect(await box()).toEqual(before)
  const [said, middle] = [await words.boundingBox(), (before?.y ?? 0) + (before?.height ?? 0) / 2]
  expect(Math.abs((said?.y ?? 0) - middle)).toBeLessThan(80)
  await manager.page.locator('.empty').getByRole('button').click()
  await manager.row('web-01').waitFor()
})

it('holds a thousand domains, draws those on the screen, and goes to any of them by keyboard', async () => {
  const { app, manager } = await start({ domains: 1000, running: 600, changes: 20 })
  expect(await manager.list().getAttribute('aria-rowcount')).toBe('1003')
  expect(await manager.page.locator('.row').count()).toBeLessThan(60)
  await manager.list().focus()
  await manager.page.keyboard.press('End')
  await expect.poll(() => manager.focused()).toContain('web-100')
  await manager.page.keyboard.press('Home')
  await expect.poll(() => manager.focused()).toContain('Test driver')
  // Fold the connection: nothing of it is left. And open it again.
  await manager.page.keyboard.press('ArrowLeft')
  await expect.poll(() => manager.page.locator('.row').count()).toBe(1)
  await manager.page.keyboard.press('ArrowRight')
  await manager.row('auth-01').waitFor()
  await app.picture(manager.page, 'list-thousand')
})

it('is laid out once: nothing moves from the first frame on', async () => {
  const { manager } = await start({ domains: 200, running: 100 })
  const moved = await manager.page.evaluate(
    () =>
      new Promise<number>((resolve) => {
        let sum = 0
        const watcher = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += Number(Reflect.get(entry, 'value'))
        })
        watcher.observe({ type: 'layout-shift', buffered: true })
        setTimeout(() => resolve(sum), 500)
      }),
  )
  expect(moved).toBeLessThan(0.005)
})

it('filters over every column while letters are typed, keeps filters, and finds by figures', async () => {
  const { app, manager } = await start({ domains: 40, running: 20 })
  const { page } = manager
  await manager.list().focus()
  await page.keyboard.type('state:off mail')
  await expect.poll(() => manager.filter().inputValue()).toBe('state:off mail')
  await expect.poll(() => manager.names()).toEqual(['mail-01', 'mail-02', 'mail-03', 'mail-04'])
  await manager.button('Saved filters').click()
  await manager.menuItem('Save this filter').click()
  // The name proposed, the filter itself, is replaced by what is typed.
  const name = manager.dialog().getByLabel('Name')
  await expect.poll(() => name.inputValue()).toBe('state:off mail')
  await page.keyboard.type('Mail at rest')
  await expect.poll(() => name.inputValue()).toBe('Mail at rest')
  await page.keyboard.press('Enter')
  await manager.dialog().waitFor({ state: 'detached' })
  await manager.filter().fill('memory>1500')
  await expect.poll(async () => (await manager.names()).length).toBeGreaterThan(2)
  await manager.filter().fill('')
  await manager.button('Saved filters').click()
  await manager.menuItem('Mail at rest').first().click()
  await expect.poll(() => manager.names()).toEqual(['mail-01', 'mail-02', 'mail-03', 'mail-04'])
  await app.picture(page, 'list-filter')
  // As columns show them, and addresses of those that run though their column is hidden.
  const amount = /1,024 MiB/
  await manager.filter().fill('"1,024 mib"')
  await expect.poll(async () => (await manager.names()).length).toBeGreaterThan(2)
  for (const text of await page.locator('.row.domain').allTextContents()) expect(text).toMatch(amount)
  await manager.filter().fill('10.')
  await expect.poll(async () => (await manager.names()).length).toBe(20)
})

it('finds machines by their operating system, and shows and orders it in a column', async () => {
  const { app, manager } = await start({ domains: 6, running: 3 })
  const { page } = manager
  const listed: Record<string, { uuid: string; name: string; config: object }> = JSON.parse(
    JSON.stringify((await app.call(page, 'domainList', {})).value),
  )
  const give = async (name: string, os: string) => {
    const found = Object.values(listed).find((each) => each.name === name)
    if (found === undefined) throw new Error(`no ${name}`)
    const { uuid, config } = found
    expect((await app.call(page, 'domainRedefine', { uuid, config: { ...config, os }, base: config })).ok).toBe(true)
  }
  await give('db-01', 'http://debian.org/debian/12')
  await give('web-01', 'My own system')
  await manager.filter().fill('debian')
  await expect.poll(() => manager.names()).toEqual(['db-01'])
  await manager.filter().fill('os:own')
  await expect.poll(() => manager.names()).toEqual(['web-01'])
  await manager.filter().fill('')
  await manager.button('Columns').click()
  await manager.menuItem('Operating system').click()
  await manager.menu().waitFor({ state: 'detached' })
  await expect.poll(() => manager.row('db-01').locator('.cell.os').textContent()).toBe('Debian 12')
  await page.getByRole('columnheader', { name: 'Operating system' }).click()
  await expect.poll(async () => (await manager.names()).slice(-2)).toEqual(['db-01', 'web-01'])
  await app.picture(page, 'list-os')
})

it('orders by what a head is pressed for, and keeps columns, order and folders over a start', { tags: 'long' }, async () => {
  const first = await start({ domains: 12, running: 12 }, { keepFolder: true })
  const { manager } = first
  const heads = () => running?.manager().then((each) => each.page.locator('.column-name').allTextContents())
  await manager.page.getByRole('columnheader', { name: 'Name' }).click()
  await expect.poll(async () => (await manager.names()).slice(0, 3)).toEqual(['Domain 0', 'web-02', 'web-01'])
  await manager.button('Columns').click()
  await manager.menuItem('Autostart').click()
  await manager.menu().waitFor({ state: 'detached' })
  await manager.page.getByRole('columnheader', { name: 'Tags' }).click({ button: 'right' })
  await manager.menuItem('Move column left').click()
  await expect.poll(heads).toEqual(['Name', 'State', 'CPU', 'Memory', 'Network', 'Tags', 'Autostart'])
  const edge = manager.page.getByRole('columnheader', { name: 'State' }).locator('.column-edge')
  const box = await edge.boundingBox()
  if (box === null) throw new Error('no edge')
  const kept = () => JSON.parse(fs.readFileSync(path.join(first.app.folder, 'list.json'), 'utf8'))
  const before = kept().columns[1].width
  await manager.page.mouse.move(box.x + 4, box.y + 9)
  await manager.page.mouse.down()
  await manager.page.mouse.move(box.x + 64, box.y + 9, { steps: 4 })
  await manager.page.mouse.up()
  await expect.poll(() => kept().columns[1]?.width).toBe(before + 60)
  await choose(manager, 'web-02', 'web-01')
  await manager.page.keyboard.press('Control+m')
  await manager.dialog().getByLabel('Folder').fill('Work/Web')
  await manager.page.keyboard.press('Enter')
  await manager.folder('Web').waitFor()
  await manager.filter().fill('folder:web')
  await manager.button('Saved filters').click()
  await manager.menuItem('Save this filter').click()
  await manager.dialog().getByLabel('Name').fill('In Web')
  await manager.page.keyboard.press('Enter')
  await expect.poll(() => kept().filters).toEqual([{ name: 'In Web', text: 'folder:web' }])
  await manager.dialog().waitFor({ state: 'detached' })
  await manager.filter().fill('')
  await first.app.close()
  const again = await start({ domains: 12, running: 12 }, { folder: first.app.folder })
  await again.manager.folder('Web').waitFor()
  await expect.poll(heads).toEqual(['Name', 'State', 'CPU', 'Memory', 'Network', 'Tags', 'Autostart'])
  await expect.poll(async () => (await again.manager.names()).slice(0, 3)).toEqual(['Domain 0', 'web-02', 'web-01'])
  await again.manager.button('Saved filters').click()
  await again.manager.menuItem('In Web').first().click()
  await expect.poll(() => again.manager.names()).toEqual(['web-02', 'web-01'])
})

it('has small curves that can be read: a scale in the head, and the value and its age under the pointer', {
  tags: 'long',
}, async () => {
  const { manager } = await start({ domains: 3, running: 2 })
  const { page } = manager
  await expect.poll(() => manager.row('mail-01').locator('.figure.cpu').textContent()).toMatch(/^\d+%$/)
  const head = (name: string) => page.getByRole('columnheader', { name: new RegExp(`^${name}`) }).textContent()
  expect(await head('CPU')).toMatch(/0–100%/)
  expect(await head('Network')).toMatch(/0–\d+ [KM]iB\/s/)
  const tip = page.locator('.curve-tip')
  const curve = manager.row('mail-01').locator('.cpu canvas')
  const box = await curve.boundingBox()
  if (box === null) throw new Error('no curve')
  // Its end is now; the pointer moves until there are samples to be read.
  let moves = 0
  const reading = async () => {
    await curve.hover({ position: { x: box.width - 2 - (moves++ % 2), y: box.height / 2 } })
    return tip.textContent()
  }
  await expect.poll(reading).toMatch(/^\d+%, \d+ s ago$/)
  expect(await tip.isVisible()).toBe(true)
  await manager.filter().hover()
  await expect.poll(() => tip.isVisible()).toBe(false)
})

it('keeps names in sight while columns scroll by, each on the ground of its row', { tags: 'long' }, async () => {
  const { app, manager } = await start({ domains: 6, running: 3 })
  const { page } = manager
  const columns = ['name', 'state', 'cpu', 'host', 'memory', 'disk', 'network', 'autostart', 'tags', 'uptime', 'ip']
  await app.call(page, 'listLayoutSet', {
    columns: columns.map((id) => ({ id, width: 140, shown: true })),
    sort: { column: 'name', descending: false },
    collapsed: [],
    filters: [],
  })
  // The window asks for its layout when it begins.
  await page.reload()
  await manager.ready()
  await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.setContentSize(980, 600))
  await expect.poll(() => manager.list().evaluate((list) => list.scrollWidth - list.clientWidth)).toBeGreaterThan(300)
  await manager.row('web-01').click()
  await manager.list().evaluate((list) => list.scrollTo(9999, 0))
  /** What is seen where each name stands, and on what: the cell itself, on what its row has. */
  const seen = () =>
    page.evaluate(() => {
      const list = document.querySelector('.domain-list')?.getBoundingClientRect()
      return [
        ...document.querySelectorAll('.domain-list .name-name, .domain-list .group-name, .column:first-child .column-name'),
      ].map((name) => {
        const { left, top, height } = name.getBoundingClientRect()
        const row = name.closest('.row')
        const cell = name.closest('.cell')
        const isOpaque = cell === null || row === null || row.classList.contains('connection')
        const hit = document.elementFromPoint(left + 4, top + height / 2)
        return {
          name: name.textContent,
          inside: left >= (list?.left ?? 0) && left < (list?.left ?? 0) + 140,
          onTop: hit === name || name.contains(hit),
          ground: isOpaque || getComputedStyle(cell).backgroundColor === getComputedStyle(row).backgroundColor,
        }
      })
    })
  const good = { inside: true, onTop: true, ground: true }
  for (const theme of ['light', 'dark', 'contrast'] as const) {
    await page.emulateMedia({ colorScheme: theme === 'light' ? 'light' : 'dark' })
    await page.evaluate((name) => document.documentElement.setAttribute('data-theme', name), theme)
    const box = await manager.row('db-01').boundingBox()
    await page.mouse.move(800, (box?.y ?? 0) + 14)
    const names = await seen()
    expect(names.length).toBe(9)
    for (const { name, ...rest } of names) expect({ name, ...rest }).toEqual({ name, ...good })
    await manager.list().focus()
    await page.keyboard.press('ArrowDown')
    await page.keyboard.press('ArrowUp')
    await app.picture(page, `list-name-stays-${theme}`)
  }
  // Where all columns have room nothing is laid over another.
  await app.call(page, 'listLayoutSet', {
    columns: [],
    sort: { column: 'name', descending: false },
    collapsed: [],
    filters: [],
  })
  await page.reload()
  await manager.ready()
  await expect.poll(() => manager.list().getAttribute('data-wide')).toBe(null)
})

it('puts machines into folders and gives tags, by menu and by drag, and takes everything back', async () => {
  const { app, manager } = await start({ domains: 20, running: 0 })
  const { page } = manager
  await choose(manager, 'auth-01', 'auth-02')
  await page.keyboard.press('F10')
  await manager.menuItem('Move to folder').click()
  await manager.dialog().getByLabel('Folder').fill('a//b')
  await page.keyboard.press('Enter')
  await manager.dialog().getByText('joined by').waitFor()
  await manager.dialog().getByLabel('Folder').fill('Lab')
  await page.keyboard.press('Enter')
  await manager.folder('Lab').waitFor()
  await manager.row('backup-01').dragTo(manager.folder('Lab'))
  await expect.poll(() => manager.folder('Lab').textContent()).toContain('of 3 running')
  // The folder itself: renamed by key, dropped into another, and back.
  await manager.folder('Lab').click()
  await page.keyboard.press('F2')
  const place = manager.dialog().getByLabel('Folder')
  await expect.poll(() => place.inputValue()).toBe('Lab')
  await place.fill('Attic/Lab')
  await app.picture(page, 'list-folder-rename')
  await page.keyboard.press('Enter')
  await expect.poll(() => manager.folder('Attic').textContent()).toContain('of 3 running')
  // It stays chosen under its new name, and folded if it was; so it does when that is taken back, and done again.
  await expect.poll(() => manager.focused()).toContain('Lab')
  await page.keyboard.press('ArrowLeft')
  await expect.poll(() => manager.folder('Lab').getAttribute('aria-expanded')).toBe('false')
  await page.keyboard.press('F2')
  await place.fill('Attic/Shed')
  await page.keyboard.press('Enter')
  await expect.poll(() => manager.focused()).toContain('Shed')
  expect(await manager.folder('Shed').getAttribute('aria-expanded')).toBe('false')
  await undoByKey(page)
  await expect.poll(() => manager.focused()).toContain('Lab')
  expect(await manager.folder('Lab').getAttribute('aria-expanded')).toBe('false')
  await page.keyboard.press('ArrowRight')
  await expect.poll(() => manager.folder('Lab').getAttribute('aria-expanded')).toBe('true')
  // Renamed into one that is folded, that one has the keyboard.
  await manager.folder('Attic').click()
  await page.keyboard.press('ArrowLeft')
  await manager.row('build-01').click()
  await page.keyboard.press('Control+m')
  await place.fill('Den')
  await page.keyboard.press('Enter')
  await manager.folder('Den').click()
  await page.keyboard.press('F2')
  await place.fill('Attic/Den')
  await page.keyboard.press('Enter')
  await expect.poll(() => manager.folder('Den').count()).toBe(0)
  await expect.poll(() => manager.focused()).toContain('Attic')
  expect(await manager.folder('Attic').getAttribute('aria-expanded')).toBe('false')
  await undoByKey(page)
  await manager.folder('Den').waitFor()
  await undoByKey(page)
  await expect.poll(() => manager.folder('Den').count()).toBe(0)
  await manager.folder('Attic').click()
  await page.keyboard.press('ArrowRight')
  await manager.row('build-01').click()
  await page.keyboard.press('Control+m')
  await place.fill('Yard')
  await page.keyboard.press('Enter')
  await manager.folder('Lab').dragTo(manager.folder('Yard'))
  await expect.poll(() => manager.folder('Yard').textContent()).toContain('of 4 running')
  await expect.poll(() => manager.folder('Attic').count()).toBe(0)
  await manager.list().focus()
  for (let step = 0; step < 3; step++) await undoByKey(page)
  await expect.poll(() => manager.folder('Yard').count()).toBe(0)
  await expect.poll(() => manager.folder('Attic').count()).toBe(0)
  await expect.poll(() => manager.folder('Lab').textContent()).toContain('of 3 running')
  await manager.row('auth-01').click()
  await page.keyboard.press('Control+t')
  await manager.dialog().getByLabel('New tags').fill('front, red')
  await page.keyboard.press('Enter')
  await manager.row('auth-01').locator('.tag').first().waitFor()
  await manager.row('auth-01').locator('.tag', { hasText: 'red' }).dragTo(manager.row('backup-02').locator('.cell.state'))
  await expect.poll(() => manager.row('backup-02').locator('.tag').allTextContents()).toEqual(['red'])
  await app.picture(page, 'list-folders')
  // Four steps back, with the keyboard and with the button.
  await manager.list().focus()
  await undoByKey(page)
  await expect.poll(() => manager.row('backup-02').locator('.tag').count()).toBe(0)
  await manager.undoBar().getByRole('button', { name: 'Undo' }).click()
  await expect.poll(() => manager.row('auth-01').locator('.tag').count()).toBe(0)
  await undoByKey(page)
  await undoByKey(page)
  await expect.poll(() => manager.folder('Lab').count()).toBe(0)
})

it('renames in place, acts on many with one question, and brings back what was deleted', async () => {
  const { app, manager } = await start({ domains: 20, running: 10 })
  const { page } = manager
  await manager.row('auth-01').click()
  await page.keyboard.press('F2')
  await page.keyboard.type('first')
  await page.keyboard.press('Enter')
  await manager.row('first').waitFor()
  await undoByKey(page)
  await manager.row('auth-01').waitFor()
  // A name that is refused stays in its field, with the reason, until it is another or Escape.
  await manager.row('auth-01').click()
  await page.keyboard.press('F2')
  await page.keyboard.type('db-01')
  await page.keyboard.press('Enter')
  const field = page.getByLabel('New name of auth-01')
  await page.getByRole('alert').getByText('db-01').waitFor()
  await app.picture(page, 'list-rename-refused')
  expect(await field.inputValue()).toBe('db-01')
  await manager.row('web-01').click()
  expect(await field.inputValue()).toBe('db-01')
  await field.fill('db-0x')
  await page.getByRole('alert').waitFor({ state: 'detached' })
  await field.press('Enter')
  await manager.row('db-0x').waitFor()
  await undoByKey(page)
  await manager.row('auth-01').waitFor()
  await manager.list().focus()
  await page.keyboard.press('Control+a')
  await page.keyboard.press('Delete')
  await expect.poll(() => manager.dialog().textContent()).toContain('Delete 10 machines?')
  await expect.poll(() => manager.dialog().textContent()).toContain('These run and are left alone')
  await app.picture(page, 'list-delete-many')
  await page.keyboard.press('Escape')
  await manager.dialog().waitFor({ state: 'detached' })
  await manager.button('Run').click()
  await expect.poll(() => page.locator('.status-bar').textContent()).toContain('20 running')
  // One slip of the mouse does not end the work of twenty, though the preferences have one shut down without a question.
  await manager.button('Shut down').click()
  await expect.poll(() => manager.dialog().textContent()).toContain('Shut down: 20 machines?')
  await app.picture(page, 'list-shutdown-many')
  await page.keyboard.press('Escape')
  await manager.dialog().waitFor({ state: 'detached' })
  await app.electron.evaluate(({ app: electron }) => electron.quit()).catch(() => undefined)
  await expect.poll(() => manager.dialog().textContent()).toContain('… and 12 more')
  await app.picture(page, 'list-quit-many')
  await page.keyboard.press('Escape')
  await manager.dialog().waitFor({ state: 'detached' })
  await manager.button('Pause').click()
  await expect.poll(() => page.locator('.row.domain .name-state', { hasText: 'Paused' }).count()).toBeGreaterThan(9)
  await manager.choose('auth-02', 'Force off')
  await manager.dialog().getByRole('button', { name: 'Force off' }).click()
  await expect.poll(() => page.locator('.status-bar').textContent()).toContain('0 running')
  await manager.filter().fill('web')
  await manager.row('web-01').click()
  await page.keyboard.press('Delete')
  await manager.dialog().getByRole('button', { name: 'Delete' }).click()
  await manager.row('web-01').waitFor({ state: 'detached' })
  await manager.undoBar().getByRole('button', { name: 'Undo' }).click()
  await manager.row('web-01').waitFor()
  // Many that were deleted together come back together, and the palette lists what can be taken back.
  await manager.list().focus()
  await page.keyboard.press('Control+a')
  const before = (await manager.names()).filter((name) => name.startsWith('web'))
  expect(before.length).toBeGreaterThan(1)
  await page.keyboard.press('Delete')
  await manager.dialog().getByRole('button', { name: 'Delete' }).click()
  await expect.poll(() => manager.undoBar().textContent()).toContain(`Deleted ${before.length} machines`)
  await page.keyboard.press('Control+k')
  await page.keyboard.type('undo')
  await expect.poll(() => manager.palette().textContent()).toContain(`Deleted ${before.length} machines`)
  await app.picture(page, 'list-undo-palette')
  await page.keyboard.press('Enter')
  await expect.poll(async () => (await manager.names()).filter((name) => name.startsWith('web'))).toEqual(before)
})

it('opens a machine on its details, also when its window is there already', { tags: 'long' }, async () => {
  const { app, manager } = await start({ domains: 3, running: 3 })
  const domain = await app.domain(() => manager.choose('web-01', 'Details'))
  await expect.poll(() => domain.tab('Details').getAttribute('aria-selected')).toBe('true')
  await domain.tab('Performance').click()
  await expect.poll(() => domain.tab('Details').getAttribute('aria-selected')).toBe('false')
  await manager.page.bringToFront()
  await manager.choose('web-01', 'Details')
  await expect.poll(() => domain.tab('Details').getAttribute('aria-selected')).toBe('true')
})

it('has no serious fault in the eyes of axe-core, light and dark, with its menu and palette open', {
  tags: 'long',
}, async () => {
  const { manager } = await start({ domains: 60, running: 30 })
  const { page } = manager
  expect(await seriousViolations(page)).toEqual([])
  await page.emulateMedia({ colorScheme: 'dark' })
  expect(await seriousViolations(page)).toEqual([])
  await page.keyboard.press('Control+k')
  await manager.palette().waitFor()
  expect(await seriousViolations(page)).toEqual([])
  await page.keyboard.press('Escape')
  await manager.palette().waitFor({ state: 'detached' })
  await manager.openContextMenu('auth-01')
  expect(await seriousViolations(page)).toEqual([])
})
