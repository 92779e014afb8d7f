// The app's own life on the test driver: what a page may not do, one instance, the end of the session, closed windows.
// Runs in: plain Node; starts the real Electron on a virtual display.
import type { ChildProcess } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { count } from '../support/tier'
import { type LaunchOptions, launch, type RunningApp } from './app'
import type { ManagerPage } from './manager-page'

const DEMO = 'Debian demo'
// Playwright forgets the process of an app that has ended, so it is kept beside it.
const apps: { readonly app: RunningApp; readonly child: ChildProcess }[] = []
const folders: string[] = []

async function start(options: LaunchOptions = {}): Promise<{ app: RunningApp; manager: ManagerPage; folder: string }> {
  const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  if (!folders.includes(folder)) folders.push(folder)
  const app = await launch({ driver: 'test', folder, keepFolder: true, ...options })
  apps.push({ app, child: app.electron.process() })
  return { app, manager: await app.manager(), folder }
}

const exited = (app: RunningApp) => new Promise<number | null>((resolve) => app.electron.process().once('exit', resolve))

afterEach(async () => {
  for (const { app, child } of apps.splice(0)) if (child.exitCode === null && child.signalCode === null) await app.close()
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
})

describe('a page', () => {
  // One for all: what they try changes nothing, or a test after it would see that too.
  let app: RunningApp
  let manager: ManagerPage
  beforeAll(async () => {
    app = await launch()
    manager = await app.manager()
  })
  afterAll(() => app.close())

  it('has no Node, no Electron, and only what the client of the calls table is made of', async () => {
    const seen = await manager.page.evaluate(() => ({
      require: typeof Reflect.get(window, 'require'),
      process: typeof Reflect.get(window, 'process'),
      bridge: Object.keys(Reflect.get(window, 'ringmasterBridge')).sort(),
      others: Object.keys(window)
        .filter((key) => key.startsWith('ringmaster'))
        .sort(),
      origin: location.origin,
    }))
    expect(seen).toEqual({
      require: 'undefined',
      process: 'undefined',
      bridge: ['invoke', 'listen'],
      others: ['ringmaster', 'ringmasterBridge', 'ringmasterPathOf'],
      origin: 'ringmaster://app',
    })
  })

  it('is refused every permission it asks for', async () => {
    const states = await manager.page.evaluate(async () => ({
      notifications: await Notification.requestPermission(),
      clipboard: await navigator.clipboard.readText().then(
        () => 'read',
        () => 'refused',
      ),
      camera: await navigator.mediaDevices.getUserMedia({ video: true }).then(
        () => 'granted',
        () => 'refused',
      ),
    }))
    expect(states).toEqual({ notifications: 'denied', clipboard: 'refused', camera: 'refused' })
  })

  it('gets nothing outside the renderer folder from our scheme', async () => {
    const codes = await manager.page.evaluate(() =>
      Promise.all(
        ['/../main/index.cjs', '/%2e%2e/main/index.cjs', '/..%2fmain%2findex.cjs', '/nothing.js', '/'].map((where) =>
          fetch(`ringmaster://app${where}`).then((answer) => answer.status),
        ),
      ),
    )
    expect(codes).toEqual([404, 404, 404, 404, 404])
  })

  it('may name only files for saving that the user chose', async () => {
    await app.domain(() => manager.pressDemoGuest())
    await manager.waitForState(DEMO, 'Running')
    const reply = await manager.page.evaluate(
      async (file) => {
        const { call } = Reflect.get(window, 'ringmaster')
        const list = await call('domainList', {})
        return call('domainSave', { uuid: list.value[1].uuid, path: file })
      },
      path.join(app.folder, 'not-chosen.rmsave'),
    )
    expect(reply).toMatchObject({ ok: false, error: { code: 'OPERATION_DENIED' } })
  })

  // The last: Playwright waits for the navigation that never comes.
  it('cannot navigate, open windows, or run what is not ours', async () => {
    const windows = app.electron.windows().length
    const outcome = await manager.page.evaluate(async () => {
      const opened = window.open('https://example.org/') === null
      const script = document.createElement('script')
      script.textContent = 'window.injected = true'
      document.body.append(script)
      const fetched = await fetch('https://example.org/').then(
        () => 'fetched',
        () => 'refused',
      )
      location.href = 'https://example.org/'
      await new Promise((resolve) => setTimeout(resolve, 300))
      return { opened, injected: Reflect.has(window, 'injected'), fetched, address: location.href }
    })
    expect(outcome).toEqual({
      opened: true,
      injected: false,
      fetched: 'refused',
      address: 'ringmaster://app/index.html?view=manager',
    })
    expect(app.electron.windows()).toHaveLength(windows)
  })
})

