// The windows: one of each view (one domain window per domain), locked down, brought to the front when asked for again.
// Invariant: a window is admitted to IPC before it loads its page; one that closes is not found any more.
// Runs in: main (Electron).
import { BrowserWindow, nativeTheme, screen } from 'electron'
import type { WindowView } from '../public/types'
import { pageAddress } from './page'
import type { WindowSize } from './window-size'
import { grown, leastSize, levelAfter, type ZoomStep } from './zoom'

interface ViewRow {
  readonly width: number
  readonly height: number
  readonly minWidth: number
  readonly minHeight: number
  readonly title: string
}

const VIEWS: Readonly<Record<WindowView, ViewRow>> = {
  manager: { width: 980, height: 640, minWidth: 560, minHeight: 360, title: 'Ringmaster' },
  domain: { width: 980, height: 720, minWidth: 560, minHeight: 420, title: 'Ringmaster' },
  'create-domain': { width: 720, height: 760, minWidth: 480, minHeight: 420, title: 'New virtual machine' },
  wall: { width: 1100, height: 760, minWidth: 560, minHeight: 420, title: 'Ringmaster' },
  networks: { width: 860, height: 600, minWidth: 560, minHeight: 400, title: 'Virtual networks' },
  host: { width: 980, height: 640, minWidth: 620, minHeight: 420, title: 'Host' },
  preferences: { width: 720, height: 520, minWidth: 480, minHeight: 320, title: 'Preferences' },
  doctor: { width: 760, height: 620, minWidth: 480, minHeight: 360, title: 'Doctor' },
  about: { width: 520, height: 480, minWidth: 400, minHeight: 360, title: 'About Ringmaster' },
}

export interface WindowsParts {
  /** The app is being left: pages are not asked any more. */
  leaving(): boolean
  readonly preload: string
  readonly icon: string | undefined
  readonly admit: (window: BrowserWindow) => void
  readonly opened: (window: BrowserWindow, view: WindowView) => void
  /** How large the window of this key was when it was closed. */
  sizeOf(key: string): WindowSize | undefined
  sized(size: WindowSize): void
}

/** No larger than the screen it opens on, which at a scale of 300 % holds few of the pixels sizes are given in. */
function fitting({ width, height, minWidth, minHeight }: ViewRow): Omit<ViewRow, 'title'> {
  const { workAreaSize: area } = screen.getDisplayNearestPoint(screen.getCursorScreenPoint())
  return {
    width: Math.min(width, area.width),
    height: Math.min(height, area.height),
    minWidth: Math.min(minWidth, area.width),
    minHeight: Math.min(minHeight, area.height),
  }
}

/** A page that dies within this time of its last death is loaded again only after it. */
const DIES_AGAIN_MS = 10_000

export class Windows {
  private readonly windows = new Map<string, BrowserWindow>()
  private readonly views = new WeakMap<BrowserWindow, WindowView>()
  private readonly parts: WindowsParts

  constructor(parts: WindowsParts) {
    this.parts = parts
  }

  find(view: WindowView, uuid: string | null = null): BrowserWindow | undefined {
    return this.windows.get(`${view} ${uuid ?? ''}`)
  }

  viewOf(window: BrowserWindow): WindowView | undefined {
    return this.views.get(window)
  }

  /** `page` is for a window that is made now; one that is open already is told by the caller. */
  open(view: WindowView, uuid: string | null = null, page?: string): BrowserWindow {
    const open = this.find(view, uuid)
    if (open) {
      if (open.isMinimized()) open.restore()
      open.show()
      open.focus()
      return open
    }
    return this.make(view, uuid, page)
  }

  close(view: WindowView, uuid: string | null = null): void {
    this.find(view, uuid)?.close()
  }

  /** The zoom is one for all windows: Chromium keeps it by the page's host. */
  zoom(step: ZoomStep): void {
    const [first] = this.windows.values()
    if (first === undefined) return
    first.webContents.setZoomLevel(levelAfter(first.webContents.getZoomLevel(), step))
    for (const window of this.windows.values()) this.makeRoom(window)
  }

  private makeRoom(window: BrowserWindow): void {
    const view = this.views.get(window)
    if (view === undefined || window.isDestroyed()) return
    const { minWidth, minHeight } = VIEWS[view]
    const { workArea } = screen.getDisplayMatching(window.getBounds())
    const least = leastSize({ width: minWidth, height: minHeight }, window.webContents.getZoomFactor(), workArea)
    window.setMinimumSize(least.width, least.height)
    if (window.isMaximized() || window.isFullScreen()) return
    const bounds = window.getBounds()
    const wanted = grown(bounds, least, workArea)
    if (wanted.width !== bounds.width || wanted.height !== bounds.height) window.setBounds(wanted)
  }

  private make(view: WindowView, uuid: string | null, page?: string): BrowserWindow {
    const key = `${view} ${uuid ?? ''}`
    const was = this.parts.sizeOf(key)
    const window = new BrowserWindow({
      title: VIEWS[view].title,
      ...fitting({ ...VIEWS[view], ...(was !== undefined && { width: was.width, height: was.height }) }),
      ...(this.parts.icon === undefined ? {} : { icon: this.parts.icon }),
      show: false,
      autoHideMenuBar: view !== 'manager' && view !== 'domain',
      backgroundColor: nativeTheme.shouldUseDarkColors ? '#17191c' : '#f6f7f8',
      webPreferences: {
        preload: this.parts.preload,
        sandbox: true,
        contextIsolation: true,
        nodeIntegration: false,
        webSecurity: true,
        spellcheck: false,
        devTools: process.env['ELECTRON_RENDERER_URL'] !== undefined,
      },
    })
    this.windows.set(key, window)
    this.views.set(window, view)
    this.parts.admit(window)
    window.once('ready-to-show', () => {
      // It may be closed before its page was ready: showing it then throws, and people get Electron's box with a stack.
      if (window.isDestroyed() || window.webContents.isDestroyed()) return
      // Only a page that is there has the zoom of the others. Without any the window has its size, and may have got another one since.
      if (window.webContents.getZoomFactor() > 1) this.makeRoom(window)
      if (was?.maximised === true) window.maximize()
      window.show()
    })
    // From the moment it begins to close: a question sent to its page then would be lost, and a moment later using it throws.
    const forget = (): void => {
      if (this.windows.get(key) === window) this.windows.delete(key)
    }
    window.on('close', () => {
      const { width, height } = window.getNormalBounds()
      this.parts.sized({ key, width, height, maximised: window.isMaximized() })
      forget()
    })
    // A page with changes that are not applied stays and asks; when the app is left nobody is kept by it.
    window.webContents.on('will-prevent-unload', (event) => {
      if (this.parts.leaving()) event.preventDefault()
      else this.windows.set(key, window)
    })
    window.once('closed', forget)
    let died = Number.NEGATIVE_INFINITY
    window.webContents.on('render-process-gone', (_event, { reason }) => {
      // A page may die; main goes on and loads it again: one that dies of being loaded not at once.
      if (reason === 'clean-exit') return
      const wait = performance.now() - died < DIES_AGAIN_MS ? DIES_AGAIN_MS : 0
      died = performance.now()
      setTimeout(() => {
        if (!window.isDestroyed()) window.reload()
      }, wait).unref()
    })
    this.parts.opened(window, view)
    // A refused load leaves a window that says nothing; the reason belongs in the start log.
    window.loadURL(pageAddress(view, uuid, page)).catch((thrown: unknown) => console.error(`window ${view}: ${String(thrown)}`))
    return window
  }
}
