// XenStore messages on the wire: message types, error names, limits and the ring page. Spec: Xen io/xs_wire.h, docs/misc/xenstore.txt.
// A message is a header of four u32 (type, req_id, tx_id, len) and `len` bytes of payload. Payload forms below: `|` is a NUL,
// `[x]` is optional, `...` repeats. Replies echo type, req_id and tx_id; an error is type XS_ERROR with the error's name and NUL.
// Invariant: values carry no NUL at their end, everything else does. Runs in: anything.
import { byName } from '../../../lib/struct-layout'

/** [name, number, request payload, reply payload, who may send it, status] */
export const XS_MESSAGE_ROWS = [
  ['XS_CONTROL', 0, 'command|[argument|...]', 'text', 'dom0', 'partial: check, print and help only'],
  ['XS_DIRECTORY', 1, 'path|', 'name|...', 'all', 'done'],
  ['XS_READ', 2, 'path|', 'value', 'all', 'done'],
  ['XS_GET_PERMS', 3, 'path|', 'perm|...', 'all', 'done'],
  ['XS_WATCH', 4, 'path|token|', 'OK|', 'all', 'done'],
  ['XS_UNWATCH', 5, 'path|token|', 'OK|', 'all', 'done'],
  ['XS_TRANSACTION_START', 6, '|', 'id|', 'all', 'done'],
  ['XS_TRANSACTION_END', 7, 'T|', 'OK|', 'all', 'done'],
  ['XS_INTRODUCE', 8, 'domid|gfn|port|', 'OK|', 'dom0', 'no: control introduces domains'],
  ['XS_RELEASE', 9, 'domid|', 'OK|', 'dom0', 'no: control releases domains'],
  ['XS_GET_DOMAIN_PATH', 10, 'domid|', 'path|', 'all', 'done'],
  ['XS_WRITE', 11, 'path|value', 'OK|', 'all', 'done'],
  ['XS_MKDIR', 12, 'path|', 'OK|', 'all', 'done'],
  ['XS_RM', 13, 'path|', 'OK|', 'all', 'done'],
  ['XS_SET_PERMS', 14, 'path|perm|...', 'OK|', 'all', 'done'],
  ['XS_WATCH_EVENT', 15, '', 'path|token|', 'server', 'done'],
  ['XS_ERROR', 16, '', 'error|', 'server', 'done'],
  ['XS_IS_DOMAIN_INTRODUCED', 17, 'domid|', 'T|', 'all', 'done'],
  ['XS_RESUME', 18, 'domid|', 'OK|', 'dom0', 'no: nothing to resume'],
  ['XS_SET_TARGET', 19, 'domid|domid|', 'OK|', 'dom0', 'no: stub domains'],
  ['XS_RESET_WATCHES', 21, '|', 'OK|', 'all', 'done'],
  ['XS_DIRECTORY_PART', 22, 'path|offset|', 'generation|name|...', 'all', 'done'],
] as const

export type XsMessageName = (typeof XS_MESSAGE_ROWS)[number][0]

/** Message numbers by name: XS.XS_READ. */
export const XS = byName(XS_MESSAGE_ROWS)

/** Errors a reply may carry: the wire has their names, not numbers. */
export const XS_ERRORS = [
  'EINVAL',
  'EACCES',
  'EEXIST',
  'EISDIR',
  'ENOENT',
  'ENOMEM',
  'ENOSPC',
  'EIO',
  'ENOTEMPTY',
  'ENOSYS',
  'EROFS',
  'EBUSY',
  'EAGAIN',
  'EISCONN',
  'E2BIG',
  'EPERM',
] as const
export type XsError = (typeof XS_ERRORS)[number]

export const XS_HEADER_SIZE = 16
export const XENSTORE_PAYLOAD_MAX = 4096
export const XENSTORE_ABS_PATH_MAX = 3072
export const XENSTORE_REL_PATH_MAX = 2048

/** The ring page: [field, offset, size, written by]. Indexes run freely and are masked with XENSTORE_RING_SIZE - 1. */
export const XENSTORE_RING_SIZE = 1024
export const XENSTORE_RING = byName([
  ['req', 0, 1024, 'guest'],
  ['rsp', 1024, 1024, 'store'],
  ['req_cons', 2048, 4, 'store'],
  ['req_prod', 2052, 4, 'guest'],
  ['rsp_cons', 2056, 4, 'guest'],
  ['rsp_prod', 2060, 4, 'store'],
  ['server_features', 2064, 4, 'store'],
  ['connection', 2068, 4, 'both'],
  ['error', 2072, 4, 'store'],
])

export const XENSTORE_SERVER_FEATURE_RECONNECTION = 1
export const XENSTORE_SERVER_FEATURE_ERROR = 2

/** `connection`: the guest may set RECONNECT to have the ring emptied (only with SERVER_FEATURE_RECONNECTION). */
export const XENSTORE_CONNECTED = 0
export const XENSTORE_RECONNECT = 1

/** `error`: why the store stopped serving this ring. */
export const XENSTORE_ERROR_NONE = 0
export const XENSTORE_ERROR_COMM = 1
export const XENSTORE_ERROR_RINGIDX = 2
export const XENSTORE_ERROR_PROTO = 3