describe('the app', () => {
  it('runs once: a second start shows the window of the first and ends', async () => {
    const { app, folder } = await start()
    await app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.minimize())
    const second = launch({ driver: 'test', folder, keepFolder: true }).then(
      (other) => exited(other),
      () => 'ended before it could be driven',
    )
    expect(await second).toBeDefined()
    await expect
      .poll(() => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.isMinimized()), {
        timeout: 60_000,
      })
      .toBe(false)
    expect(app.electron.process().exitCode).toBe(null)
  })

  it('opens a window as large as it was, after another start too', async () => {
    const first = await start({ keepFolder: true })
    const size = (app: RunningApp) => app.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows()[0]?.getSize())
    await first.app.electron.evaluate(({ BrowserWindow, app: electron }) => {
      BrowserWindow.getAllWindows()[0]?.setSize(800, 500)
      // In its own time: what is asked here must be answered first.
      setTimeout(() => electron.quit(), 100)
    })
    await exited(first.app)
    const again = await start({ folder: first.folder })
    await expect.poll(() => size(again.app)).toEqual([800, 500])
  })

  it('says nothing of a window that was closed before its page was ready', { tags: 'long' }, async () => {
    const { app, manager } = await start()
    await app.electron.evaluate(({ app: electron }) => {
      process.once('uncaughtException', (thrown) => Reflect.set(globalThis, 'uncaught', thrown.message))
      electron.once('browser-window-created', (_event, window) => {
        window.prependOnceListener('ready-to-show', () => {
          window.destroy()
          Reflect.set(globalThis, 'destroyed', true)
        })
      })
    })
    await app.call(manager.page, 'windowOpen', { view: 'about', uuid: null })
    await expect.poll(() => app.electron.evaluate(() => Reflect.get(globalThis, 'destroyed'))).toBe(true)
    // Turns of main's loop: what throws in the event throws before them.
    expect(
      await app.electron.evaluate(async () => {
        await new Promise(setImmediate)
        return String(Reflect.get(globalThis, 'uncaught'))
      }),
    ).toBe('undefined')
  })

  it('goes on without windows while a guest runs, and ends with the last window when none does', { tags: 'long' }, async () => {
    const { app, manager } = await start()
    await app.domain(() => manager.pressDemoGuest())
    await manager.waitForState(DEMO, 'Running')
    await app.electron.evaluate(({ BrowserWindow }) => {
      for (const window of BrowserWindow.getAllWindows()) window.close()
    })
    await new Promise((resolve) => setTimeout(resolve, 500))
    expect(app.electron.process().exitCode).toBe(null)
    const again = app.electron.waitForEvent('window')
    await app.electron.evaluate(({ app: electron }) => electron.emit('second-instance'))
    await again
    const shown = await app.manager()
    await shown.waitForState(DEMO, 'Running')
    await shown.choose(DEMO, 'Shut down')
    await shown.waitForState(DEMO, 'Shut off')
    const gone = exited(app)
    await shown.page.close()
    expect(await gone).toBe(0)
  })

  it('loads a window again whose page died, and guests run on', { tags: 'long' }, async () => {
    const { app, manager } = await start()
    await app.domain(() => manager.pressDemoGuest())
    await manager.waitForState(DEMO, 'Running')
    const died = manager.page.waitForEvent('crash')
    await app.electron.evaluate(({ BrowserWindow }) => {
      const window = BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().includes('view=manager'))
      window?.webContents.forcefullyCrashRenderer()
    })
    await died
    // The driver of this test has lost the page for good, so main asks it.
    const rows = () =>
      app.electron.evaluate(async ({ BrowserWindow }): Promise<string> => {
        const window = BrowserWindow.getAllWindows().find(({ webContents }) => webContents.getURL().includes('view=manager'))
        if (window === undefined || window.webContents.isLoading() || window.webContents.isCrashed()) return ''
        return String(await window.webContents.executeJavaScript('document.querySelector(".list-body")?.textContent'))
      })
    await expect.poll(rows, { timeout: 60_000 }).toMatch(new RegExp(`${DEMO}Running`))
  })

  it('ends by itself when the last guest ends while no window is open', { tags: 'long' }, async () => {
    const { app, manager } = await start()
    const domain = await app.domain(() => manager.pressDemoGuest())
    await domain.waitForText('~ #')
    await manager.page.close()
    const gone = exited(app)
    await domain.type('poweroff\r')
    await domain.page.close()
    expect(await gone).toBe(0)
  })

  it('asks with a box of the system when it is quit while no window is open', { tags: 'long' }, async () => {
    const { app, manager, folder } = await start()
    await app.domain(() => manager.pressDemoGuest())
    await manager.waitForState(DEMO, 'Running')
    await app.electron.evaluate(({ BrowserWindow, dialog }) => {
      const asked: string[] = []
      Reflect.set(globalThis, 'asked', asked)
      dialog.showMessageBox = async (...args: unknown[]) => {
        asked.push(JSON.stringify(args[0]))
        // Cancelled the first time, then the default: save all.
        return { response: asked.length === 1 ? 3 : 0, checkboxChecked: false }
      }
      for (const window of BrowserWindow.getAllWindows()) window.close()
    })
    await app.electron.evaluate(({ app: electron }) => electron.quit())
    const asked = () => app.electron.evaluate(() => Reflect.get(globalThis, 'asked'))
    await expect.poll(asked).toHaveLength(1)
    expect(String((await asked())[0])).toContain(DEMO)
    const gone = exited(app)
    // The app may be gone before it has answered.
    await app.electron.evaluate(({ app: electron }) => setImmediate(() => electron.quit())).catch(() => undefined)
    expect(await gone).toBe(0)
    const next = await start({ folder })
    await next.manager.waitForState(DEMO, 'Saved')
  })

  it.each((['SIGTERM', 'SIGHUP'] as const).slice(0, count(1, 2)))(
    'saves its guests and ends when the session ends with %s',
    async (signal) => {
      const { app, manager, folder } = await start()
      await app.domain(() => manager.pressDemoGuest())
      await manager.waitForState(DEMO, 'Running')
      const gone = exited(app)
      process.kill(app.electron.process().pid ?? -1, signal)
      expect(await gone).toBe(0)
      const next = await start({ folder })
      await next.manager.waitForState(DEMO, 'Saved')
    },
  )

  it('keeps its cards within the window, however many there are', { tags: 'long' }, async () => {
    const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
    fs.mkdirSync(path.join(folder, 'definitions'))
    for (const digit of '1234567') {
      const uuid = '00000000-0000-4000-8000-000000000000'.replaceAll('0', digit)
      fs.writeFileSync(path.join(folder, 'definitions', `${uuid}.xml`), '<domain')
    }
    const { app, manager } = await start({ folder })
    const cards = manager.page.locator('.activity > .notice')
    await expect.poll(() => cards.count()).toBe(7)
    await app.picture(manager.page, 'many-cards')
    const toolbar = await manager.page.getByRole('toolbar').boundingBox()
    const stack = await manager.page.locator('.activity').boundingBox()
    expect(stack?.y).toBeGreaterThanOrEqual((toolbar?.y ?? 0) + (toolbar?.height ?? 0))
    // Their shadow is not cut off: it reaches as far as its blur, and .activity cuts what is beyond it.
    const shadow = await cards.first().evaluate((card) => {
      const lengths = getComputedStyle(card).boxShadow.match(/-?[\d.]+px/g) ?? []
      return Math.max(...lengths.map(Number.parseFloat))
    })
    expect(shadow).toBeGreaterThan(0)
    expect(((await cards.first().boundingBox())?.x ?? 0) - (stack?.x ?? 0)).toBeGreaterThanOrEqual(shadow)
    for (let left = 6; left >= 0; left--) {
      await cards.first().getByRole('button', { name: 'Dismiss' }).click()
      await expect.poll(() => cards.count()).toBe(left)
    }
  })

  it('puts a damaged definition aside, says so, and shows the others', async () => {
    const first = await start()
    await first.app.domain(() => first.manager.pressDemoGuest())
    await first.manager.waitForState(DEMO, 'Running')
    await first.app.close()
    const damaged = path.join(first.folder, 'definitions', '11111111-2222-4333-8444-555555555555.json')
    fs.writeFileSync(damaged, '{"version": 1, "uu')
    const next = await start({ folder: first.folder })
    await next.manager.row(DEMO).waitFor()
    await next.manager.page.getByText('11111111-2222-4333-8444-555555555555').first().waitFor()
    await next.app.picture(next.manager.page, 'damaged-definition')
    expect(fs.existsSync(damaged)).toBe(false)
  })
})
