// Where machines lie after folders were moved, renamed or dropped: a folder goes with all that is in it, folders of its own included.
// Invariant: a folder is never put into itself. Runs in: renderer and tests; pure.

import type { DomainInfo } from '../../../../src-main/public/types'
import { connectionOf } from '../../../state/app-state'
import { connectionKey, domainsOf, folderKey, type GroupRow, type Row } from '../list/rows'

/** Folders by machine. */
export type Places = ReadonlyMap<string, string>
type FolderOf = (uuid: string) => string

const joined = (...parts: readonly string[]): string => parts.filter((part) => part !== '').join('/')
const isIn = (folder: string, outer: string): boolean => folder === outer || folder.startsWith(`${outer}/`)

/** A folder that lies elsewhere from now on, or is called something else. */
export interface FolderMove {
  readonly connection: string
  readonly from: string
  /** Empty: what was in it lies in no folder. */
  readonly to: string
}

export const back = (moves: readonly FolderMove[]): readonly FolderMove[] =>
  moves.map(({ connection, from, to }) => ({ connection, from: to, to: from }))

/** What a row of the list is called after the moves, if they change that. */
export function keyAfter(moves: readonly FolderMove[], key: string): string {
  for (const { connection, from, to } of moves) {
    const before = folderKey(from, connection)
    if (key !== before && !key.startsWith(`${before}/`)) continue
    const path = joined(to, key.slice(before.length + 1))
    return path === '' ? connectionKey(connection) : folderKey(path, connection)
  }
  return key
}

/**
 * What stands for a row of the list after the moves: its own row, or where that is folded away now the nearest row around it. Rows that the moves
 * leave alone stand for themselves.
 */
export function rowAfter(moves: readonly FolderMove[], key: string, rows: ReadonlySet<string>): string {
  const after = keyAfter(moves, key)
  if (after === key) return key
  for (const { connection, to } of moves) {
    const parts = to.split('/')
    if (!`${after}/`.startsWith(`${folderKey(to, connection)}/`)) continue
    const around = parts.map((_, at) => folderKey(parts.slice(0, parts.length - at).join('/'), connection))
    return [after, ...around, connectionKey(connection)].find((each) => rows.has(each)) ?? after
  }
  return after
}

/** The folders that are folded away keep being so; where they are opened for good is left alone. */
export function foldedAfter(moves: readonly FolderMove[], folded: readonly string[]): readonly string[] {
  const isFolder = (key: string) => key.startsWith('folder')
  return [...new Set(folded.map((key) => keyAfter(moves, key)).filter((key, at) => key === folded[at] || isFolder(key)))]
}

/** All that is in the folder lies in `to` instead; whatever a filter shows. */
export function moveFolder(folder: GroupRow, to: string, all: readonly DomainInfo[], folderOf: FolderOf): Places {
  const own = all.filter(
    (domain) => connectionOf(domain) === folder.connection.connection && isIn(folderOf(domain.uuid), folder.path),
  )
  return new Map(own.map(({ uuid }) => [uuid, joined(to, folderOf(uuid).slice(folder.path.length + 1))]))
}

/** The folders among rows that were dropped on a group, each with what is in it. */
export function foldersInto(target: GroupRow, dropped: readonly string[], rows: readonly Row[]): readonly FolderMove[] {
  const { connection } = target.connection
  return outerFolders(target, dropped, rows).map(({ path }) => ({ connection, from: path, to: placeIn(target, path) }))
}

const placeIn = (target: GroupRow, path: string): string => joined(target.path, path.split('/').at(-1) ?? '')

/** One inside of another goes with that one. */
function outerFolders(target: GroupRow, dropped: readonly string[], rows: readonly Row[]): readonly GroupRow[] {
  const folders = rows.filter((row): row is GroupRow => row.kind === 'folder' && dropped.includes(row.key))
  const own = folders.filter(({ connection }) => connection.connection === target.connection.connection)
  const outer = own.filter(({ path }) => !own.some((other) => other.path !== path && isIn(path, other.path)))
  return outer.filter(({ path }) => !isIn(target.path, path))
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
  const machineRows = rows.filter(({ key, kind }) => dropped.includes(key) && kind !== 'folder')
  const machines = domainsOf(rows, new Set(machineRows.map(({ key }) => key)))
  const places = new Map(machines.filter((domain) => connectionOf(domain) === here).map(({ uuid }) => [uuid, target.path]))
  for (const folder of outerFolders(target, dropped, rows)) {
    for (const [uuid, place] of moveFolder(folder, placeIn(target, folder.path), all, folderOf)) places.set(uuid, place)
  }
  return places
}
