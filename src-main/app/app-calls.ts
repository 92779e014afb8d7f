// The calls that are the app's own: windows, dialogs, clipboard, preferences, quitting. Runs in: main (Electron).
import { access } from 'node:fs/promises'
import { app, type BrowserWindow, clipboard, shell } from 'electron'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { ConnectionCall } from '../connection/router'
import type { KeptFile } from '../definition/kept-file'
import type { WindowCaller } from '../ipc/electron'
import { systemErrorText, writeFileAtomic } from '../lib/atomic-file'
import { isPutAside } from '../lib/own-folder'
import { writeProblem } from '../lib/write-problem'
import type { CallName } from '../public/calls'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { HostFile, ListLayout } from '../public/list'
import type { Preferences } from '../public/preferences'
import type { WindowView } from '../public/types'
import type { CallServers } from '../toolstack/call-server'
import type { Doctor } from '../toolstack/doctor/doctor'
import type { ToolstackCall } from '../toolstack/toolstack'
import { aboutInfo } from './about'
import { pickFile } from './file-dialog'
import type { MenuText } from './menu-text'
import type { Quit } from './quit'
import type { ZoomStep } from './zoom'

export interface AppCallsParts {
  readonly driverName: string
  readonly quit: Quit
  text(): MenuText
  preferences(): Preferences
  setPreferences(preferences: Preferences): Promise<void>
  readonly listLayout: KeptFile<ListLayout>
  readonly doctor: Pick<Doctor, 'look' | 'mend'>
  writeReport(path: string): Promise<Result<null, ErrorReport>>
  openWindow(view: WindowView, uuid: string | null, page?: string): BrowserWindow
  zoom(step: ZoomStep): void
  /** Tells an open window to show one of its pages. */
  showPage(window: BrowserWindow, page: string): void
  tell(window: BrowserWindow, name: 'createDomainFilled'): void
  knowsDomain(uuid: string): boolean
  knowsConnection(connection: string): boolean
  menuOffer(window: BrowserWindow, commands: readonly string[]): void
  windowDrawn(): void
  /** Where all that is the app's own lies. */
  readonly folder: string
  readonly diskFolder: string
}

export function appServers(parts: AppCallsParts): CallServers<Exclude<CallName, ToolstackCall | ConnectionCall>, WindowCaller> {
  /** What the window of a new machine is to ask for. */
  let filledIn: readonly HostFile[] = []
  return {
    aboutInfo: () => ok(aboutInfo(parts.driverName)),
    preferencesGet: () => ok(parts.preferences()),
    preferencesSet: (preferences) => stored('preferences.json', parts.setPreferences(preferences)),
    doctorLook: async () => ok(await parts.doctor.look()),
    doctorMend: (finding) => parts.doctor.mend(finding),
    reportSave: async ({ path }, caller) =>
      caller.choseFile(path, 'saveReport') ? parts.writeReport(path) : err(errorReport('path-not-chosen', { path })),
    listLayoutGet: () => ok(parts.listLayout.value),
    listLayoutSet: (layout) => stored('list.json', parts.listLayout.set(layout)),
    createDomainOpen: ({ connection = null, files }) => {
      if (connection !== null && !parts.knowsConnection(connection)) return err(errorReport('no-connection', { connection }))
      filledIn = files
      parts.tell(parts.openWindow('create-domain', connection), 'createDomainFilled')
      return ok(null)
    },
    createDomainFiles: () => {
      const files = filledIn
      filledIn = []
      return ok(files)
    },
    filePick: async ({ kind, suggestedName }, caller) => {
      const path = await pickFile(caller.window, kind, suggestedName, parts.text(), parts.diskFolder)
      if (path !== null) caller.rememberFile(path, kind)
      return ok({ path })
    },
    fileWrite: async ({ path, kind, content }, caller) => {
      if (!caller.choseFile(path, kind)) return err(errorReport('path-not-chosen', { path }))
      return stored(path, writeFileAtomic(path, content))
    },
    asideShow: async ({ path }) => {
      if (!isPutAside(path, parts.folder)) return err(errorReport('path-not-chosen', { path }))
      try {
        await access(path)
      } catch (thrown) {
        return err(errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }))
      }
      shell.showItemInFolder(path)
      return ok(null)
    },
    windowOpen: ({ view, uuid, page }) => {
      if (view === 'domain' && (uuid === null || !parts.knowsDomain(uuid))) {
        return err(errorReport('no-domain', { uuid: uuid ?? '' }))
      }
      const isOfConnection = view === 'host' || view === 'networks' || view === 'create-domain'
      if (isOfConnection && uuid !== null && !parts.knowsConnection(uuid)) {
        return err(errorReport('no-connection', { connection: uuid }))
      }
      const window = parts.openWindow(view, view === 'domain' || isOfConnection ? uuid : null, page)
      if (page !== undefined) parts.showPage(window, page)
      return ok(null)
    },
    windowFullScreen: ({ on }, { window }) => {
      window.setFullScreen(on)
      return ok(null)
    },
    windowZoom: ({ step }) => {
      parts.zoom(step)
      return ok(null)
    },
    windowClose: (_params, { window }) => {
      // After the answer has left: a closed window cannot hear it.
      setImmediate(() => {
        if (!window.isDestroyed()) window.close()
      })
      return ok(null)
    },
    menuOffer: ({ commands }, { window }) => {
      parts.menuOffer(window, commands)
      return ok(null)
    },
    windowDrawn: () => {
      parts.windowDrawn()
      return ok(null)
    },
    // Newer Electrons answer with a promise.
    clipboardRead: async () => ok({ text: (await clipboard.readText()).slice(0, 1 << 20) }),
    clipboardWrite: ({ text }) => {
      clipboard.writeText(text)
      return ok(null)
    },
    quit: () => {
      setImmediate(() => app.quit())
      return ok(null)
    },
    quitChoose: ({ choice }) => {
      parts.quit.choose(choice).catch((thrown: unknown) => console.error(`quit: ${String(thrown)}`))
      return ok(null)
    },
  }
}

async function stored(path: string, written: Promise<void>): Promise<Result<null, ErrorReport>> {
  try {
    await written
    return ok(null)
  } catch (thrown) {
    return err(writeProblem(path, thrown))
  }
}
