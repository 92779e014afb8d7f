// The app: joins toolstack, windows, menus, tray and quitting to Electron's life. Decides nothing about domains.
// Invariant: calls are served only after definitions are loaded.
// Runs in: main (Electron).
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { app, BrowserWindow, Menu, nativeTheme } from 'electron'
import type { OpenedDriver } from '../connection/connection'
import { Connections } from '../connection/connections'
import { doctorParts } from '../connection/doctor-parts'
import { Router } from '../connection/router'
import { ConnectionStore } from '../definition/connection-store'
import { KeptFile } from '../definition/kept-file'
import { ElectronIpc, type WindowCaller } from '../ipc/electron'
import { LocalSocket } from '../ipc/local-socket'
import { systemClock } from '../lib/clock'
import { UnderWay } from '../lib/under-way'
import type { CallName } from '../public/calls'
import type { ConnectionDefinition, ConnectionDriver } from '../public/connection'
import { errorReport } from '../public/error-code'
import { defaultListLayout, type ListLayout, listLayoutShape } from '../public/list'
import { defaultPreferences, PREFERENCES_VERSION, type Preferences, preferencesShape } from '../public/preferences'
import type { WindowView } from '../public/types'
import { socketPlace } from '../public/xm-socket'
import type { ElectronChannels } from '../supervisor/electron'
import type { CallServers } from '../toolstack/call-server'
import { Doctor } from '../toolstack/doctor/doctor'
import { aboutInfo } from './about'
import { appServers } from './app-calls'
import { askedWindow, namedMachine, wordsOf } from './command-line'
import { showOnDesktop } from './desktop-note'
import { confirmWriting, pickFile } from './file-dialog'
import { Leaving } from './leaving'
import { type MenuText, menuText } from './menu-text'
import { Menus } from './menus'
import { Notifications } from './notifications'
import { isOurPage, servePages } from './page'
import { writeAppReport } from './report'
import { denyPermissions } from './security'
import { TrayIcon } from './tray'
import type { TrayOperation } from './tray-menu'
import { noSizes, sizesWith, type WindowSizes, windowSizesShape } from './window-size'
import { Windows } from './windows'

export interface AppParts {
  /** What the first connection is of. */
  readonly localDriver: ConnectionDriver
  /** Makes what a connection is made of; may throw. */
  open(definition: ConnectionDefinition, folder: string): OpenedDriver
  readonly channels: ElectronChannels
  /** Folder of out/: pages, preload script. */
  readonly outFolder: string
  readonly iconFolder: string
}

/** What waits for the first window does not wait longer. */
const DRAWN_WAIT_MS = 3000

export class App {
  private readonly parts: AppParts
  private readonly connections: Connections
  private readonly router: Router
  private readonly preferences: KeptFile<Preferences>
  private readonly listLayout: KeptFile<ListLayout>
  private readonly sizes: KeptFile<WindowSizes>
  private readonly windows: Windows
  private readonly ipc: ElectronIpc
  /** For the command line. */
  private readonly socket: LocalSocket
  private readonly menus: Menus
  private readonly tray: TrayIcon
  private readonly leaving: Leaving
  private readonly underWay = new UnderWay(() => this.leaving.endWhenUseless())
  private readonly doctor: Doctor
  private readonly notifications: Notifications
  private readonly loaded: Promise<void>
  private firstDrawn: () => void = () => {}

