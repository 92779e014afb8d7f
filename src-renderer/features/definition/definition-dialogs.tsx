// The manager's dialogs about definitions: the trash, and the import of a configuration file.
// Invariant: one at a time; a file that cannot be read is a failure like any other. Runs in: manager window.

import { type ReactNode, useCallback, useState } from 'react'
import { useClientAt } from '../../client/Client'
import { useAppStore } from '../../state/store'
import { type ConnectionField, ImportDialog, type ImportedFile } from './ImportDialog'
import { TrashDialog } from './TrashDialog'

export interface DefinitionDialogs {
  openTrash(): void
  /** Asks for the file first. */
  openImport(): void
  readonly shown: ReactNode
}

/** `connection`: where an imported machine goes, unless another one is chosen; undefined: the first that is open. */
export function useDefinitionDialogs(
  connection: string | undefined,
  /** Asks for another one: another feature's. */
  connectionField: ConnectionField,
): DefinitionDialogs {
  const client = useClientAt(connection)
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
      open === null ? null : open === 'trash' ? (
        <TrashDialog onClose={close} />
      ) : (
        <ImportDialog file={open} connection={connection} connectionField={connectionField} onClose={close} />
      ),
  }
}
