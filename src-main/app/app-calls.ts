// The calls that are the app's own: windows, dialogs, clipboard, preferences, quitting. Runs in: main (Electron).
import { app, clipboard } from 'electron'
import { err, ok } from '../../src-engine/public/result'
import type { WindowCaller } from '../ipc/electron'
import type { CallName } from '../public/calls'
import { errorReport } from '../public/error-code'
import { DOMAIN0_UUID, type Preferences, type WindowView } from '../public/types'
import type { CallServers, ToolstackCall } from '../toolstack/toolstack'
import { aboutInfo } from './about'
import { pickFile } from './file-dialog'
import type { MenuText } from './menu-text'
import type { Quit } from './quit'

export interface AppCallsParts {
  readonly driverName: string
  readonly quit: Quit
  text(): MenuText
  preferences(): Preferences
  setPreferences(preferences: Preferences): Promise<void>
  openWindow(view: WindowView, uuid: string | null): void
  knowsDomain(uuid: string): boolean
  windowDrawn(): void
  readonly diskFolder: string
}

export function appServers(parts: AppCallsParts): CallServers<Exclude<CallName, ToolstackCall>, WindowCaller> {
  return {
    aboutInfo: () => ok(aboutInfo(parts.driverName)),
    preferencesGet: () => ok(parts.preferences()),
    preferencesSet: async (preferences) => {
      await parts.setPreferences(preferences)
      return ok(null)
    },
    filePick: async ({ kind, suggestedName }, caller) => {
      const path = await pickFile(caller.window, kind, suggestedName, parts.text(), parts.diskFolder)
      if (path !== null) caller.rememberFile(path, kind)
      return ok({ path })
    },
    windowOpen: ({ view, uuid }) => {
      if (view === 'domain' && (uuid === null || (uuid !== DOMAIN0_UUID && !parts.knowsDomain(uuid)))) {
        return err(errorReport('no-domain', { uuid: uuid ?? '' }))
      }
      parts.openWindow(view, view === 'domain' ? uuid : null)
      return ok(null)
    },
    windowFullScreen: ({ on }, { window }) => {
      window.setFullScreen(on)
      return ok(null)
    },
    windowClose: (_params, { window }) => {
      // After the answer has left: a closed window cannot hear it.
      setImmediate(() => {
        if (!window.isDestroyed()) window.close()
      })
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
