// Starts the real Electron on the built app, with a folder of its own, and hands out page objects. Uses the runtime and
// display that were prepared (resources/tooling/run.mjs, test/support/displays.setup.mjs); vitest alone finds the runtime itself.
// Invariant: what a test started is gone when close() returns, its folder too; every window's errors fail the test.
// Runs in: end-to-end tests (plain Node).

import { type ChildProcess, execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { _electron, type ElectronApplication, type Locator, type Page } from 'playwright-core'
import type { CallName } from '../../src-main/public/calls'
import type { Preferences } from '../../src-main/public/preferences'
import { groupAlive } from '../support/alive'
import { CreateDomainPage } from './create-domain-page'
import { DomainPage } from './domain-page'
import { ManagerPage } from './manager-page'

const root = path.resolve(import.meta.dirname, '../..')
const output = path.join(root, 'test-output', 'e2e')

export interface LaunchOptions {
  readonly driver?: 'test' | 'embedded'
  readonly folder?: string
  readonly preferences?: Partial<Preferences>
  readonly scale?: number
  readonly env?: Readonly<Record<string, string>>
  /** The folder stays after close(), for a second start. */
  readonly keepFolder?: boolean
}

/** The virtual display of this worker (test/support/displays.setup.mjs), or the desktop's. */
function display(): string | undefined {
  const displays = process.env['RINGMASTER_DISPLAYS']?.split(' ') ?? []
  return displays[(Number(process.env['VITEST_POOL_ID'] ?? 1) - 1) % Math.max(displays.length, 1)] ?? process.env['DISPLAY']
}

/** The runtime run.mjs prepared, or what the same tool finds. */
function executable(): string {
  const prepared = process.env['ELECTRON_EXEC_PATH']
  if (prepared !== undefined) return prepared
  const tool = path.join(root, 'resources/tooling/electron-runtime.mjs')
  const found: unknown = JSON.parse(execFileSync(process.execPath, [tool], { encoding: 'utf8' }))
  if (typeof found === 'object' && found !== null && 'exec' in found && typeof found.exec === 'string') return found.exec
  throw new Error('no Electron runtime was found')
}

export class RunningApp {
  readonly electron: ElectronApplication
  readonly folder: string
  /** What pages wrote to their console as errors; a test asserts that it is empty. */
  readonly errors: string[] = []
  private readonly keepFolder: boolean
  /** Kept, as Playwright forgets it once the app has ended. */
  private readonly child: ChildProcess
  private closing: Promise<void> | undefined

  constructor(electron: ElectronApplication, folder: string, keepFolder: boolean) {
    this.electron = electron
    this.folder = folder
    this.keepFolder = keepFolder
    this.child = electron.process()
    for (const page of electron.windows()) this.watch(page)
    electron.on('window', (page) => this.watch(page))
  }

  async manager(): Promise<ManagerPage> {
    const manager = new ManagerPage(await this.window('manager'))
    await manager.ready()
    return manager
  }

  /** Waits for a domain window; `open` is what opens it. */
  async domain(open: () => Promise<void>): Promise<DomainPage> {
    const [page] = await Promise.all([this.electron.waitForEvent('window', { timeout: 60_000 }), open()])
    const domain = new DomainPage(page)
    await domain.ready()
    return domain
  }

  async createDomain(open: () => Promise<void>): Promise<CreateDomainPage> {
    return new CreateDomainPage(await this.other(open))
  }

  /** Waits for any new window. */
  async other(open: () => Promise<void>): Promise<Page> {
    const [page] = await Promise.all([this.electron.waitForEvent('window', { timeout: 60_000 }), open()])
    return page
  }

  /** Answers the next file dialogs of the system with this path. */
  async answerFileDialogs(file: string | null): Promise<void> {
    await this.electron.evaluate(({ dialog }, chosen) => {
      dialog.showOpenDialog = async () => ({ canceled: chosen === null, filePaths: chosen === null ? [] : [chosen] })
      dialog.showSaveDialog = async () => ({ canceled: chosen === null, filePath: chosen ?? '' })
    }, file)
  }

  /** What another window would do: a call made by this page, its answer unchecked. */
  call(page: Page, name: CallName, params: object): Promise<{ ok: boolean; value: Readonly<Record<string, object>> }> {
    return page.evaluate(`ringmaster.call(${JSON.stringify(name)}, ${JSON.stringify(params)})`)
  }

  /** Keeps a picture as test output. */
  async picture(page: Page, name: string): Promise<void> {
    fs.mkdirSync(output, { recursive: true })
    await page.screenshot({ path: path.join(output, `${name}.png`) })
  }

  /** Ends at once, whatever runs. Asked again, it is the same end. */
  close(): Promise<void> {
    this.closing ??= this.end()
    return this.closing
  }

  private async end(): Promise<void> {
    const { child } = this
    const gone = new Promise<void>((resolve) => {
      if (child.exitCode !== null || child.signalCode !== null) resolve()
      else child.once('exit', () => resolve())
    })
    // One that hangs must not take the other tests along.
    const timer = setTimeout(() => child.kill('SIGKILL'), 15_000)
    await this.electron.evaluate(({ app }) => app.exit(0)).catch(() => undefined)
    await gone
    clearTimeout(timer)
    await groupGone(child.pid)
    if (!this.keepFolder) fs.rmSync(this.folder, { recursive: true, force: true })
  }

  private async window(view: string): Promise<Page> {
    const isView = (page: Page) => new URL(page.url()).searchParams.get('view') === view
    return this.electron.windows().find(isView) ?? this.electron.waitForEvent('window', { predicate: isView, timeout: 60_000 })
  }

  private watch(page: Page): void {
    page.on('pageerror', (error) => this.errors.push(error.message))
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.errors.push(message.text())
    })
  }
}

