// Names, folders and tags: what the list, its menus and its drags ask for, each with its way back.
// Invariant: many domains are changed with one call; what was before is remembered only once main has done it.
// Runs in: manager window.

import { useMemo, useRef, useState } from 'react'
import type { ErrorReport } from '../../../../src-main/public/error-code'
import type { Metadata } from '../../../../src-main/public/list'
import { properName } from '../../../../src-main/public/name'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { useWords } from '../../../components/Language'
import { useMetadata } from '../../../state/answers'
import { useAppStore } from '../../../state/store'
import type { GroupRow } from '../list/rows'
import { back, type FolderMove, type Places } from './places'

export interface Asked {
  readonly what: 'folder' | 'tags'
  readonly domains: readonly DomainInfo[]
  /** The folder that is asked about itself, not one of its machines. */
  readonly group?: GroupRow
}

export interface Ordering {
  /** The domain whose name is a field now. */
  readonly renaming: string | null
  readonly asked: Asked | null
  readonly rename: (domains: readonly DomainInfo[]) => void
  /** What the field holds, null to change nothing; the field is gone unless a refusal is answered. */
  readonly renamed: (domain: DomainInfo, name: string | null) => Promise<ErrorReport | null>
  readonly ask: (what: Asked['what'], domains: readonly DomainInfo[]) => void
  /** Where a folder lies and how it is called. */
  readonly askFolder: (group: GroupRow) => void
  readonly answered: () => void
  /** `folder` is what it is called after; each machine goes where `places` says, or there. `folders`: those that go with all that is in them. */
  readonly move: (domains: readonly DomainInfo[], folder: string, places?: Places, folders?: readonly FolderMove[]) => void
  readonly addTag: (domains: readonly DomainInfo[], tag: string) => void
  readonly changeTags: (domains: readonly DomainInfo[], change: (tags: readonly string[]) => readonly string[]) => void
}

/** Told before folders move, and asked afterwards whether they did. */
export type FollowFolders = (moves: readonly FolderMove[]) => (done: boolean) => void

export function useOrdering(followFolders: FollowFolders): Ordering {
  const client = useClient()
  const store = useAppStore()
  const { t } = useWords()
  const placeOf = useMetadata()
  const [renaming, setRenaming] = useState<string | null>(null)
  const [asked, setAsked] = useState<Asked | null>(null)
  const follow = useRef(followFolders)
  follow.current = followFolders

  const actions = useMemo(() => {
    const give = async ({ uuid }: DomainInfo, name: string, from: string): Promise<ErrorReport | null> => {
      const done = await client.call('domainRename', { uuid, name, from })
      return done.ok ? null : done.error
    }

    const change = async (
      domains: readonly DomainInfo[],
      next: (before: Metadata, uuid: string) => Metadata,
      label: string,
      moves: readonly FolderMove[] = [],
    ) => {
      const guests = domains.filter(({ kind }) => kind === 'guest')
      const before = guests.map(({ uuid }) => ({ uuid, metadata: placeOf(uuid) }))
      const after = before.map(({ uuid, metadata }) => ({ uuid, metadata: next(metadata, uuid) }))
      if (after.every(({ metadata }, index) => JSON.stringify(metadata) === JSON.stringify(before[index]?.metadata))) return
      const set = async (changes: typeof before, folders: readonly FolderMove[]) => {
        const settle = follow.current(folders)
        const done = await client.call('metadataSet', { changes })
        settle(done.ok)
        if (!done.ok) store.dispatch({ kind: 'failed', error: done.error })
        return done.ok
      }
      if (await set(after, moves)) store.undo.add(label, async () => void (await set(before, back(moves))))
    }

    const rename = (domains: readonly DomainInfo[]) => {
      const [domain] = domains
      if (domains.length === 1 && domain?.operations.includes('redefine') === true) setRenaming(domain.uuid)
    }
    const renamed = async (domain: DomainInfo, name: string | null) => {
      const wanted = properName(name ?? '')
      const changes = wanted !== '' && wanted !== domain.name
      const refused = changes ? await give(domain, wanted, domain.name) : null
      if (refused !== null) return refused
      // Another row may have become the field meanwhile.
      setRenaming((now) => (now === domain.uuid ? null : now))
      if (!changes) return null
      store.undo.add(t('undo.rename', { before: domain.name, name: wanted }), async () => {
        const kept = await give(domain, domain.name, wanted)
        if (kept !== null) store.dispatch({ kind: 'failed', error: kept })
      })
      return null
    }
    const move: Ordering['move'] = (domains, folder, places, folders) => {
      const label = t('undo.folder', {
        folder: folder === '' ? t('manager.folder-none') : folder,
        count: t.number(domains.length),
      })
      void change(domains, (before, uuid) => ({ ...before, folder: places?.get(uuid) ?? folder }), label, folders)
    }
    const changeTags = (domains: readonly DomainInfo[], next: (tags: readonly string[]) => readonly string[]) => {
      const label = t('undo.tags', { count: t.number(domains.length) })
      void change(domains, (before) => ({ ...before, tags: next(before.tags) }), label)
    }
    const addTag = (domains: readonly DomainInfo[], tag: string) =>
      changeTags(domains, (tags) => (tags.includes(tag) ? tags : [...tags, tag]))
    const ask = (what: Asked['what'], domains: readonly DomainInfo[]) => {
      const guests = domains.filter(({ kind }) => kind === 'guest')
      if (guests.length > 0) setAsked({ what, domains: guests })
    }
    const askFolder = (group: GroupRow) => setAsked({ what: 'folder', domains: group.members, group })
    return { rename, renamed, move, addTag, changeTags, ask, askFolder, answered: () => setAsked(null) }
  }, [client, store, t, placeOf])

  return { renaming, asked, ...actions }
}
