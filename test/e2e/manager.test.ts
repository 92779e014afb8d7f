// The app on the test driver, through its windows: everything a user does with a guest short of a real kernel.
// Runs in: plain Node; starts the real Electron on a virtual display.

import fs from 'node:fs'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { describe, expect, it } from 'vitest'
import { type LaunchOptions, launch, type RunningApp } from './app'
import type { DomainPage } from './domain-page'
import type { ManagerPage } from './manager-page'
import { ownApp } from './own-app'

const DEMO = 'Debian demo'

const keep = ownApp()

async function start(options: LaunchOptions = {}): Promise<{ app: RunningApp; manager: ManagerPage }> {
  const app = await launch(options)
  keep(app)
  return { app, manager: await app.manager() }
}

async function startWithDemo(
  options: LaunchOptions = {},
): Promise<{ app: RunningApp; manager: ManagerPage; domain: DomainPage }> {
  const { app, manager } = await start({ env: { RINGMASTER_TEST_DELAY_MS: '100' }, ...options })
  const domain = await app.domain(() => manager.pressDemoGuest())
  await domain.waitForText('~ #')
  return { app, manager, domain }
}

/** The time of the page once its first frames are over: on a busy machine they come before the window has its size. */
async function settled(page: Page): Promise<number> {
  await page.waitForTimeout(500)
  return page.evaluate(() => performance.now())
}

/** What jumped since then: the browser's own sum of layout shifts, 0 when nothing did. */
async function jumps(page: Page, since: number): Promise<number> {
  return page.evaluate(
    (from) =>
      new Promise<number>((resolve) => {
        let sum = 0
        const watcher = new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) if (entry.startTime > from) sum += Number(Reflect.get(entry, 'value'))
        })
        watcher.observe({ type: 'layout-shift', buffered: true })
        setTimeout(() => resolve(sum), 200)
      }),
    since,
  )
}

