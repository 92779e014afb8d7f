// What runs here, for the About window and the start log; says so when Electron is the old fallback.
// Runs in: main (Electron).
import { join } from 'node:path'
import { app } from 'electron'
import { errorReport } from '../public/error-code'
import type { AboutInfo } from '../public/types'
import { desktopShowsNotes } from './desktop-note'

const quoted = (path: string): string => `'${path.replaceAll("'", "'\\''")}'`

/**
 * How a shell starts the command line of this very app: the package brings a program of that name along, from the sources it is what
 * was built beside this file. Null on Windows, which has no such sockets.
 */
function commandLine(): string | null {
  if (process.platform === 'win32') return null
  const folder = process.env['RINGMASTER_FOLDER']
  const program = app.isPackaged ? 'ringmaster-xm' : `node ${quoted(join(app.getAppPath(), 'out/main/xm.cjs'))}`
  return folder === undefined ? program : `RINGMASTER_FOLDER=${quoted(folder)} ${program}`
}

export function aboutInfo(driver: string): AboutInfo {
  const { electron = '', chrome = '', node } = process.versions
  const electronSource = process.env['RINGMASTER_ELECTRON_SOURCE'] ?? null
  const old = electronSource === 'fallback' || Number(electron.split('.')[0]) < 30
  return {
    name: 'Ringmaster',
    version: app.getVersion(),
    licence: 'Apache-2.0',
    electron,
    chromium: chrome,
    node,
    platform: `${process.platform} ${process.arch}`,
    driver,
    electronSource,
    commandLine: commandLine(),
    notifications: desktopShowsNotes(),
    warning: old ? errorReport('old-electron', { version: electron }) : null,
  }
}
