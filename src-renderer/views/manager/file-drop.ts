// Files dragged onto the window: kernels, ramdisks and disk images fill in a new machine or, dropped onto a machine's row, change that
// one; a configuration becomes a machine or that one's definition; a saved machine is gone on with. Main looks at each file and says
// what it is.
// Invariant: a path from a drop gives no right to write: main asks for that as for a path that was typed.
// Runs in: manager window.

import { type DragEvent, useCallback, useState } from 'react'
import { type Client, clientAt } from '../../../src-main/public/client'
import { CONFIG_TEXT_MOST } from '../../../src-main/public/definition'
import { errorReport } from '../../../src-main/public/error-code'
import type { HostFile } from '../../../src-main/public/list'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { byPath, type FileDrag, useFileDrag } from '../../components/FileDrag'
import { useWords } from '../../components/Language'
import { type Imported, importConfig } from '../../features/definition/import-config'
import { someNames } from '../../lib/some-names'
import { offerUndo, useAppStore } from '../../state/store'

/** Files for a machine there is: what main said of them, and the text of a configuration. */
export interface DroppedOn {
  readonly domain: DomainInfo
  readonly files: readonly HostFile[]
  readonly config: { readonly name: string; readonly text: string } | null
  /** Names of configurations beside that one: a machine has one. */
  readonly others: readonly string[]
}

export interface FileDrop extends FileDrag {
  /** The row they are over: its key. */
  readonly target: string | null
}

export interface DropPlaces {
  /** The machine of a row that can be changed. */
  domainOf(key: string | null): DomainInfo | undefined
  /** Where what files over this row become goes; null: over none. Undefined: the first that is open. */
  connectionOf(key: string | null): string | undefined
}

/** `onDomain` is told what was dropped onto a machine. */
export function useFileDrop(places: DropPlaces, onDomain: (dropped: DroppedOn) => void): FileDrop {
  const anywhere = useClient()
  const store = useAppStore()
  const { t } = useWords()
  const [target, setTarget] = useState<string | null>(null)
  const targetOf = (event: DragEvent): string | null => {
    const row = event.target instanceof Element ? event.target.closest<HTMLElement>('[data-key]') : null
    return row?.dataset['key'] ?? null
  }

  /** Configurations become machines that do not run yet; the window of one shows what it is, several are left to the list. */
  const define = useCallback(
    async (client: Client, files: readonly File[]) => {
      const made: Imported[] = []
      for (const file of files) {
        const imported = await importConfig(client, await file.text(), file.name)
        if (imported.ok) made.push(imported.value)
        else store.dispatch({ kind: 'failed', error: imported.error })
      }
      const [first, ...others] = made
      if (first === undefined) return
      const names = made.map(({ name }) => name)
      // The machine's name and not only the file's: it may have a number.
      const label =
        files.length === 1
          ? t('undo.import', { name: first.name, file: files[0]?.name ?? '' })
          : t('undo.import-many', { names: someNames(names, t) })
      const undo = async () => {
        let undone = await client.call('domainUndefine', { uuid: first.uuid })
        for (const { uuid } of others) if (undone.ok) undone = await client.call('domainUndefine', { uuid })
        return undone
      }
      offerUndo(store, label, undo)
      if (files.length === 1) await client.call('windowOpen', { view: 'domain', uuid: first.uuid })
    },
    [store, t],
  )

  const take = useCallback(
    async (client: Client, dropped: readonly File[], domain: DomainInfo | undefined) => {
      let config: DroppedOn['config'] = null
      const others: string[] = []
      const configs: File[] = []
      const named = byPath(dropped)
      const looks = await Promise.all([...named.keys()].map((path) => client.call('fileLook', { path })))
      const files: HostFile[] = []
      for (const look of looks) {
        if (!look.ok) store.dispatch({ kind: 'failed', error: look.error })
        else if (look.value.kind === 'unknown') {
          store.dispatch({ kind: 'failed', error: errorReport('file-kind-unknown', { path: look.value.path }) })
        } else if (look.value.kind === 'config') {
          const file = named.get(look.value.path)
          if (file === undefined) continue
          if (file.size > CONFIG_TEXT_MOST) {
            store.dispatch({ kind: 'failed', error: errorReport('file-kind-unknown', { path: file.name }) })
          } else if (domain === undefined) configs.push(file)
          else if (config !== null) others.push(file.name)
          else config = { name: file.name, text: await file.text() }
        } else if (look.value.kind === 'saved') {
          const restored = await client.call('domainRestore', { path: look.value.path })
          if (!restored.ok) store.dispatch({ kind: 'failed', error: restored.error })
        } else files.push(look.value)
      }
      if (domain !== undefined) {
        if (files.length > 0 || config !== null) onDomain({ domain, files, config, others })
        return
      }
      await define(client, configs)
      if (files.length === 0) return
      const opened = await client.call('createDomainOpen', { files })
      if (!opened.ok) store.dispatch({ kind: 'failed', error: opened.error })
    },
    [store, define, onDomain],
  )

  const { over, handlers } = useFileDrag({
    onMove: (event) => setTarget(targetOf(event)),
    onFiles: (files, event) => {
      const key = targetOf(event)
      const connection = places.connectionOf(key)
      const client = connection === undefined ? anywhere : clientAt(anywhere, connection)
      void take(client, files, places.domainOf(key))
    },
  })
  return { over, target: over ? target : null, handlers }
}
