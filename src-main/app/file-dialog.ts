// The system's file dialogs, one row a purpose. Runs in: main (Electron).
import { join } from 'node:path'
import { app, type BrowserWindow, dialog, type FileFilter } from 'electron'
import type { FileKind } from '../public/types'
import type { MenuText } from './menu-text'

export const SAVED_EXTENSION = 'rmsave'

function filters(kind: FileKind, text: MenuText): FileFilter[] {
  const all = { name: text.allFiles, extensions: ['*'] }
  return kind === 'openSaved' || kind === 'saveSaved' ? [{ name: text.savedState, extensions: [SAVED_EXTENSION] }, all] : [all]
}

/** The file the user chose, or null. */
export async function pickFile(
  window: BrowserWindow,
  kind: FileKind,
  suggestedName: string,
  text: MenuText,
): Promise<string | null> {
  if (kind === 'saveSaved') {
    // A proposed name comes from a page: only its letters are used, never a folder.
    const name = suggestedName.replace(/[^\p{L}\p{N} ._+-]/gu, '_').slice(0, 100) || 'machine'
    const defaultPath = join(app.getPath('documents'), `${name}.${SAVED_EXTENSION}`)
    const chosen = await dialog.showSaveDialog(window, { title: text.saveTitle, defaultPath, filters: filters(kind, text) })
    return chosen.canceled || !chosen.filePath ? null : chosen.filePath
  }
  const titles = { kernel: text.kernelTitle, ramdisk: text.ramdiskTitle, openSaved: text.restoreTitle } as const
  const chosen = await dialog.showOpenDialog(window, {
    title: titles[kind],
    properties: ['openFile'],
    filters: filters(kind, text),
  })
  return chosen.canceled ? null : (chosen.filePaths[0] ?? null)
}
