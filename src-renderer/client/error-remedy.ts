// What follows from an error, and what a button beside it does where we can mend it or lead to where it is mended: one row for each of
// the toolstack's reasons, or it does not compile. The sentences are in the catalogue under these words.
// Invariant: a button never destroys anything; what it needs (a machine, a path) comes from the error's values, and without that it is
// not there. Runs in: renderer and tests; pure.
import type { ErrorReason } from '../../src-main/public/error-code'

export const effects = [
  'unchanged', // nothing was done
  'aside', // a file is kept, the rest was loaded
  'defaults', // a file is kept, the defaults are used
  'off', // the machine does nothing until it is started again
  'on', // the machine goes on as before
  'maybe', // it may still be done
  'no-devices', // guests have nothing of domain 0
  'guests-on', // a short interruption, nothing lost
  'disks-kept', // memory is lost, disks are as they were
  'partly', // what was done until then stays
  'insecure', // it works, and is not safe
] as const
export type Effect = (typeof effects)[number]

export const mends = [
  'doctor',
  'details',
  'log',
  'console',
  'snapshots',
  'networks',
  'storage',
  'network-start',
  'repair',
  'pause',
  'connect',
] as const
export type Mend = (typeof mends)[number]

interface Remedy {
  readonly effect: Effect
  readonly mend?: Mend
}