describe('the manager window', () => {
  it('shows domain 0, one sentence and two buttons when there is no guest yet', async () => {
    const { app, manager } = await start()
    await expect.poll(() => manager.state('Domain 0').textContent()).toContain('Running')
    await expect.poll(() => manager.page.locator('.empty-text').count()).toBe(1)
    await expect
      .poll(() => manager.page.locator('.empty button').allTextContents())
      .toEqual(['Demo guest', 'New virtual machine'])
    await app.picture(manager.page, 'first-start')
  })

  it('boots the demo guest with one press and opens its console, which answers', async () => {
    const { app, manager, domain } = await startWithDemo()
    await manager.waitForState(DEMO, 'Running')
    await domain.type('uname -a\r')
    await domain.waitForText('GNU/Linux')
    await app.picture(domain.page, 'console')
    await app.picture(manager.page, 'one-guest')
  })

  it('can cancel the demo guest, and says nothing was made', async () => {
    const { manager } = await start()
    await manager.pressDemoGuest()
    await manager.page.getByRole('button', { name: 'Cancel: Preparing the demo guest' }).click()
    await manager.page.locator('.empty').getByRole('button', { name: 'Demo guest' }).waitFor()
    await expect.poll(() => manager.row(DEMO).count()).toBe(0)
    await expect.poll(() => manager.failures().count()).toBe(0)
  })

  it('pauses, resumes, shuts down and runs a guest from the context menu, and announces each state', async () => {
    const { app, manager } = await startWithDemo()
    await manager.openContextMenu(DEMO)
    const items = await manager.menu().getByRole('menuitem').allTextContents()
    expect(items).toEqual([
      'RunCtrl+R',
      'PauseCtrl+P',
      'Shut downCtrl+Shift+D',
      'Reboot',
      'Force reset',
      'Force off',
      'Save…',
      'Save state and turn off',
      'Restore…',
      'Take snapshot…',
      'Running copy…',
      'Clone…Only a machine that is off',
      'Migrate…There is no second host yet',
      'Save as template…',
      'RenameF2',
      'Move to folder…Ctrl+M',
      'Tags…Ctrl+T',
      'DeleteDel',
      'OpenEnter',
      'Details…',
    ])
    // Nothing of it has to be scrolled to, and the pointer is on none of its entries.
    const popover = manager.page.locator('.popover')
    await expect.poll(() => popover.evaluate((each) => each.scrollHeight - each.clientHeight)).toBe(0)
    expect(await manager.page.getByRole('menuitem').and(manager.page.locator(':hover')).count()).toBe(0)
    await app.picture(manager.page, 'context-menu')
    await manager.menuItem('Pause').click()
    await manager.waitForState(DEMO, 'Paused')
    await manager.choose(DEMO, 'Resume')
    await manager.waitForState(DEMO, 'Running')
    await manager.choose(DEMO, 'Shut down')
    await manager.waitForState(DEMO, 'Shut off')
    await manager.choose(DEMO, 'Run')
    await manager.waitForState(DEMO, 'Running')
    const said = await manager.announcements()
    expect(said.at(-1)).toBe(`${DEMO}: Running`)
  })

  it('lets nothing jump while a guest is made, paused, resumed and shut down', { tags: 'long' }, async () => {
    const { app, manager } = await start()
    const managerSettled = await settled(manager.page)
    const domain = await app.domain(() => manager.pressDemoGuest())
    await domain.waitForText('~ #')
    const domainSettled = await settled(domain.page)
    await domain.tab('Performance').click()
    await domain.chart('CPU usage').waitFor()
    await domain.button('Pause').click()
    await manager.waitForState(DEMO, 'Paused')
    await domain.button('Resume').click()
    await manager.waitForState(DEMO, 'Running')
    await domain.button('Shut down').click()
    await manager.waitForState(DEMO, 'Shut off')
    expect(await jumps(manager.page, managerSettled)).toBeLessThan(0.005)
    expect(await jumps(domain.page, domainSettled)).toBeLessThan(0.005)
  })

  it('asks before forcing a guest off, and Escape changes nothing', { tags: 'long' }, async () => {
    const { app, manager } = await startWithDemo()
    await manager.choose(DEMO, 'Force off')
    await manager.dialog().waitFor()
    await app.picture(manager.page, 'force-off')
    await manager.page.keyboard.press('Escape')
    await manager.dialog().waitFor({ state: 'detached' })
    await manager.waitForState(DEMO, 'Running')
    await manager.choose(DEMO, 'Force off')
    await manager.dialog().getByRole('button', { name: 'Force off' }).click()
    await manager.waitForState(DEMO, 'Shut off')
    await manager.choose(DEMO, 'Delete')
    await expect.poll(() => manager.dialog().textContent()).not.toContain('forced off')
    await manager.dialog().getByRole('button', { name: 'Delete' }).click()
    await manager.row(DEMO).waitFor({ state: 'detached' })
  })

  it('deletes one that runs after one question, which says that it is forced off first', { tags: 'long' }, async () => {
    const { app, manager } = await startWithDemo()
    await manager.choose(DEMO, 'Delete')
    await expect.poll(() => manager.dialog().textContent()).toContain('It is on and is forced off first')
    await app.picture(manager.page, 'delete-running')
    await manager.page.keyboard.press('Escape')
    await manager.dialog().waitFor({ state: 'detached' })
    await manager.waitForState(DEMO, 'Running')
    await manager.choose(DEMO, 'Delete')
    await manager.dialog().getByRole('button', { name: 'Force off and delete' }).click()
    await manager.row(DEMO).waitFor({ state: 'detached' })
    await manager.undoBar().getByRole('button').first().click()
    await manager.waitForState(DEMO, 'Shut off')
  })

  it('saves a guest to a file with progress, restores it, and says where its clock stands', async () => {
    const { app, manager, domain } = await startWithDemo({ env: { RINGMASTER_TEST_DELAY_MS: '1500' } })
    const file = path.join(app.folder, 'demo.rmsave')
    await domain.type('kept=yes\r')
    await domain.waitForText('kept=yes')
    await app.answerFileDialogs(file)
    await manager.choose(DEMO, 'Save…')
    await manager.jobs().waitFor()
    await app.picture(manager.page, 'saving')
    await manager.waitForState(DEMO, 'Shut off')
    expect(fs.existsSync(file)).toBe(true)
    await manager.choose(DEMO, 'Restore…')
    await manager.waitForState(DEMO, 'Running')
    await domain.notice().waitFor()
    await expect.poll(() => domain.notice().textContent()).toContain('the moment of the save')
    await domain.type('echo value=$kept\r')
    await domain.waitForText('value=yes')
    await app.picture(domain.page, 'restored')
  })

  it('cancels a save; the guest goes on', { tags: 'long' }, async () => {
    const { app, manager, domain } = await startWithDemo({ env: { RINGMASTER_TEST_DELAY_MS: '6000' } })
    const file = path.join(app.folder, 'demo.rmsave')
    await app.answerFileDialogs(file)
    await manager.choose(DEMO, 'Save…')
    await manager.page.getByRole('button', { name: `Cancel: Saving ${DEMO}` }).click()
    await manager.waitForState(DEMO, 'Running')
    await expect.poll(() => manager.failures().count()).toBe(0)
    expect(fs.existsSync(file)).toBe(false)
    await domain.type('echo still here\r')
    await domain.waitForText('\nstill here')
  })

  it('shows the reason of a crash in the list and in the window of the guest', { tags: 'long' }, async () => {
    const { app, manager, domain } = await startWithDemo()
    await domain.type('crash\r')
    await manager.waitForState(DEMO, 'Crashed: SHUTDOWN_crash')
    await domain.notice().waitFor()
    await expect.poll(() => domain.notice().textContent()).toContain('SHUTDOWN_crash')
    await domain.waitForText('Kernel panic')
    await app.picture(manager.page, 'crashed-list')
    await manager.filter().fill('shutdown_crash')
    await expect.poll(() => manager.names()).toEqual([DEMO])
    await manager.filter().fill('')
    await app.picture(domain.page, 'crashed')
    await domain.button('Run').click()
    await manager.waitForState(DEMO, 'Running')
  })

  it('shows a damaged save file as one failure with cause and action', { tags: 'long' }, async () => {
    const { app, manager } = await startWithDemo()
    const file = path.join(app.folder, 'broken.rmsave')
    fs.writeFileSync(file, 'not a saved state')
    await app.answerFileDialogs(file)
    await manager.choose(DEMO, 'Restore…')
    await manager.failures().first().waitFor()
    await expect.poll(() => manager.failures().count()).toBe(1)
    await app.picture(manager.page, 'failure')
    await manager.page.getByRole('button', { name: 'Dismiss this message' }).click()
    await manager.failures().waitFor({ state: 'detached' })
  })

  it('can be used with the keyboard alone', { tags: 'long' }, async () => {
    const { app, manager, domain } = await startWithDemo()
    await domain.page.close()
    const { page } = manager
    await page.bringToFront()
    // Toolbar, then filter, menu button, table: Tab reaches the list.
    for (let presses = 0; presses < 12 && !(await manager.focused()).startsWith('row'); presses += 1)
      await page.keyboard.press('Tab')
    await page.keyboard.press('ArrowUp')
    expect(await manager.focused()).toContain('Domain 0')
    await page.keyboard.press('ArrowDown')
    expect(await manager.focused()).toContain(DEMO)
    await page.keyboard.press('Shift+F10')
    await manager.menu().waitFor()
    await page.keyboard.press('Escape')
    await manager.menu().waitFor({ state: 'detached' })
    await expect.poll(() => manager.focused()).toContain(DEMO)
    await page.keyboard.press('F10')
    await manager.menu().waitFor()
    await page.keyboard.press('Escape')
    await expect.poll(() => manager.focused()).toContain(DEMO)
    await page.keyboard.press('ContextMenu')
    await manager.menu().waitFor()
    await page.keyboard.press('Enter')
    await manager.waitForState(DEMO, 'Paused')
    await expect.poll(() => manager.focused()).toContain(DEMO)
    await app.picture(page, 'keyboard-focus')
    const reopened = await app.domain(() => page.keyboard.press('Enter'))
    await reopened.waitForState('Paused')
    await page.bringToFront()
    await manager.choose(DEMO, 'Force off')
    await page.keyboard.press('Tab')
    await page.keyboard.press('Enter')
    await manager.waitForState(DEMO, 'Shut off')
    await expect.poll(() => manager.focused()).toContain(DEMO)
    await page.keyboard.press('Delete')
    await manager.dialog().waitFor()
    await page.keyboard.press('Escape')
    await manager.dialog().waitFor({ state: 'detached' })
    await page.keyboard.press('Control+f')
    await page.keyboard.type('nothing like it')
    await page.getByText('No virtual machine matches').waitFor()
    await page.keyboard.press('Escape')
    await manager.row(DEMO).waitFor()
  })

  it('asks what to do with guests when the app is to quit, and saves them by default', async () => {
    const { app, manager } = await startWithDemo({ keepFolder: true, env: { RINGMASTER_TEST_DELAY_MS: '200' } })
    await app.electron.evaluate(({ app: electron }) => electron.quit()).catch(() => undefined)
    await manager.dialog().waitFor()
    await expect.poll(() => manager.dialog().textContent()).toContain(DEMO)
    await app.picture(manager.page, 'quit')
    await manager.page.keyboard.press('Escape')
    await manager.dialog().waitFor({ state: 'detached' })
    await app.electron.evaluate(({ app: electron }) => electron.quit()).catch(() => undefined)
    await manager.dialog().waitFor()
    const gone = new Promise((resolve) => app.electron.process().once('exit', resolve))
    await manager.page.keyboard.press('Enter')
    await gone
    const again = await start({ folder: app.folder })
    await again.manager.waitForState(DEMO, 'Saved')
    await again.manager.choose(DEMO, 'Run from saved state')
    await again.manager.waitForState(DEMO, 'Running')
  })
})