  /** Once Electron is ready. */
  constructor(parts: AppParts) {
    this.parts = parts
    this.menus = this.makeMenus()
    this.tray = this.makeTray()
    const folder = app.getPath('userData')
    this.preferences = new KeptFile(join(folder, 'preferences.json'), preferencesShape, defaultPreferences, PREFERENCES_VERSION)
    this.sizes = new KeptFile(join(folder, 'windows.json'), windowSizesShape, noSizes)
    this.listLayout = new KeptFile(join(folder, 'list.json'), listLayoutShape, defaultListLayout)
    this.connections = new Connections({
      folder,
      store: new ConnectionStore(join(folder, 'connections.json')),
      clock: systemClock,
      localDriver: parts.localDriver,
      open: (definition, own) => parts.open(definition, own),
      emit: (name, payload) => {
        this.ipc.broadcast(name, payload)
        this.socket.broadcast(name, payload)
        this.notifications.hears[name]?.(payload)
        if (name === 'domainChanged' || name === 'jobChanged' || name === 'connectionEmptied') this.leaving.endWhenUseless()
        if (name === 'domainChanged' || name === 'domainRemoved' || name === 'connectionEmptied') this.tray.changed()
      },
    })
    this.notifications = new Notifications({
      clock: systemClock,
      wanted: () => this.preferences.value.notifications,
      looking: () => BrowserWindow.getFocusedWindow() !== null,
      text: () => this.text(),
      show: (note) => {
        const open = (): void => {
          if (note.uuid !== null && this.connections.place(note.uuid)) this.windows.open('domain', note.uuid)
          else this.showManager()
        }
        showOnDesktop(note, join(parts.iconFolder, '128x128.png'), open)
      },
    })
    this.router = new Router(this.connections, this.underWay)
    this.leaving = this.makeLeaving()
    const warning = () => aboutInfo(parts.localDriver).warning
    this.doctor = new Doctor(doctorParts(this.connections, folder, warning))
    this.loaded = this.load()
    this.ipc = new ElectronIpc({
      servers: this.servers(),
      isOurPage,
      isPort: (port) => parts.channels.isPort(port),
      confirmWriting: (window, path) => confirmWriting(window, path, this.text()),
    })
    this.socket = new LocalSocket({
      place: socketPlace(process.env, tmpdir(), process.getuid?.() ?? 0),
      servers: this.router.servers(),
      underWay: this.underWay,
      transport: (port) => parts.channels.transport(port),
    })
    this.windows = new Windows({
      preload: join(parts.outFolder, 'preload', 'index.cjs'),
      icon: join(parts.iconFolder, '128x128.png'),
      admit: (window) => this.ipc.admit(window),
      opened: (window) => this.dress(window),
      sizeOf: (key) => this.sizes.value.sizes.find((size) => size.key === key),
      // Nobody needs to hear that it could not be kept.
      sized: (size) => void this.sizes.set(sizesWith(this.sizes.value, size)).catch(() => undefined),
      leaving: () => this.leaving.isAllowed,
    })
  }

  async start(): Promise<void> {
    const { name, version, electron, chromium, node, electronSource, warning } = aboutInfo(this.parts.localDriver)
    console.error(
      `${name} ${version}, Electron ${electron} (${electronSource ?? 'source unknown'}), Chromium ${chromium}, Node ${node}`,
    )
    if (warning)
      console.error('Warning: this Electron is an old stand-in without security fixes. Try `npm run electron:update`.')
    servePages(join(this.parts.outFolder, 'renderer'))
    denyPermissions()
    await this.loaded
    this.applyTheme()
    this.listen()
    // Elsewhere each window has a menu of its own, and taking away Electron's takes those away that are there already.
    if (process.platform !== 'darwin') Menu.setApplicationMenu(null)
    const drawn = this.untilDrawn()
    this.windows.open('manager')
    this.leaving.firstShown()
    this.applyPreferences()
    // Domain 0 starts when the window is there: both at once make it come later, and nobody can press anything before.
    await drawn
    if (this.leaving.isClosing) return
    // No connection waits for another, and nothing else for any of them.
    const opened = this.connections.openFirst()
    void this.connections.openOthers()
    void this.showFirstAsked(opened)
    // Windows has no such sockets; the command line is for the others.
    const listening = process.platform === 'win32' ? undefined : await this.socket.listen()
    if (listening && !listening.ok) this.connections.notices.raise('warning', listening.error)
  }

  /** A machine that a driver brings along is known only when that is opened. */
  private async showFirstAsked(opened: Promise<void>): Promise<void> {
    const words = process.argv.slice(1)
    const { machine = '' } = askedWindow(words) ?? {}
    const isKnown = machine === '' || namedMachine(this.connections.domainList(), machine) !== undefined
    if (!isKnown) await opened
    if (!this.leaving.isClosing) this.showAsked(words)
  }

