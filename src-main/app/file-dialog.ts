// The system's file dialogs, one row a purpose, and the question before a guest may write to a file that was only typed.
// Runs in: main (Electron).
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { app, type BrowserWindow, dialog, type FileFilter } from 'electron'
import { fillSentence } from '../public/error-code'
import type { FileKind } from '../public/types'
import type { MenuText } from './menu-text'
import { proposedFileName } from './proposed-name'

export const SAVED_EXTENSION = 'rmsave'

interface DialogRow {
  readonly mode: 'open' | 'save' | 'folder'
  readonly title: keyof MenuText
  readonly kinds?: { readonly name: keyof MenuText; readonly extensions: readonly string[] }
  /** Where a save dialog begins: the user's documents, pictures, or our folder of disks. */
  readonly place?: 'documents' | 'pictures' | 'disks'
  readonly extension?: string
}

const DIALOGS: Readonly<Record<FileKind, DialogRow>> = {
  kernel: { mode: 'open', title: 'kernelTitle' },
  ramdisk: { mode: 'open', title: 'ramdiskTitle' },
  openSaved: { mode: 'open', title: 'restoreTitle', kinds: { name: 'savedState', extensions: [SAVED_EXTENSION] } },
  saveSaved: {
    mode: 'save',
    title: 'saveTitle',
    kinds: { name: 'savedState', extensions: [SAVED_EXTENSION] },
    place: 'documents',
    extension: SAVED_EXTENSION,
  },
  openDisk: {
    mode: 'open',
    title: 'diskTitle',
    kinds: { name: 'diskImage', extensions: ['qcow2', 'raw', 'img', 'iso', 'vhd', 'vmdk'] },
  },
  openMedia: { mode: 'open', title: 'mediaTitle', kinds: { name: 'isoImage', extensions: ['iso'] } },
  saveDisk: { mode: 'save', title: 'newDiskTitle', place: 'disks' },
  saveScreenshot: {
    mode: 'save',
    title: 'screenshotTitle',
    kinds: { name: 'picture', extensions: ['png'] },
    place: 'pictures',
    extension: 'png',
  },
  saveReport: {
    mode: 'save',
    title: 'reportTitle',
    kinds: { name: 'archive', extensions: ['zip'] },
    place: 'documents',
    extension: 'zip',
  },
  saveTable: {
    mode: 'save',
    title: 'tableTitle',
    kinds: { name: 'table', extensions: ['csv'] },
    place: 'documents',
    extension: 'csv',
  },
  saveLog: {
    mode: 'save',
    title: 'logTitle',
    kinds: { name: 'log', extensions: ['log', 'txt'] },
    place: 'documents',
    extension: 'log',
  },
  savePicture: {
    mode: 'save',
    title: 'pictureTitle',
    kinds: { name: 'picture', extensions: ['png'] },
    place: 'pictures',
    extension: 'png',
  },
  saveCapture: {
    mode: 'save',
    title: 'captureTitle',
    kinds: { name: 'capture', extensions: ['pcap'] },
    place: 'documents',
    extension: 'pcap',
  },
  openConfig: {
    mode: 'open',
    title: 'importTitle',
    kinds: { name: 'configuration', extensions: ['xml', 'cfg', 'xl', 'hvm', 'pv'] },
  },
  // The proposed name has the ending: the two formats have different ones.
  saveConfig: { mode: 'save', title: 'exportTitle', place: 'documents' },
  poolFolder: { mode: 'folder', title: 'poolTitle' },
}

function folderOf(place: DialogRow['place'], diskFolder: string): string {
  if (place !== 'disks') return app.getPath(place ?? 'documents')
  mkdirSync(diskFolder, { recursive: true })
  return diskFolder
}

/** The file the user chose, or null. */
export async function pickFile(
  window: BrowserWindow,
  kind: FileKind,
  suggestedName: string,
  text: MenuText,
  diskFolder: string,
): Promise<string | null> {
  const row = DIALOGS[kind]
  const all = { name: text.allFiles, extensions: ['*'] }
  const filters: FileFilter[] = row.kinds ? [{ name: text[row.kinds.name], extensions: [...row.kinds.extensions] }, all] : [all]
  if (row.mode === 'save') {
    const file = proposedFileName(suggestedName, row.extension)
    const defaultPath = join(folderOf(row.place, diskFolder), file)
    const chosen = await dialog.showSaveDialog(window, { title: text[row.title], defaultPath, filters })
    return chosen.canceled || !chosen.filePath ? null : chosen.filePath
  }
  const properties: ('openDirectory' | 'createDirectory' | 'openFile')[] =
    row.mode === 'folder' ? ['openDirectory', 'createDirectory'] : ['openFile']
  const chosen = await dialog.showOpenDialog(window, {
    title: text[row.title],
    properties,
    ...(row.mode === 'folder' ? {} : { filters }),
  })
  return chosen.canceled ? null : (chosen.filePaths[0] ?? null)
}

/** Whether a guest may write to a file the user did not choose in a dialog. The safe answer is the default. */
export async function confirmWriting(window: BrowserWindow, path: string, text: MenuText): Promise<boolean> {
  const { response } = await dialog.showMessageBox(window, {
    type: 'question',
    message: text.writeQuestion,
    detail: fillSentence(text.writeDetail, { path }),
    buttons: [text.allow, text.cancel],
    defaultId: 1,
    cancelId: 1,
  })
  return response === 0
}