describe('a new virtual machine', () => {
  it('is made from a kernel on one page, with what is wrong said beside its field', async () => {
    const { app, manager } = await start()
    const create = await app.createDomain(() =>
      manager.page.locator('.empty').getByRole('button', { name: 'New virtual machine' }).click(),
    )
    await expect.poll(() => create.field('Name').inputValue()).toBe('guest-1')
    await expect.poll(() => create.field('Command line').inputValue()).toBe('console=hvc0')
    await create.button('Create and run').click()
    await expect.poll(() => create.message('Kernel').textContent()).toBe('A kernel file is needed')
    // The file is looked at while it is typed; nobody has to press Create to hear of a slip.
    await create.field('Kernel').fill('/does/not/exist')
    await expect.poll(() => create.message('Kernel').textContent()).toContain('no such file')
    const text = path.join(app.folder, 'notes.txt')
    fs.writeFileSync(text, 'no kernel')
    for (const [label, what] of [
      ['Kernel', 'a kernel'],
      ['Ramdisk', 'a ramdisk'],
    ] as const) {
      await create.field(label).fill(text)
      await expect.poll(() => create.message(label).textContent()).toContain(`does not look like ${what}`)
    }
    await create.field('Ramdisk').fill('')
    await expect.poll(() => create.message('Ramdisk').textContent()).toBe('Optional')
    // Each is judged while it is typed, with the keyboard still in it.
    await create.field('Memory').fill('5')
    await expect.poll(() => create.message('Memory').textContent()).toMatch(/^At least \d+ MiB/)
    await create.field('Memory').fill('')
    await create.field('Memory').pressSequentially('128')
    await expect.poll(() => create.summary().textContent()).toContain('128 MiB')
    expect(await create.field('Memory').inputValue()).toBe('128')
    await create.field('Virtual CPUs').fill('99')
    await expect.poll(() => create.message('Virtual CPUs').textContent()).toMatch(/^1 to \d+$/)
    expect(await create.field('Virtual CPUs').getAttribute('aria-invalid')).toBe('true')
    await create.field('Virtual CPUs').fill('2')
    await create.field('Kernel').fill('vmlinuz')
    await expect.poll(() => create.message('Kernel').textContent()).toContain('full path')
    await create.field('Kernel').fill('')
    await expect.poll(() => create.message('Kernel').textContent()).toBe('A kernel file is needed')
    await create.button('Add a disk').click()
    const size = create.disk('xvda').getByLabel('Size', { exact: true })
    await size.fill('')
    await size.pressSequentially('0')
    await expect.poll(() => create.disk('xvda').textContent()).toContain('1 MiB to')
    await size.fill('')
    await size.pressSequentially('1.25')
    await expect.poll(() => create.summary().textContent()).toContain('1.3 GiB')
    expect(await size.inputValue()).toBe('1.25')
    await create.disk('xvda').getByText('Existing file', { exact: true }).click()
    expect(await create.disk('xvda').locator('[aria-invalid=true]').count()).toBe(0)
    await create.disk('xvda').getByLabel('File', { exact: true }).fill('disk.img')
    await expect.poll(() => create.disk('xvda').textContent()).toContain('full path')
    await create.disk('xvda').getByRole('button', { name: 'Remove disk xvda' }).click()
    await create.field('Name').fill('-x')
    await expect.poll(() => create.message('Name').textContent()).toContain('for a name')
    await app.picture(create.page, 'create-errors')
    await create.field('Name').fill('mine')
    const kernel = path.join(app.folder, 'vmlinuz')
    fs.writeFileSync(kernel, 'kernel')
    await app.answerFileDialogs(kernel)
    await create.button('Browse for the kernel').click()
    await expect.poll(() => create.field('Kernel').inputValue()).toBe(kernel)
    const domain = await app.domain(() => create.field('Kernel').press('Enter'))
    await domain.waitForState('Running')
    await manager.waitForState('mine', 'Running')
    const [definition = ''] = fs.readdirSync(path.join(app.folder, 'definitions')).filter((name) => name.endsWith('.xml'))
    expect(fs.readFileSync(path.join(app.folder, 'definitions', definition), 'utf8')).toContain('>2</vcpu>')
    await expect.poll(() => create.page.isClosed()).toBe(true)
  })

  it('keeps what was typed when the toolstack refuses it', { tags: 'long' }, async () => {
    const { app, manager } = await start()
    const create = await app.createDomain(() =>
      manager.page.locator('.empty').getByRole('button', { name: 'New virtual machine' }).click(),
    )
    await create.field('Kernel').fill('/does/not/exist')
    await create.button('Create and run').click()
    await expect.poll(() => create.message('Kernel').textContent()).toContain('/does/not/exist')
    await expect.poll(() => create.field('Name').inputValue()).toBe('guest-1')
    await app.picture(create.page, 'create-refused')
  })
})

