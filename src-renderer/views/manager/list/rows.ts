// From what there is to the rows of the list: connections, their folders, their domains, in order, filtered, with what is folded
// away left out.
// Invariant: a key names the same thing for good (a domain's uuid; `folder/…` and `connection` in the first connection,
// `folder@ID/…` and `connection/ID` in another); a filtered list shows what it found, whatever is folded. Runs in: renderer and tests; pure.

import { type ConnectionInfo, LOCAL_CONNECTION } from '../../../../src-main/public/connection'
import type { DomainInfo } from '../../../../src-main/public/types'
import { connectionOf } from '../../../state/app-state'

export const connectionKey = (connection: string): string =>
  connection === LOCAL_CONNECTION ? 'connection' : `connection/${connection}`
export const folderKey = (path: string, connection: string = LOCAL_CONNECTION): string =>
  connection === LOCAL_CONNECTION ? `folder/${path}` : `folder@${connection}/${path}`

export interface GroupRow {
  readonly kind: 'connection' | 'folder'
  readonly key: string
  /** Of the folder; empty for the connection. */
  readonly path: string
  /** What it is, or is in. */
  readonly connection: ConnectionInfo
  /** 1 is the outermost. */
  readonly level: number
  readonly open: boolean
  /** All domains below that a filter shows, at any depth, folded away or not. */
  readonly members: readonly DomainInfo[]
  /** So many guests are below, shown or not. */
  readonly guests: number
}

export interface DomainRow {
  readonly kind: 'domain'
  readonly key: string
  readonly level: number
  readonly domain: DomainInfo
  readonly tags: readonly string[]
  readonly folder: string
}

export type Row = GroupRow | DomainRow

export interface Order {
  readonly compare: (a: DomainInfo, b: DomainInfo) => number
  readonly collator: Intl.Collator
}

interface Group {
  readonly path: string
  readonly groups: Map<string, Group>
  readonly domains: DomainInfo[]
  readonly members: DomainInfo[]
  guests: number
}

const makeGroup = (path: string): Group => ({ path, groups: new Map(), domains: [], members: [], guests: 0 })

export interface ListInput {
  readonly connections: readonly ConnectionInfo[]
  /** In order already; domain 0 first. */
  readonly domains: readonly DomainInfo[]
  readonly placeOf: (uuid: string) => { readonly folder: string; readonly tags: readonly string[] }
  readonly collapsed: ReadonlySet<string>
  /** Null: all. */
  readonly shown: ((domain: DomainInfo) => boolean) | null
  readonly collator: Intl.Collator
}

export function listRows(input: ListInput): readonly Row[] {
  const { domains, placeOf, collapsed, shown, collator } = input
  const tops = new Map(input.connections.map(({ connection }) => [connection, makeGroup('')]))
  for (const domain of domains) {
    const top = tops.get(connectionOf(domain))
    if (top === undefined) continue
    const isShown = shown === null || shown(domain)
    const enter = (group: Group): void => {
      if (domain.kind === 'guest') group.guests++
      if (isShown) group.members.push(domain)
    }
    const { folder } = placeOf(domain.uuid)
    let group = top
    enter(top)
    if (folder !== '') {
      let path = ''
      for (const name of folder.split('/')) {
        path = path === '' ? name : `${path}/${name}`
        let next = group.groups.get(name)
        if (next === undefined) {
          next = makeGroup(path)
          group.groups.set(name, next)
        }
        group = next
        enter(group)
      }
    }
    if (isShown) group.domains.push(domain)
  }
  const rows: Row[] = []
  const add = (group: Group, connection: ConnectionInfo, kind: GroupRow['kind'], level: number): void => {
    const id = connection.connection
    const key = kind === 'connection' ? connectionKey(id) : folderKey(group.path, id)
    const open = group.members.length > 0 && (shown !== null || !collapsed.has(key))
    rows.push({ kind, key, path: group.path, connection, level, open, members: group.members, guests: group.guests })
    if (!open) return
    const addDomain = (domain: DomainInfo): void => {
      const { folder, tags } = placeOf(domain.uuid)
      rows.push({ kind: 'domain', key: domain.uuid, level: level + 1, domain, tags, folder })
    }
    // Domain 0 stands before the folders: it is not one of the machines they order.
    for (const domain of group.domains) if (domain.kind === 'domain0') addDomain(domain)
    const names = [...group.groups.keys()].sort(collator.compare)
    for (const name of names) {
      const folder = group.groups.get(name) ?? makeGroup(name)
      if (folder.members.length > 0) add(folder, connection, 'folder', level + 1)
    }
    for (const domain of group.domains) if (domain.kind !== 'domain0') addDomain(domain)
  }
  for (const connection of input.connections) {
    const top = tops.get(connection.connection) ?? makeGroup('')
    // A filter leaves out the connections in which it found nothing.
    if (shown === null || top.members.length > 0) add(top, connection, 'connection', 1)
  }
  return rows
}

/** The domains that chosen rows stand for: their own, and those of chosen groups; each once, in the order of the list. */
export function domainsOf(rows: readonly Row[], chosen: ReadonlySet<string>): readonly DomainInfo[] {
  const found = new Map<string, DomainInfo>()
  for (const row of rows) {
    if (!chosen.has(row.key)) continue
    if (row.kind === 'domain') found.set(row.key, row.domain)
    else for (const domain of row.members) if (domain.kind === 'guest') found.set(domain.uuid, domain)
  }
  return [...found.values()]
}

/** Every folder there is, parents included, in order. */
export function foldersOf(folders: Iterable<string>, collator: Intl.Collator): readonly string[] {
  const all = new Set<string>()
  for (const folder of folders) {
    const names = folder === '' ? [] : folder.split('/')
    for (let depth = 1; depth <= names.length; depth++) all.add(names.slice(0, depth).join('/'))
  }
  return [...all].sort(collator.compare)
}
