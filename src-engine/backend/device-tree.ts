// What the toolstack puts into the store for a device: frontend, backend and libxl's own directory, in the order and with the
// permissions of real Xen's libxl 4.17 (test/fixture/xen-4.17; test/engine/backend compares and lists the differences), and what it
// takes away again. Invariant: one list of changes is applied at once, so nobody sees half a device. Runs in: domain 0 (pure).
import { XENBUS_STATE } from '../public/xen/io/xenbus'
import { domainPath, parentPath } from '../xenstore/path'
import type { Permissions } from '../xenstore/permission'
import { type Change, lookup, type Tree } from '../xenstore/tree'
import type { DevicePart, Keys } from './device'

export interface DevicePaths {
  readonly frontend: string
  readonly backend: string
  readonly libxl: string
}

/** By the domid the store knows the domain by; what the nodes say may be an older one. */
export function devicePaths(domid: number, type: string, id: number): DevicePaths {
  return {
    frontend: `${domainPath(domid)}/device/${type}/${id}`,
    backend: `${domainPath(0)}/backend/${type}/${domid}/${id}`,
    libxl: `/libxl/${domid}/device/${type}/${id}`,
  }
}

export function writes(directory: string, keys: Keys): Change[] {
  return Object.entries(keys).map(([key, value]) => ({ kind: 'write', path: `${directory}/${key}`, value, creator: 0 }))
}

/** `guestDomid`: the number the guest knows itself by. What it reads of a path must be in its own numbers, as its watches are kept in them. */
export function deviceChanges(domid: number, guestDomid: number, type: string, part: DevicePart): Change[] {
  const paths = devicePaths(domid, type, part.id)
  const known = devicePaths(guestDomid, type, part.id)
  const theirs: Permissions = [
    { access: 'n', domid },
    { access: 'r', domid: 0 },
  ]
  const ours: Permissions = [
    { access: 'n', domid: 0 },
    { access: 'r', domid },
  ]
  const state = String(XENBUS_STATE.XenbusStateInitialising)
  const directory = (path: string, permissions: Permissions): Change[] => [
    { kind: 'rm', path },
    { kind: 'mkdir', path, creator: 0 },
    { kind: 'permissions', path, permissions },
  ]
  const backend = { frontend: paths.frontend, 'frontend-id': String(domid), online: '1', state, ...part.backend }
  return [
    { kind: 'rm', path: paths.libxl },
    ...writes(paths.libxl, { ...backend, backend: paths.backend }),
    ...directory(paths.frontend, theirs),
    ...writes(paths.frontend, { backend: known.backend, 'backend-id': '0', state, ...part.frontend }),
    ...directory(paths.backend, ours),
    ...writes(paths.backend, backend),
  ]
}

/** Takes the three directories away, and the ones above them that are empty then, up to the type's. */
export function removalChanges(tree: Tree, domid: number, type: string, id: number): Change[] {
  const changes: Change[] = []
  const { frontend, backend, libxl } = devicePaths(domid, type, id)
  for (const path of [frontend, backend, libxl]) {
    changes.push({ kind: 'rm', path })
    const above = parentPath(path)
    if (lookup(tree, above)?.children.size === 1) changes.push({ kind: 'rm', path: above })
  }
  return changes
}

/** What a frontend's keys may take as JSON: they go over the link in one record. The longest honest set is some 2 KiB. */
const KEYS_BYTES = 64 * 1024

/** All values below a directory, by path. A guest's directory may hold anything: what goes beyond the limit is left out. */
export function keysBelow(tree: Tree, directory: string): Keys {
  const keys: Record<string, string> = {}
  let left = KEYS_BYTES
  const visit = (path: string, prefix: string): void => {
    for (const [name, child] of lookup(tree, path)?.children ?? []) {
      const key = prefix + name
      // A byte of a value is at most six characters.
      const size = key.length + 6 * child.value.length + 6
      if (size <= left && (child.value !== '' || child.children.size === 0)) {
        keys[key] = child.value
        left -= size
      }
      if (child.children.size > 0 && left > 0) visit(`${path}/${name}`, `${key}/`)
    }
  }
  visit(directory, '')
  return keys
}
