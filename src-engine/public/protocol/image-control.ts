// Image control: what main asks of the image process, which makes, looks into, resizes, converts and checks disk images, and looks
// into installation trees of the network and downloads from them. A
// process of its own: a hostile image can hang or end it and nobody else, and main does no disk work. It has no guests and
// no ports; main ends it when it has nothing more to do. Runs on call.ts, one job at a time.
// Invariant: what a call makes appears whole or not at all; nothing that is there is overwritten.
// Error codes: OPERATION_INVALID (exists, or would shrink), OPERATION_ABORTED, CONFIG_UNSUPPORTED (not usable as what it is
// said to be), WRITE_FAILED (no room), SYSTEM_ERROR, OPERATION_FAILED (check found errors). Runs in: main and the image process.
import { count, either, fields, flag, list, nothing, oneOf, optional, shortText, type TypeOf, text, within } from '../shape'
import type { CallTypesOf, EventTypesOf } from './call'
import { IMAGE_FORMATS } from './device'

const unit = either(nothing, fields({}))
const path = shortText(4096)
const format = oneOf(...IMAGE_FORMATS)
const written = oneOf('raw', 'qcow2')
/** `cmdline`: the words that its kernel needs. */
const installer = fields({ label: shortText(64), kernel: shortText(4096), ramdisk: shortText(4096), cmdline: shortText(1024) })
/** What a server of the network did wrong. */
export const TREE_REFUSALS = [
  'address', // not http or https, or with a password
  'no-host', // no such name
  'unreachable', // it does not take the connection
  'silent', // it does not answer, or stopped
  'tls', // it is not who it should be, or cannot be spoken to safely
  'status', // it refused; `detail` is the status
  'redirect', // to where nobody follows, or without end
  'nothing', // no tree
  'arch', // a tree for other machines
  'not-kernel', // something else lies where kernel and ramdisk should
  'large', // more than `detail` bytes
  'cut', // it ended before the end
  'damaged', // its check sum is another
] as const
export type TreeRefusalWhy = (typeof TREE_REFUSALS)[number]
const treeRefusal = fields({ why: oneOf(...TREE_REFUSALS), url: shortText(2000), detail: shortText(300) })
export type TreeRefusal = TypeOf<typeof treeRefusal>
/** Of an installation tree; longer ones do not fit into a kernel's command line. */
export const TREE_ADDRESS_MOST = 900
const address = shortText(TREE_ADDRESS_MOST)
const diskKernel = fields({
  from: oneOf('grub', 'loader-entries', 'extlinux', 'files'),
  title: shortText(256),
  kernel: path,
  ramdisks: list(path, 16),
  cmdline: shortText(4096),
  dirty: flag,
})
/** A disk, and what the guest calls it. */
const disk = { path, format, dev: shortText(8), allowed: list(path, 64) }
/** A disk is at most 64 TiB. */
const sizeMiB = within(1, 64 * 1024 * 1024)

/** main → the image process. */
export const IMAGE_CALLS = {
  /** A new sparse image. The user named the backing file, so it may lie anywhere. */
  create: {
    args: fields({ path, format: written, sizeMiB, backing: optional(fields({ path, format })) }),
    reply: unit,
    status: 'done',
  },
  /** A new qcow2 image over another one and as large as that; `allowed`: the files that one stands on. */
  overlay: { args: fields({ path, backing: fields({ path, format }), allowed: list(path, 64) }), reply: unit, status: 'done' },
  /**
   * What a file looks like and says of itself: for people, who confirm the format. `allowed`: what it may refer to outside its own
   * folder, and its data file; `refused`: the first file it refers to that it may not, with the files from the image down to the one that names it.
   */
  inspect: {
    args: fields({ path, allowed: optional(list(path, 64)) }),
    reply: fields({
      format,
      virtualSize: count,
      fileSize: count,
      backing: optional(text),
      dirty: optional(flag),
      refused: optional(fields({ path, chain: list(path, 64) })),
    }),
    status: 'done',
  },
  /** Longer only, unless `shrink` says that what lies beyond the new end may be lost. `allowed`: as of `inspect`. */
  resize: {
    args: fields({ path, format, sizeMiB, shrink: optional(flag), allowed: optional(list(path, 64)) }),
    reply: unit,
    status: 'done',
  },
  /** `allowed`: what the source stands on outside its own folder. */
  convert: {
    args: fields({ from: path, fromFormat: format, to: path, format: written, allowed: optional(list(path, 64)) }),
    reply: unit,
    status: 'done',
  },
  /** Only qcow2 has something to be checked; others are answered as sound. */
  check: {
    args: fields({ path, format, repair: flag }),
    reply: fields({ errors: count, leaks: count, first: list(text, 8) }),
    status: 'done',
  },
  /**
   * The qcow2 image stands on another file, or on none, and reads as before: what it does not have of its own is copied into it
   * first. `allowed`: the files it stands on until now and those it will. With `aside`, a name in its folder that nobody else uses,
   * others may have it open for reading meanwhile: they keep the file they opened, and a new one takes its name.
   */
  rebase: {
    args: fields({ path, backing: optional(fields({ path, format })), allowed: list(path, 64), aside: optional(path) }),
    reply: unit,
    status: 'done',
  },
  /** Puts what the qcow2 image holds into its backing file `into`, on which nothing else may stand. The image is left as it was. */
  commit: { args: fields({ path, into: path, intoFormat: format, allowed: list(path, 64) }), reply: unit, status: 'done' },
  /** What an ISO image is started with: the kernel and ramdisk of an installer or a live system, by their paths in it. */
  lookInstaller: { args: fields({ path }), reply: fields({ found: optional(installer) }), status: 'done' },
  /** Takes the two out, into new files: both or none. */
  takeInstaller: { args: fields({ path, kernel: path, ramdisk: path }), reply: unit, status: 'done' },
  /** The same two of an installation tree, by its address, http or https; `size`: bytes of both, as far as the server says. */
  lookTree: {
    args: fields({ address }),
    reply: fields({ found: optional(fields({ ...installer.parts, size: count })), refused: optional(treeRefusal) }),
    status: 'done',
  },
  /** Downloads the two, into new files: both or none. */
  takeTree: {
    args: fields({ address, kernel: path, ramdisk: path }),
    reply: fields({ refused: optional(treeRefusal) }),
    status: 'done',
  },
  /** What a disk would start by itself. Nobody may be writing to it. */
  lookDiskKernel: {
    args: fields(disk),
    reply: fields({ found: optional(diskKernel), holds: list(shortText(256), 16) }),
    status: 'done',
  },
  /** The same, its kernel and ramdisk taken out into new files; without `ramdisks` only the kernel. */
  takeDiskKernel: {
    args: fields({ ...disk, kernel: path, ramdisk: path }),
    reply: fields({ found: optional(diskKernel) }),
    status: 'done',
  },
  /** Calls off what is going on; that call answers OPERATION_ABORTED. */
  cancel: { args: unit, reply: unit, status: 'done' },
} as const
export type ImageCalls = CallTypesOf<typeof IMAGE_CALLS>

/** The image process → main. */
export const IMAGE_EVENTS = {
  /** Bytes of the disk that are done. */
  progress: fields({ done: count, total: count }),
} as const
export type ImageEvents = EventTypesOf<typeof IMAGE_EVENTS>
