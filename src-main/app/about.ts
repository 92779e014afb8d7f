// What runs here, for the About window and the start log; says so when Electron is the old fallback.
// Runs in: main (Electron).
import { app } from 'electron'
import { errorReport } from '../public/error-code'
import type { AboutInfo } from '../public/types'

export function aboutInfo(driver: string): AboutInfo {
  const { electron = '', chrome = '', node } = process.versions
  const electronSource = process.env['RINGMASTER_ELECTRON_SOURCE'] ?? 'unknown'
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
    warning: old ? errorReport('old-electron', { version: electron }) : null,
  }
}