/** Electron's helpers outlive it for a moment, and write to its folder until they are gone. They are of its process group. */
async function groupGone(leader: number | undefined): Promise<void> {
  for (let tries = 0; tries < 100 && leader !== undefined && groupAlive(leader); tries++) await delay(20)
}

/** Does what closes a window. A key may be let go when the window has gone already, which is no fault. */
export async function closing(page: Page, act: () => Promise<void>): Promise<void> {
  const [closed, acted] = await Promise.allSettled([page.waitForEvent('close'), act()])
  if (closed.status === 'rejected') throw acted.status === 'rejected' ? acted.reason : closed.reason
}

/** Presses a button and closes its window before anything that the button does can have ended. */
export async function pressAndClose(button: Locator): Promise<void> {
  const page = button.page()
  const pressed = await button.elementHandle()
  await closing(page, () =>
    page.evaluate((element) => {
      if (element instanceof HTMLElement) element.click()
      window.close()
    }, pressed),
  )
}

let built = false

/** The windows as the sources are now: `npm test` has built them already, vitest alone has not. */
function build(): void {
  if (built) return
  execFileSync(process.execPath, [path.join(root, 'resources/tooling/build-app.mjs')], {
    stdio: ['ignore', 'ignore', 'inherit'],
  })
  built = true
}

export async function launch(options: LaunchOptions = {}): Promise<RunningApp> {
  const folder = options.folder ?? fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  if (options.preferences !== undefined) {
    const { defaultPreferences } = await import('../../src-main/public/preferences')
    const preferences = { ...defaultPreferences, ...options.preferences }
    fs.writeFileSync(path.join(folder, 'preferences.json'), JSON.stringify(preferences))
  }
  build()
  const executablePath = executable()
  const screen = display()
  const launched = _electron.launch({
    executablePath,
    args: [root, '--disable-gpu', '--lang=en-GB', `--force-device-scale-factor=${options.scale ?? 1}`],
    env: {
      ...process.env,
      NODE_OPTIONS: '', // row-sink.cjs is for Node, not for Electron
      RINGMASTER_DRIVER: options.driver ?? 'test',
      RINGMASTER_FOLDER: folder,
      ...(screen !== undefined && { DISPLAY: screen }),
      ...options.env,
    },
    // Playwright would pretend a light scheme; we want what main says.
    colorScheme: null,
    timeout: 60_000,
  })
  const electron = await launched.catch((thrown: unknown) => {
    if (options.folder === undefined) fs.rmSync(folder, { recursive: true, force: true })
    throw thrown
  })
  return new RunningApp(electron, folder, options.keepFolder === true)
}
