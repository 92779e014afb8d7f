// What a domain's process tells of the inside of its guest, for people: only when asked, and only the parts asked for.
// Addresses and 64-bit registers are hexadecimal text with 0x: they do not fit a double. Lists are bounded; totals say how many
// there are. Nothing here may be relied on by a program: names are for reading.
// Runs in: main, a domain's process, windows. No platform.
import { count, fields, flag, list, oneOf, optional, shortText, type TypeOf, within } from '../shape'

export const INSPECT_PARTS = ['counters', 'ports', 'grants', 'rings', 'shared'] as const
export type InspectPart = (typeof INSPECT_PARTS)[number]

export const PORT_LIMIT = 4096
export const GRANT_LIMIT = 1024
const hex = shortText(18)

/** Counters since the guest began: hypercalls, exits of the vcpus' loops, what was injected. */
export const counterShape = fields({ kind: oneOf('hypercall', 'exit', 'event'), name: shortText(64), total: count })

export const portShape = fields({
  port: count,
  state: oneOf('unbound', 'interdomain', 'pirq', 'virq', 'ipi'),
  vcpu: count,
  /** Domain at the other end, or the VIRQ's number. */
  remote: count,
  /** What it is for: a device's key, `store`, `console`, a VIRQ's name; empty when it cannot be told. */
  use: shortText(64),
  pending: flag,
  masked: flag,
})

export const grantShape = fields({
  ref: count,
  domid: count,
  gfn: hex,
  access: oneOf('read', 'write', 'transfer'),
})

export const ringShape = fields({
  /** `vbd/51712`, `vif/0`, `store`, `console`. */
  key: shortText(32),
  name: shortText(32),
  unit: oneOf('entries', 'bytes'),
  size: count,
  /** Free-running indexes, modulo 2^32: put in, taken out by the other side, and answers put in, where there are answers. */
  produced: count,
  consumed: count,
  answered: optional(count),
})

/** What a field's value means: which sentence, and what stands in it. */
export const SHARED_NOTES = [
  'unmapped', // the guest has not mapped the page
  'mapped', // at this gfn
  'writing', // the version is odd
  'wall-clock', // ISO 8601, at system time 0
  'ports', // so many bound ones
  'frame', // the structure is in this gfn
  'ignored', // PVH guests have no such mask
  'seconds',
  'tsc', // GHz
  'stable', // the TSC is
] as const
export const sharedFieldShape = fields({
  name: shortText(64),
  value: shortText(128),
  note: optional(fields({ kind: oneOf(...SHARED_NOTES), value: shortText(64) })),
})

export const inspectReplyShape = fields({
  /** Of the guest's system time when all this was read, ns. */
  systemTimeNs: hex,
  counters: optional(list(counterShape, 256)),
  ports: optional(list(portShape, PORT_LIMIT)),
  grants: optional(
    fields({ version: within(1, 2), frames: count, mostFrames: count, inUse: count, entries: list(grantShape, GRANT_LIMIT) }),
  ),
  rings: optional(list(ringShape, 256)),
  shared: optional(list(sharedFieldShape, 1024)),
})
export type InspectReply = TypeOf<typeof inspectReplyShape>

/** The state of one vcpu that stands still, and the code it would go on with. */
export const vcpuReplyShape = fields({
  mode: oneOf(16, 32, 64),
  registers: list(fields({ name: shortText(16), value: hex, note: shortText(128) }), 128),
  /** From the next instruction on; empty where its page is not mapped. */
  code: list(fields({ address: hex, bytes: shortText(48), text: shortText(256) }), 64),
  stack: list(fields({ address: hex, value: hex }), 64),
})
export type VcpuReply = TypeOf<typeof vcpuReplyShape>
