// XenStore paths: which are valid, where a relative one starts, and how a guest's own domid and uuid are translated.
// A domain restored beside its origin still knows its old domid; what it names with it (its home, its backends' directories,
// its /vm) is translated to the domid the store knows it by, and nothing else is (house.md section 1, Identity).
// Invariant: a StorePath is absolute, without trailing slash, '/' for the root. Spec: docs/misc/xenstore.txt, "Store".
// Runs in: domain 0.
import { XENSTORE_ABS_PATH_MAX, XENSTORE_REL_PATH_MAX } from '../public/xen/io/xs-wire'

/** Who a connection is. domid and guestDomid differ only after a restore beside a domain that has the old domid. */
export interface Identity {
  /** Domain's handle; of domain 0: all zeroes. */
  readonly handle: string
  /** What the store knows the domain by: unique, used in paths and permissions. */
  readonly domid: number
  /** What the guest takes itself for. */
  readonly guestDomid: number
  /** The handle under which the guest's /vm path was made, when that is not `handle`. */
  readonly guestHandle: string
}

export const DOM0_IDENTITY: Identity = {
  handle: '00000000-0000-0000-0000-000000000000',
  domid: 0,
  guestDomid: 0,
  guestHandle: '00000000-0000-0000-0000-000000000000',
}

const ALLOWED = /^[A-Za-z0-9\-/_@]+$/

export function domainPath(domid: number): string {
  return `/local/domain/${domid}`
}

/** The absolute path a request means, still in the guest's numbers; undefined when it is not a valid path. */
export function absolutePath(given: string, guestDomid: number): string | undefined {
  if (!ALLOWED.test(given) || given.includes('//')) return undefined
  if (given.length > 1 && given.endsWith('/')) return undefined
  if (given.startsWith('/')) return given.length <= XENSTORE_ABS_PATH_MAX ? given : undefined
  if (given.length > XENSTORE_REL_PATH_MAX) return undefined
  if (given.startsWith('@')) return given.includes('/') ? undefined : `/${given}`
  return `${domainPath(guestDomid)}/${given}`
}

const HOME = /^\/local\/domain\/(\d+)(?=\/|$)/
const BACKEND = /^(\/local\/domain\/\d+\/backend\/[^/]+\/)(\d+)(?=\/|$)/
const LIBXL = /^\/libxl\/(\d+)(?=\/|$)/
const VM = /^\/vm\/([^/]+)/

/** A path that names a domain, naming another instead; any other path unchanged. */
export function renumber(path: string, from: number, to: number, fromHandle: string, toHandle: string): string {
  const backend = BACKEND.exec(path)
  if (backend && Number(backend[2]) === from) return `${backend[1]}${to}${path.slice(backend[0].length)}`
  const home = HOME.exec(path)
  if (home && Number(home[1]) === from) return `${domainPath(to)}${path.slice(home[0].length)}`
  const libxl = LIBXL.exec(path)
  if (libxl && Number(libxl[1]) === from) return `/libxl/${to}${path.slice(libxl[0].length)}`
  const vm = VM.exec(path)
  if (vm && vm[1] === fromHandle) return `/vm/${toHandle}${path.slice(vm[0].length)}`
  return path
}

function sameNumbers(who: Identity): boolean {
  return who.domid === who.guestDomid && who.handle === who.guestHandle
}

/** An absolute path in the guest's numbers, in the store's. */
export function toStore(path: string, who: Identity): string {
  return sameNumbers(who) ? path : renumber(path, who.guestDomid, who.domid, who.guestHandle, who.handle)
}

/** A path of the store, in the guest's numbers. */
export function toGuest(path: string, who: Identity): string {
  return sameNumbers(who) ? path : renumber(path, who.domid, who.guestDomid, who.handle, who.guestHandle)
}

export function domidToStore(domid: number, who: Identity): number {
  return domid === who.guestDomid ? who.domid : domid
}

export function domidToGuest(domid: number, who: Identity): number {
  return domid === who.domid ? who.guestDomid : domid
}

export function segments(path: string): string[] {
  return path === '/' ? [] : path.slice(1).split('/')
}

export function parentPath(path: string): string {
  const cut = path.lastIndexOf('/')
  return cut <= 0 ? '/' : path.slice(0, cut)
}

/** Whether `path` is `ancestor` or below it. */
export function isWithin(path: string, ancestor: string): boolean {
  return ancestor === '/' || path === ancestor || path.startsWith(`${ancestor}/`)
}
