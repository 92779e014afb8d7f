// The manager's dialogs about definitions: the trash, and the import of a configuration file.
// Invariant: one at a time; a file that cannot be read is a failure like any other. Runs in: manager window.

import { type ReactNode, useCallback, useState } from 'react'
import { useClient } from '../../client/Client'
import { useAppStore } from '../../state/store'
import { ImportDialog, type ImportedFile } from './ImportDialog'
import { TrashDialog } from './TrashDialog'

export interface DefinitionDialogs {
  openTrash(): void
  /** Asks for the file first. */
  openImport(): void
  readonly shown: ReactNode
}

export function useDefinitionDialogs(): DefinitionDialogs {
  const client = useClient()
  const store = useAppStore()
  const [open, setOpen] = useState<'trash' | ImportedFile | null>(null)
  const close = useCallback(() => setOpen(null), [])
  const openImport = useCallback(async () => {
    const picked = await client.call('filePick', { kind: 'openConfig', suggestedName: '' })
    if (!picked.ok || picked.value.path === null) return
    const read = await client.call('configRead', { path: picked.value.path })
    if (read.ok) setOpen(read.value)
    else store.dispatch({ kind: 'failed', error: read.error })
  }, [client, store])
  return {
    openTrash: () => setOpen('trash'),
    openImport: () => void openImport(),
    shown:
      open === null ? null : open === 'trash' ? <TrashDialog onClose={close} /> : <ImportDialog file={open} onClose={close} />,
  }
}