describe('the window of a domain', () => {
  it('draws processor and memory with axes, and the number moves', { tags: 'long' }, async () => {
    const { app, domain } = await startWithDemo()
    await domain.tab('Performance').click()
    const chart = domain.chart('CPU usage')
    await chart.waitFor()
    const first = await chart.getAttribute('aria-label')
    await expect.poll(() => chart.getAttribute('aria-label'), { timeout: 60_000 }).not.toBe(first)
    await domain.page.getByRole('radio', { name: '10 minutes' }).check({ force: true })
    await app.picture(domain.page, 'performance')
  })

  it('keeps ten thousand lines, copies and pastes, and Ctrl+Tab leaves the console', async () => {
    const { app, domain } = await startWithDemo()
    await domain.type('seq 12000\r')
    await domain.waitForText('12000')
    await app.electron.evaluate(({ clipboard }) => clipboard.writeText('echo pasted'))
    await domain.page.keyboard.press('Control+Shift+V')
    await domain.page.keyboard.press('Enter')
    await domain.waitForText('\npasted')
    await domain.page.locator('.xterm-screen').dblclick({ position: { x: 20, y: 8 } })
    await domain.page.keyboard.press('Control+Shift+C')
    await expect.poll(() => app.electron.evaluate(({ clipboard }) => clipboard.readText())).toMatch(/^\d+$/)
    await domain.page.keyboard.press('Control+Tab')
    await expect.poll(() => domain.page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('tab')
    await domain.page.keyboard.press('ArrowRight')
    await expect.poll(() => domain.tab('Details').getAttribute('aria-selected')).toBe('true')
  })

  it('has the keyboard again when its tab is clicked', { tags: 'long' }, async () => {
    const { domain } = await startWithDemo()
    await domain.tab('Log').click()
    await domain.tab('Text console').click()
    await expect.poll(() => domain.page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    await domain.page.keyboard.type('echo back\r')
    await domain.waitForText('\nback')
    // Chosen already: it was left by its keys, or is clicked as one clicks into what shall have the keyboard.
    await domain.page.keyboard.press('Control+Tab')
    await expect.poll(() => domain.page.evaluate(() => document.activeElement?.getAttribute('role'))).toBe('tab')
    await domain.tab('Text console').click()
    await expect.poll(() => domain.page.evaluate(() => document.activeElement?.tagName)).toBe('TEXTAREA')
    // By keys one stays among the tabs.
    await domain.page.keyboard.press('Control+Tab')
    await domain.page.keyboard.press('Enter')
    await domain.page.keyboard.press('ArrowRight')
    await expect.poll(() => domain.tab('Details').getAttribute('aria-selected')).toBe('true')
  })

  it('has its menu where the pointer is', { tags: 'long' }, async () => {
    const { domain } = await startWithDemo()
    const box = await domain.page.locator('.xterm').boundingBox()
    const [x, y] = [(box?.x ?? 0) + 40, (box?.y ?? 0) + 60]
    await domain.page.mouse.click(x, y, { button: 'right' })
    const menu = domain.page.locator('.popover')
    await menu.waitFor()
    const near = async () => {
      const at = await menu.boundingBox()
      return Math.max(Math.abs((at?.x ?? 0) - x), Math.abs((at?.y ?? 0) - y))
    }
    await expect.poll(near).toBeLessThan(8)
  })

  it('gives Ctrl+C, Ctrl+A and Ctrl+V to the guest, not to the menu bar', { tags: 'long' }, async () => {
    const { domain } = await startWithDemo()
    await domain.type('half a line')
    await domain.page.keyboard.press('Control+C')
    await domain.waitForText('^C')
  })

  it('finds text above the screen, selects it, and gives the keyboard back', { tags: 'long' }, async () => {
    const { app, domain } = await startWithDemo()
    const { page } = domain
    await domain.type('seq 300\r')
    await domain.waitForText('\n300')
    expect(await domain.screen()).not.toContain('\n123\n')
    await page.keyboard.press('Control+Shift+F')
    await page.getByRole('searchbox', { name: 'Find text' }).fill('123')
    await page.getByText('1 of 1', { exact: true }).waitFor()
    await domain.waitForText('\n123\n')
    await app.picture(page, 'console-find')
    await page.getByRole('searchbox', { name: 'Find text' }).fill('29')
    await page.getByText('13 of 13', { exact: true }).waitFor()
    await page.keyboard.press('Enter')
    await page.getByText('12 of 13', { exact: true }).waitFor()
    await page.keyboard.press('Shift+Enter')
    await page.getByText('13 of 13', { exact: true }).waitFor()
    await page.getByRole('searchbox', { name: 'Find text' }).fill('nowhere')
    await page.getByText('Not found').waitFor()
    // Asked for again, from a tab too, the field has the keyboard; its buttons are pressed by Enter like all others.
    await domain.tab('Text console').focus()
    await page.keyboard.press('Control+Shift+F')
    await page.keyboard.type('300')
    await page.getByText('2 of 2', { exact: true }).waitFor()
    await page.getByRole('button', { name: 'Close the search' }).press('Enter')
    await page.getByRole('searchbox', { name: 'Find text' }).waitFor({ state: 'detached' })
    await page.keyboard.press('Control+Shift+F')
    await page.getByRole('searchbox', { name: 'Find text' }).waitFor()
    await page.keyboard.press('Escape')
    await page.getByRole('searchbox', { name: 'Find text' }).waitFor({ state: 'detached' })
    await page.keyboard.type('echo still typed\r')
    await domain.waitForText('\nstill typed')
    // What was found stays selected when the search is closed, in the moment after something new was written too.
    await page.keyboard.press('Control+Shift+F')
    await page.keyboard.type('still')
    await page.getByText('2 of 2', { exact: true }).waitFor()
    await app.electron.evaluate(({ clipboard }) => clipboard.writeText('zzz'))
    await page.evaluate(async () => {
      const press = (label: string) => document.querySelector<HTMLElement>(`button[aria-label="${label}"]`)?.click()
      const isWritten = () => document.querySelector('.xterm-rows')?.textContent?.includes('zzz') === true
      press('Paste')
      for (let frames = 0; frames < 600 && !isWritten(); frames++) await new Promise(requestAnimationFrame)
      press('Older')
      press('Close the search')
      await new Promise((done) => setTimeout(done, 500))
    })
    await page.getByRole('button', { name: 'Copy', exact: true }).click()
    await expect.poll(() => app.electron.evaluate(({ clipboard }) => clipboard.readText())).toBe('still')
  })

  it('goes on with the same console after a reboot, and shows each byte once', { tags: 'long' }, async () => {
    const { manager, domain } = await startWithDemo()
    await manager.choose(DEMO, 'Reboot')
    await domain.waitForText(/(?:Welcome to[\s\S]*){2}/)
    await domain.type('echo alive\r')
    await domain.waitForText('\nalive')
    expect((await domain.screen()).match(/Welcome to/g)).toHaveLength(2)
  })
})

describe('preferences', () => {
  it('change language and theme in all windows at once, and are kept', async () => {
    const { app, manager } = await start({ keepFolder: true })
    const page = await app.other(async () => {
      await manager.button('Application menu').click()
      await manager.menuItem('Preferences').click()
    })
    await page.getByRole('radio', { name: 'Deutsch' }).check({ force: true })
    await manager.button('Neue virtuelle Maschine').first().waitFor()
    await page.getByRole('radio', { name: 'Dunkel' }).check({ force: true })
    const isDark = () => manager.page.evaluate(() => matchMedia('(prefers-color-scheme: dark)').matches)
    await expect.poll(isDark).toBe(true)
    await app.picture(page, 'preferences-german-dark')
    await app.picture(manager.page, 'manager-german-dark')
    await app.close()
    const again = await start({ folder: app.folder })
    await again.manager.button('Neue virtuelle Maschine').first().waitFor()
  })

  it('leave About able to say which Electron this is', { tags: 'long' }, async () => {
    const { app, manager } = await start()
    const page = await app.other(async () => {
      await manager.button('Application menu').click()
      await manager.menuItem('About').click()
    })
    await page.getByText('Chromium').waitFor()
    await app.picture(page, 'about')
  })
})