  /** Resolves when the first window can be used, or when that takes suspiciously long. */
  private untilDrawn(): Promise<void> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, DRAWN_WAIT_MS)
      this.firstDrawn = () => {
        this.firstDrawn = () => {}
        clearTimeout(timer)
        resolve()
        const started = Number(process.env['RINGMASTER_STARTED'] ?? process.getCreationTime())
        console.error(`The window was there after ${((Date.now() - started) / 1000).toFixed(2)} s`)
      }
    })
  }

  /** Opens the window the command line asks for, if it does. */
  private showAsked(words: readonly string[]): boolean {
    const asked = askedWindow(words)
    if (asked === undefined) return false
    const { view, machine, page } = asked
    const uuid = machine === '' ? null : (namedMachine(this.connections.domainList(), machine)?.uuid ?? null)
    if (view === 'domain' && uuid === null) {
      this.connections.notices.raise('error', errorReport('no-domain', { uuid: machine }))
      return false
    }
    const open = this.windows.find(view, uuid)
    const window = this.windows.open(view, uuid, page === '' ? undefined : page)
    if (open && page !== '') this.ipc.send(window, 'menuChosen', { command: `page-${page}` })
    return true
  }

  /** A second start of the app, or a click in the tray. */
  showManager(): void {
    this.windows.open('manager')
  }

  private async load(): Promise<void> {
    const problems = [await this.preferences.load(), await this.listLayout.load(), await this.sizes.load()]
    await this.connections.load()
    for (const problem of problems) if (problem) this.connections.notices.raise('warning', problem)
  }

  private servers(): Partial<CallServers<CallName, WindowCaller>> {
    return {
      ...this.router.servers(),
      ...appServers({
        driverName: this.parts.localDriver,
        quit: this.leaving.quit,
        text: () => this.text(),
        preferences: () => this.preferences.value,
        setPreferences: (preferences) => this.setPreferences(preferences),
        listLayout: this.listLayout,
        doctor: this.doctor,
        writeReport: (path) =>
          writeAppReport(path, this.parts.localDriver, this.preferences.value, this.connections, this.doctor),
        openWindow: (view, uuid, page) => this.windows.open(view, uuid, page),
        zoom: (step) => this.windows.zoom(step),
        showPage: (window, page) => this.ipc.send(window, 'menuChosen', { command: `page-${page}` }),
        tell: (window, name) => this.ipc.send(window, name, {}),
        folder: app.getPath('userData'),
        diskFolder: join(app.getPath('userData'), 'disks'),
        menuOffer: (window, commands) => this.menus.offer(window, commands),
        windowDrawn: () => this.firstDrawn(),
        knowsDomain: (uuid) => this.connections.place(uuid) !== undefined,
        knowsConnection: (id) => this.connections.list().some(({ connection }) => connection === id),
      }),
    }
  }

  private listen(): void {
    app.on('second-instance', (_event, _argv, _folder, said) => {
      if (!this.showAsked(wordsOf(said))) this.showManager()
    })
    app.on('activate', () => this.showManager())
    this.leaving.listen()
    nativeTheme.on('updated', () => this.tellPreferences())
  }

  // ---- windows and menus ------------------------------------------------------------------------

  private dress(window: BrowserWindow): void {
    this.menus.dress(window)
    window.on('session-end', () => void this.leaving.quit.sessionEnds())
    window.on('enter-full-screen', () => this.ipc.send(window, 'fullScreenChanged', { on: true }))
    window.on('leave-full-screen', () => this.ipc.send(window, 'fullScreenChanged', { on: false }))
  }

  private text(): MenuText {
    return menuText(this.preferences.value.language, app.getLocale())
  }

  private makeMenus(): Menus {
    return new Menus({
      text: () => this.text(),
      viewOf: (window) => this.windows.viewOf(window) ?? 'domain',
      chosen: (window, command) => this.ipc.send(window, 'menuChosen', { command }),
      actions: {
        newMachine: () => this.windows.open('create-domain'),
        restore: () => void this.restore(),
        importConfig: () => this.choose('import'),
        trash: () => this.choose('trash'),
        addConnection: () => this.choose('connection-add'),
        preferences: () => this.windows.open('preferences'),
        doctor: () => this.windows.open('doctor'),
        about: () => this.windows.open('about'),
        networks: () => this.windows.open('networks'),
        host: () => this.windows.open('host'),
        wall: () => this.windows.open('wall'),
        manager: () => this.showManager(),
        zoom: (step) => this.windows.zoom(step),
        quit: () => app.quit(),
      },
    })
  }

  private makeTray(): TrayIcon {
    return new TrayIcon({
      icon: join(this.parts.iconFolder, '32x32.png'),
      text: () => this.text(),
      domains: () => this.connections.domainList(),
      actions: {
        manager: () => this.showManager(),
        quit: () => app.quit(),
        open: (uuid) => this.windows.open('domain', uuid),
        operate: (uuid, operation) => void this.operate(uuid, operation),
      },
    })
  }

  /** From the tray. What is to be asked about is asked in the machine's window. */
  private async operate(key: string, operation: TrayOperation): Promise<void> {
    const { confirmPause, confirmShutdown } = this.preferences.value
    if (operation === 'suspend' && confirmPause) return this.choose('pause', 'domain', key)
    if (operation === 'shutdown' && confirmShutdown) return this.choose('shutdown', 'domain', key)
    const place = this.connections.place(key)
    const done = await place?.toolstack.domains[operation](place.uuid)
    if (done && !done.ok) this.connections.notices.raise('error', done.error)
  }

  /** A choice that a page answers. */
  private choose(command: string, view: WindowView = 'manager', uuid: string | null = null): void {
    this.menus.choose(this.windows.open(view, uuid), command)
  }

  private async restore(): Promise<void> {
    const window = this.windows.open('manager')
    const path = await pickFile(window, 'openSaved', '', this.text(), '')
    if (path === null) return
    const there = this.connections.toolstackOf(undefined)
    if (there.ok) there.value.toolstack.domains.restore(path)
    else this.connections.notices.raise('error', there.error)
  }

  // ---- preferences ------------------------------------------------------------------------------

  private async setPreferences(preferences: Preferences): Promise<void> {
    await this.preferences.set(preferences)
    this.applyPreferences()
  }

  private applyPreferences(): void {
    const { trayIcon } = this.preferences.value
    this.applyTheme()
    this.connections.sampleEvery(this.preferences.value.sampleSeconds * 1000)
    this.menus.renew()
    if (trayIcon) this.tray.show()
    else this.tray.hide()
    this.tellPreferences()
  }

  /** High contrast is a theme of our pages, on a dark ground; the system's own high contrast they see by themselves. */
  private applyTheme(): void {
    const { theme } = this.preferences.value
    nativeTheme.themeSource = theme === 'contrast' ? 'dark' : theme
  }

  private tellPreferences(): void {
    const systemIsDark = nativeTheme.shouldUseDarkColors
    this.ipc.broadcast('preferencesChanged', { preferences: this.preferences.value, systemIsDark })
  }

  // ---- quitting ---------------------------------------------------------------------------------

  private makeLeaving(): Leaving {
    return new Leaving({
      guests: this.connections,
      underWay: this.underWay,
      text: () => this.text(),
      askInWindow: (names) => {
        const window = this.windows.find('manager')
        if (!window || window.webContents.isLoading() || window.webContents.isCrashed()) return false
        this.windows.open('manager')
        this.ipc.send(window, 'quitAsked', { names: [...names] })
        return true
      },
      waitingFor: (names) => this.ipc.broadcast('quitProgress', { waitingFor: [...names] }),
      failed: (errors) => {
        for (const error of errors) this.connections.notices.raise('error', error)
      },
      close: () => {
        this.notifications.stop()
        return Promise.allSettled([
          this.socket.close(),
          this.connections.close(),
          this.preferences.settled(),
          this.listLayout.settled(),
          this.sizes.settled(),
        ])
      },
    })
  }
}