export const remedies: Readonly<Record<ErrorReason, Remedy>> = {
  internal: { effect: 'maybe', mend: 'doctor' },
  'no-such-call': { effect: 'unchanged' },
  'bad-arguments': { effect: 'unchanged' },
  'not-allowed': { effect: 'unchanged' },
  'path-not-chosen': { effect: 'unchanged' },
  'no-domain': { effect: 'unchanged' },
  'domain-deleted': { effect: 'unchanged' },
  'no-job': { effect: 'unchanged' },
  'name-empty': { effect: 'unchanged' },
  'name-bad': { effect: 'unchanged' },
  'name-long': { effect: 'unchanged' },
  'name-unwritten': { effect: 'unchanged' },
  'name-turning': { effect: 'unchanged' },
  'name-invisible': { effect: 'unchanged' },
  'name-slash': { effect: 'unchanged' },
  'name-exists': { effect: 'unchanged' },
  'wrong-state': { effect: 'unchanged', mend: 'console' },
  'job-running': { effect: 'unchanged' },
  'too-many-vcpus': { effect: 'unchanged' },
  'pinning-failed': { effect: 'unchanged', mend: 'details' },
  'no-vcpus': { effect: 'unchanged' },
  'memory-too-small': { effect: 'unchanged' },
  'memory-current-large': { effect: 'unchanged' },
  'memory-too-large': { effect: 'unchanged' },
  'kernel-missing': { effect: 'unchanged' },
  'file-unreadable': { effect: 'unchanged', mend: 'doctor' },
  'file-unwritable': { effect: 'unchanged', mend: 'doctor' },
  'disk-full': { effect: 'unchanged', mend: 'storage' },
  'image-unusable': { effect: 'unchanged', mend: 'doctor' },
  'save-corrupt': { effect: 'unchanged' },
  'save-newer': { effect: 'unchanged' },
  'save-unusable': { effect: 'unchanged' },
  'save-failed': { effect: 'on', mend: 'storage' },
  'definition-changed': { effect: 'unchanged', mend: 'details' },
  'not-paused': { effect: 'unchanged', mend: 'pause' },
  'store-path': { effect: 'unchanged' },
  'vnc-failed': { effect: 'on', mend: 'details' },
  'vnc-open': { effect: 'unchanged', mend: 'details' },
  cancelled: { effect: 'unchanged' },
  'timed-out': { effect: 'maybe' },
  'not-shut-down': { effect: 'on', mend: 'console' },
  'engine-said': { effect: 'partly', mend: 'doctor' },
  'process-died': { effect: 'off', mend: 'log' },
  unsupported: { effect: 'unchanged' },
  'definition-corrupt': { effect: 'aside' },
  'definition-newer': { effect: 'aside' },
  'config-text': { effect: 'unchanged' },
  'config-newer': { effect: 'unchanged' },
  'config-characters': { effect: 'unchanged', mend: 'details' },
  'socket-refused': { effect: 'partly', mend: 'doctor' },
  'no-revision': { effect: 'unchanged' },
  'trash-unreadable': { effect: 'unchanged' },
  'config-uuid': { effect: 'unchanged' },
  'preferences-corrupt': { effect: 'defaults' },
  'preferences-newer': { effect: 'defaults' },
  'metadata-corrupt': { effect: 'aside' },
  'file-kind-unknown': { effect: 'unchanged' },
  'domain0-restarted': { effect: 'guests-on', mend: 'doctor' },
  'domain0-gone': { effect: 'no-devices', mend: 'doctor' },
  'demo-unavailable': { effect: 'unchanged', mend: 'doctor' },
  'debian-unavailable': { effect: 'unchanged', mend: 'doctor' },
  'device-twice': { effect: 'unchanged', mend: 'details' },
  'too-many-devices': { effect: 'unchanged', mend: 'details' },
  'no-device': { effect: 'unchanged', mend: 'details' },
  'disk-no-file': { effect: 'unchanged' },
  'disk-format-readonly': { effect: 'unchanged', mend: 'storage' },
  'disk-file-twice': { effect: 'unchanged', mend: 'details' },
  'disk-in-use': { effect: 'unchanged', mend: 'console' },
  'mac-taken': { effect: 'unchanged', mend: 'details' },
  'forward-taken': { effect: 'unchanged', mend: 'details' },
  'no-network': { effect: 'unchanged', mend: 'networks' },
  'network-stopped': { effect: 'unchanged', mend: 'network-start' },
  'no-screen': { effect: 'unchanged', mend: 'details' },
  'not-hot-pluggable': { effect: 'unchanged', mend: 'details' },
  'detach-timeout': { effect: 'maybe' },
  'file-exists': { effect: 'unchanged' },
  'file-not-allowed': { effect: 'unchanged' },
  'image-unreadable': { effect: 'unchanged', mend: 'storage' },
  'backing-refused': { effect: 'unchanged' },
  'image-failed': { effect: 'unchanged', mend: 'storage' },
  'image-shrink': { effect: 'unchanged' },
  'image-damaged': { effect: 'unchanged', mend: 'repair' },
  'no-snapshot': { effect: 'unchanged' },
  'snapshot-name-empty': { effect: 'unchanged' },
  'snapshot-exists': { effect: 'unchanged' },
  'too-many-snapshots': { effect: 'unchanged' },
  'snapshot-chain': { effect: 'unchanged' },
  'snapshots-corrupt': { effect: 'aside' },
  'snapshot-cut-off': { effect: 'disks-kept', mend: 'snapshots' },
  'revert-cut-off': { effect: 'disks-kept', mend: 'snapshots' },
  'revert-without-memory': { effect: 'off', mend: 'snapshots' },
  'disk-frozen': { effect: 'unchanged', mend: 'storage' },
  'no-pool': { effect: 'unchanged', mend: 'storage' },
  'pool-exists': { effect: 'unchanged' },
  'pool-permanent': { effect: 'unchanged' },
  'pools-corrupt': { effect: 'aside', mend: 'storage' },
  'templates-corrupt': { effect: 'aside', mend: 'storage' },
  'template-exists': { effect: 'unchanged' },
  'too-many-templates': { effect: 'unchanged' },
  'volume-in-use': { effect: 'unchanged', mend: 'storage' },
  'image-busy': { effect: 'unchanged', mend: 'storage' },
  'network-exists': { effect: 'unchanged' },
  'network-bad': { effect: 'unchanged', mend: 'networks' },
  'network-overlaps': { effect: 'unchanged', mend: 'networks' },
  'network-in-use': { effect: 'unchanged', mend: 'networks' },
  'network-permanent': { effect: 'unchanged' },
  'networks-corrupt': { effect: 'aside', mend: 'networks' },
  'networks-newer': { effect: 'aside', mend: 'networks' },
  'no-connection': { effect: 'unchanged' },
  'not-connected': { effect: 'unchanged', mend: 'connect' },
  'connection-failed': { effect: 'unchanged', mend: 'connect' },
  'connection-state': { effect: 'unchanged' },
  'connection-busy': { effect: 'unchanged' },
  'connection-in-use': { effect: 'unchanged' },
  'connection-name-exists': { effect: 'unchanged' },
  'connection-permanent': { effect: 'unchanged' },
  'connection-driver': { effect: 'unchanged' },
  'too-many-connections': { effect: 'unchanged' },
  'connections-corrupt': { effect: 'aside' },
  'connections-newer': { effect: 'aside' },
  'old-electron': { effect: 'insecure', mend: 'doctor' },
}
