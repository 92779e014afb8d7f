// Where machines lie after folders were moved, renamed or dropped: a folder goes with all that is in it, folders of its own included.
// Invariant: a folder is never put into itself. Runs in: renderer and tests; pure.

import type { DomainInfo } from '../../../../src-main/public/types'
import { connectionOf } from '../../../state/app-state'
import { domainsOf, type GroupRow, type Row } from '../list/rows'

/** Folders by machine. */
export type Places = ReadonlyMap<string, string>
type FolderOf = (uuid: string) => string

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('/')
const isIn = (folder: string, outer: string): boolean => folder === outer || folder.startsWith(`${outer}/`)

/** All that is in the folder lies in `to` instead; whatever a filter shows. */
export function moveFolder(folder: GroupRow, to: string, all: readonly DomainInfo[], folderOf: FolderOf): Places {
  const own = all.filter(
    (domain) => connectionOf(domain) === folder.connection.connection && isIn(folderOf(domain.uuid), folder.path),
  )
  return new Map(own.map(({ uuid }) => [uuid, joined(to, folderOf(uuid).slice(folder.path.length + 1))]))
}

/** Rows were dropped on a group: machines lie in it, folders in it with what they have. Nothing changes its connection. */
export function dropInto(
  target: GroupRow,
  dropped: readonly string[],
  rows: readonly Row[],
  all: readonly DomainInfo[],
  folderOf: FolderOf,
): Places {
  const here = target.connection.connection
  const chosen = rows.filter(({ key }) => dropped.includes(key))
  const isFolder = (row: Row): row is GroupRow => row.kind === 'folder'
  const folders = chosen.filter(isFolder).filter(({ connection }) => connection.connection === here)
  // One inside of another goes with that one.
  const outer = folders.filter(({ path }) => !folders.some((other) => other.path !== path && isIn(path, other.path)))
  const machines = domainsOf(rows, new Set(chosen.filter((row) => !isFolder(row)).map(({ key }) => key)))
  const places = new Map(machines.filter((domain) => connectionOf(domain) === here).map(({ uuid }) => [uuid, target.path]))
  for (const folder of outer) {
    if (isIn(target.path, folder.path)) continue
    const to = joined(target.path, folder.path.split('/').at(-1) ?? '')
    for (const [uuid, place] of moveFolder(folder, to, all, folderOf)) places.set(uuid, place)
  }
  return places
}
