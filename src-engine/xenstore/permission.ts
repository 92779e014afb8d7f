// Permissions of a store node: the first entry is the owner and what everyone else may do, further entries are for single
// domains. The owner and domain 0 may do everything. Spec: docs/misc/xenstore.txt, GET_PERMS.
// Invariant: a list has at least one entry; entries are never changed in place (trees share them). Runs in: domain 0.
import { domidToGuest, domidToStore, type Identity } from './path'

export type Access = 'n' | 'r' | 'w' | 'b'
export interface Permission {
  readonly access: Access
  readonly domid: number
}
export type Permissions = readonly [Permission, ...Permission[]]

export const DOM0_ONLY: Permissions = [{ access: 'n', domid: 0 }]

/** Letters in which a right is contained. */
const ALLOWS = { read: 'rb', write: 'wb' } as const
export type Right = keyof typeof ALLOWS

export function mayOwn(permissions: Permissions, domid: number): boolean {
  return domid === 0 || permissions[0].domid === domid
}

export function may(permissions: Permissions, domid: number, right: Right): boolean {
  if (mayOwn(permissions, domid)) return true
  let access = permissions[0].access
  for (let i = 1; i < permissions.length; i++) {
    const entry = permissions[i]
    if (entry && entry.domid === domid) access = entry.access
  }
  return ALLOWS[right].includes(access)
}

/** What a new node gets from its parent. Domain 0 makes nodes in the name of whom they belong to. */
export function inherited(parent: Permissions, creator: number): Permissions {
  if (creator === 0 || parent[0].domid === creator) return parent
  const [first, ...others] = parent
  return [{ access: first.access, domid: creator }, ...others]
}

const FORM = /^([nrwb])(\d{1,5})$/

/** From the strings of a message, in the numbers of the one who sent it. */
export function parsePermissions(texts: readonly string[], who: Identity): Permissions | undefined {
  const entries: Permission[] = []
  for (const text of texts) {
    const form = FORM.exec(text)
    const access = form?.[1]
    if (access !== 'n' && access !== 'r' && access !== 'w' && access !== 'b') return undefined
    const domid = Number(form?.[2])
    if (domid > 0x7fff) return undefined
    entries.push({ access, domid: domidToStore(domid, who) })
  }
  const [first, ...others] = entries
  return first ? [first, ...others] : undefined
}

export function formatPermissions(permissions: Permissions, who?: Identity): string[] {
  return permissions.map(({ access, domid }) => `${access}${who ? domidToGuest(domid, who) : domid}`)
}
