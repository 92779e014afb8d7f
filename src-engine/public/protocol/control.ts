// Control: what main asks of a domain's process and of domain 0, and what they tell main. The most privileged of the three
// kinds of port; only main holds the other end. Runs on call.ts; each row below has the shapes of arguments and reply.
//
// Life of a domain, as main drives it:
//   fork domain process · domain.build → its xenstore and console pages and ports · dom0.introduce (hands dom0 one end of a
//   link) · domain.link (hands the domain the other end) · domain.resume · ... · domain says event `exit` · dom0.release · end.
// Restoring: domain.restore instead of build, and dom0.introduce with `restoring: true`; the domain's store state then goes
// over the link, not over control (bulk bytes never cross main), and dom0 re-creates the domain's trees from it.
// Saving: domain.save; the domain's process asks dom0 for its store state over the link (protocol/link XS_SAVE).
// Domain 0 died: fork a new one, dom0.start with the same journalDirectory, dom0.introduce (the same arguments, the journal
// already knows it) with a fresh link for each domain, domain.link with the other end. Nothing else: pump and journal do it.
//
// How a link is handed out (`link` below): in Electron main makes a MessageChannelMain and passes one port with
// dom0.introduce and the other with domain.link, `link` is left out. In plain Node dom0 listens on a local socket (its path
// is in the reply of dom0.start), main invents a random ticket and gives {path, ticket} to both; the domain connects and
// sends the ticket. Streams (dom0.openConsole) are handed out the same way.
//
// Units are in the names: KiB, MiB, ns. Numbers fit a double exactly. Handles are UUIDs in lower case.
// Runs in: main, domain and domain-0 processes.
import {
  bytes,
  count,
  dictionary,
  either,
  fields,
  flag,
  list,
  matching,
  nothing,
  number,
  oneOf,
  optional,
  shortText,
  text,
  within,
} from '../shape'
import type { CallTypesOf, EventTypesOf } from './call'
import { deviceCountersShape, deviceShape, displayShape, IMAGE_FORMATS, leaseShape, networkShape, nicShape } from './device'
import { INSPECT_PARTS, inspectReplyShape, vcpuReplyShape } from './inspect'
import { deviceKeyShape } from './link'

export const handle = matching('a domain UUID', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)
/** 1..DOMID_FIRST_RESERVED-1; unique among domains that dom0 knows at one time. */
export const domidShape = within(1, 0x7fef)
/** Where and how to connect in plain Node; left out when a port comes with the call. */
export const linkEnd = optional(fields({ path: text, ticket: shortText(128) }))
const unit = either(nothing, fields({}))

/** What the store and the console need to know of a domain: in the reply of build and restore, and for dom0.introduce. */
const guestPages = {
  /** The domid the guest knows (from its saved state after a restore; else the same as domid). */
  guestDomid: domidShape,
  /** gfn of the XenStore ring page and the guest's event-channel port for it (HVM params 1 and 2). */
  storeGfn: count,
  storePort: count,
  /** gfn of the console ring page and its port (HVM params 17 and 18). */
  consoleGfn: count,
  consolePort: count,
} as const

/** Why a domain stopped, in Xen's words: sched_op SHUTDOWN_* reasons, and our own for what Xen would not survive. */
export const EXIT_REASONS = [
  'poweroff',
  'reboot',
  'suspend',
  'crash',
  'watchdog',
  'soft_reset',
  'destroyed',
  'saved',
  'internal',
] as const

export const DOMAIN_STATES = ['building', 'paused', 'running', 'blocked', 'saving', 'restoring', 'shutdown', 'crashed'] as const

/** main → a domain's process. */
export const DOMAIN_CALLS = {
  /** A domain of this many vcpus comes soon: their threads are begun now. Build and restore do without it. */
  prepare: { args: fields({ vcpus: within(1, 32) }), reply: unit, status: 'done' },
  /** Makes the domain and loads the kernel; it stays paused. INVALID_ARG for an unusable kernel, ramdisk or memory size. */
  build: {
    args: fields({
      handle,
      domid: domidShape,
      name: shortText(256),
      kernel: text,
      ramdisk: optional(text),
      cmdline: optional(shortText(4096)),
      memoryMiB: within(1, 4096),
      vcpus: within(1, 32),
      /** What the guest's clock starts from; left out: the host's. Nanoseconds are lost, so milliseconds. */
      wallClockMs: optional(count),
      /** Has a screen, and the kernel is told its size. The devices themselves come with dom0.introduce. */
      display: optional(displayShape),
      /** Hot code is translated to WebAssembly; left out: as the engine thinks best. The guest sees no difference. */
      translator: optional(flag),
    }),
    reply: fields(guestPages),
    status: 'done',
  },
  /** Makes the domain from a save file; it stays paused. The store state in it goes to dom0 with the first link. */
  restore: {
    args: fields({
      handle,
      domid: domidShape,
      name: shortText(256),
      path: text,
      display: optional(displayShape),
      translator: optional(flag),
    }),
    reply: fields({
      ...guestPages,
      memoryMiB: count,
      vcpus: count,
      /** UUID the file was saved under, and when (milliseconds since 1970): the app says at what the guest's clock stands. */
      savedHandle: handle,
      savedAtMs: count,
    }),
    status: 'done',
  },
  /** Gives the domain its link to dom0, the first one or one to a new dom0; the pumps then replay what was unanswered. */
  link: { args: fields({ link: linkEnd }), reply: unit, status: 'done' },
  /** What it is called from now on: its save files and its screen say so. XenStore's part is domain 0's call of that name. */
  rename: { args: fields({ name: shortText(256) }), reply: unit, status: 'done' },
  /** Runs a paused domain (also the first time, after build or restore). */
  resume: { args: unit, reply: unit, status: 'done' },
  /**
   * The scheduler over all domains (xl sched-credit): from now on the vcpus together may use `grantNs` more time, or with no figure
   * what they want. Answers what they have used so far, and how many run or would like to.
   */
  schedule: {
    args: fields({ grantNs: optional(count) }),
    reply: fields({ usedNs: count, wanting: count }),
    status: 'done',
  },
  /**
   * The vcpus' threads run on these processors of the host alone, from now on or from when they start (also before `build`); with no
   * list on all again. Linux alone.
   */
  pin: { args: fields({ processors: optional(list(count, 1024)) }), reply: unit, status: 'done' },
  /** Answered when every vcpu has stopped at an instruction boundary. */
  pause: { args: unit, reply: unit, status: 'done' },
  /**
   * Writes a checkpoint under a temporary name, flushes and renames it. Answered when it is on disk; `progress` events
   * before that. With `leaveRunning` the domain goes on afterwards, else it stays paused (main then destroys it).
   */
  save: {
    args: fields({ path: text, leaveRunning: optional(flag) }),
    reply: fields({ bytes: count, milliseconds: count }),
    status: 'done',
  },
  /**
   * A checkpoint in two steps, for a snapshot with disks. `hold`: every vcpu is parked and the whole state is taken. Then main has
   * domain 0 put other files under the disks (dom0.switchDisks), lets the vcpus run on by `goOn`, and has the state written by
   * `keep`: under a temporary name, renamed; `plain` for a file that is read again at once (not compressed, not flushed; quickest
   * where RAM was not copied).
   * `copied` false: there was no room for a copy of RAM, so `keep` comes before `goOn`. `forget` gives up what is held.
   */
  hold: {
    args: fields({ copyMostMiB: within(0, 4096) }),
    reply: fields({ copied: flag, milliseconds: count }),
    status: 'done',
  },
  goOn: { args: unit, reply: unit, status: 'done' },
  keep: {
    args: fields({ path: text, plain: optional(flag) }),
    reply: fields({ bytes: count, milliseconds: count }),
    status: 'done',
  },
  forget: { args: unit, reply: unit, status: 'done' },
  /** Stops a save or keep; the temporary file is removed, the domain goes on as it was, save answers OPERATION_ABORTED. */
  cancel: { args: unit, reply: unit, status: 'done' },
  /** Figures for list, charts and tests. Cheap: it may be asked every second. */
  sample: {
    args: unit,
    reply: fields({
      state: oneOf(...DOMAIN_STATES),
      /** Set when state is shutdown or crashed. */
      reason: optional(oneOf(...EXIT_REASONS)),
      /** vcpu time used so far, all vcpus together. */
      cpuNs: count,
      /** The same of each vcpu. */
      vcpuNs: optional(list(count, 32)),
      /** Memory the guest has now (ballooned pages do not count) and the most it may have. */
      memoryKiB: count,
      maxMemoryKiB: count,
      vcpus: count,
      /** How many of them the guest uses now. */
      online: count,
      /** Guest instructions retired so far. */
      retired: count,
    }),
    status: 'done',
  },
  /** Counters for `guest --json` and the benchmarks. */
  report: {
    args: unit,
    reply: fields({
      instructions: count,
      /** How many of them in translated code. */
      translated: count,
      vcpuSeconds: number,
      hypercalls: dictionary(count),
      exits: dictionary(count),
      crossings: count,
      /** Bytes the guest has written to its console, those in its ring too. */
      consoleBytes: count,
      /** Viewers of the screen that were put out for what they sent. */
      refusedViewers: count,
    }),
    status: 'done',
  },
  /**
   * Opens the screen for a window: a port with the call, or `link`. A stream of RFB (RFC 6143): every message is a Uint8Array of its
   * bytes, both ways, without authentication. Several may be open. `file`: one the window has open too, through which long pieces may go
   * (SCREEN_TO_WINDOW); where it cannot be opened they go as the others. OPERATION_INVALID for a domain without a display, as below.
   */
  openScreen: { args: fields({ link: linkEnd, file: optional(shortText(4096)) }), reply: unit, status: 'done' },
  /**
   * Lets VNC viewers in, at a local socket for this user only, or a TCP port (0: one the system chooses) with a password; without one
   * only at the host's own addresses. Replaces what was there before; without a place nobody new comes in.
   */
  listenVnc: {
    args: either(
      fields({ path: shortText(4096) }),
      either(fields({ address: shortText(256), port: within(0, 65535), password: optional(shortText(64)) }), nothing),
    ),
    reply: fields({ port: optional(within(0, 65535)) }),
    status: 'done',
  },
  /** Types text (with \n for Enter) on the screen's keyboard, as a viewer with an American one does. Answered at once. */
  typeText: { args: fields({ text: shortText(4096) }), reply: unit, status: 'done' },
  /** What the screen shows now; no wider than `width`, for thumbnails. */
  screenshot: {
    args: either(nothing, fields({ width: optional(within(16, 4096)) })),
    reply: fields({ width: count, height: count, png: bytes }),
    status: 'done',
  },
  /** The inside of the guest for people (protocol/inspect.ts): the parts asked for, while somebody looks. */
  inspect: { args: fields({ parts: list(oneOf(...INSPECT_PARTS), 8) }), reply: inspectReplyShape, status: 'done' },
  /** One vcpu with its code and stack; OPERATION_INVALID while the domain is not paused. */
  inspectVcpu: { args: fields({ vcpu: within(0, 31) }), reply: vcpuReplyShape, status: 'done' },
  /** The hypervisor's message ring of this domain, as text. */
  dmesg: { args: unit, reply: fields({ text }), status: 'done' },
  /** A sign of life of the process: answered whatever the domain does. */
  ping: { args: unit, reply: unit, status: 'done' },
  /** Ends the domain at once; event `exit` with reason destroyed follows, then the process ends with code 0. */
  destroy: { args: unit, reply: unit, status: 'done' },
} as const
export type DomainCalls = CallTypesOf<typeof DOMAIN_CALLS>

/** Log levels, in order of importance. */
export const LOG_LEVELS = ['debug', 'info', 'warning', 'error'] as const
/** What a disk is on. */
const diskFile = {
  path: shortText(4096),
  format: oneOf(...IMAGE_FORMATS),
  allowedBacking: optional(list(shortText(4096), 64)),
} as const
const logLine = fields({ level: oneOf(...LOG_LEVELS), text: shortText(4096) })

/** A domain's process → main. */
export const DOMAIN_EVENTS = {
  /** One line for the Log. */
  log: logLine,
  /** The domain stopped. `text` is one sentence for people. The process stays for questions until destroy. */
  exit: fields({ reason: oneOf(...EXIT_REASONS), text: shortText(4096) }),
  /** It paused itself, and `text` is one sentence why: the host has no room for `device`, the key of a disk. */
  paused: fields({ text: shortText(4096), device: shortText(32) }),
  /** It goes on by itself: there is room again. */
  resumed: fields({}),
  /** How far a save or restore is, in bytes of guest memory. */
  progress: fields({ done: count, total: count }),
  /** A new line in the hypervisor's message ring. */
  dmesg: fields({ text: shortText(4096) }),
} as const
export type DomainEvents = EventTypesOf<typeof DOMAIN_EVENTS>

/** What control/shutdown accepts (xen-guest-abi.md 6.4). */
export const SHUTDOWN_REQUESTS = ['poweroff', 'reboot', 'suspend', 'halt'] as const

export const DEVICE_LIMIT = 64

const introduced = fields({
  handle,
  domid: domidShape,
  name: shortText(256),
  memoryMiB: within(1, 4096),
  vcpus: within(1, 32),
  /** What of its memory it is to keep when it boots; left out: all. */
  targetMiB: optional(within(1, 4096)),
  /** How many of its vcpus it is to use at first; left out: all. */
  onlineVcpus: optional(within(1, 32)),
  ...guestPages,
  /** Milliseconds since 1970, for /vm/<uuid>/start_time. */
  startedAtMs: count,
  /** The trees come from the domain over the link (XS_RESTORE) instead of being made fresh. */
  restoring: optional(flag),
  /**
   * All devices the domain has now. Of a domain that is known (from the journal, or restored) those that are in its store go on, the
   * others are attached; what its store has beside them is taken away.
   */
  devices: optional(list(deviceShape, DEVICE_LIMIT)),
  link: linkEnd,
})

/** main → domain 0. */
export const DOM0_CALLS = {
  /** First call. Loads the journal in journalDirectory (made if missing) and, with socketDirectory, listens there. */
  start: {
    args: fields({ journalDirectory: text, socketDirectory: optional(text) }),
    reply: fields({
      /** Path (or pipe name) to connect to; only with socketDirectory. */
      socketPath: optional(text),
      /** Domains the journal knows; each waits for introduce with a new link, or for release. */
      domains: list(handle),
    }),
    status: 'done',
  },
  /**
   * Makes the domain known: its trees in the store (xen-guest-abi.md 6.3), its link, @introduceDomain. For a handle that
   * is known already (from the journal) only the link is replaced. INVALID_ARG when another domain has this domid, or when a
   * device cannot be opened (not for a domain that is known: that device then tells its error by the event `device`).
   */
  introduce: { args: introduced, reply: unit, status: 'done' },
  /**
   * Forgets the domain: trees, watches, transactions, console scrollback; @releaseDomain fires. Answered when its disks are closed.
   * No error if unknown.
   */
  release: { args: fields({ handle }), reply: unit, status: 'done' },
  /** The virtual networks there are; what is not named any more goes. */
  setNetworks: { args: fields({ networks: list(networkShape, 64) }), reply: unit, status: 'done' },
  /** Addresses a network gave that are not over. INVALID_ARG for a network there is not. */
  networkLeases: {
    args: fields({ network: shortText(64) }),
    reply: fields({ leases: list(leaseShape, 8192) }),
    status: 'done',
  },
  /** Gives a domain one more device. Answered when the guest may find it; that it uses it is told by `device`. */
  attachDevice: { args: fields({ handle, device: deviceShape }), reply: unit, status: 'done' },
  /**
   * Takes a device away: the guest is asked to let go of it, what it wrote is flushed. Answered when it is gone;
   * OPERATION_TIMEOUT when the guest does not let go in time (it is taken away whenever it does). `force` does not ask.
   */
  detachDevice: { args: fields({ handle, key: deviceKeyShape, force: flag }), reply: unit, status: 'done' },
  /** Another medium for a disk, or none with an empty path. */
  changeMedium: {
    args: fields({ handle, key: deviceKeyShape, ...diskFile }),
    reply: unit,
    status: 'done',
  },
  /** Another network, rate, capture, link or other forwards for an interface; its number and MAC stay. */
  changeNic: { args: fields({ handle, nic: nicShape }), reply: unit, status: 'done' },
  /**
   * Other files under disks of a domain whose vcpus are parked, all of them or none: what the guest wrote until now is in the old
   * files when it is answered, what it writes from then on goes to the new ones. They show the same contents.
   */
  switchDisks: {
    args: fields({
      handle,
      disks: list(
        fields({
          key: deviceKeyShape,
          path: shortText(4096),
          format: oneOf(...IMAGE_FORMATS),
          allowedBacking: list(shortText(4096), 64),
        }),
        DEVICE_LIMIT,
      ),
    }),
    reply: unit,
    status: 'done',
  },
  /**
   * Merges a disk's image into the file it stands on while the guest goes on: begin, copy until done is total, end. Until the end the
   * image alone counts, whoever dies meanwhile. An error of a copy: the file below is of no use, and the merge is to be ended.
   */
  mergeBegin: { args: fields({ handle, key: deviceKeyShape }), reply: unit, status: 'done' },
  /** Some MiB; bytes of the disk that are done, of how many. */
  mergeCopy: {
    args: fields({ handle, key: deviceKeyShape }),
    reply: fields({ done: count, total: count }),
    status: 'done',
  },
  /** With `into`: the disk is that file from now on, also when this is another domain 0 that has it open already. Without: its image again. */
  mergeEnd: { args: fields({ handle, key: deviceKeyShape, into: optional(fields(diskFile)) }), reply: unit, status: 'done' },
  deviceCounters: { args: fields({ handle }), reply: fields({ devices: list(deviceCountersShape) }), status: 'done' },
  /** Writes memory/target, at most static-max (6.4): the guest's balloon driver follows. */
  setTarget: { args: fields({ handle, targetKiB: count }), reply: unit, status: 'done' },
  /** Writes cpu/<n>/availability: the first `vcpus` are to be online, of those the domain was made with (6.5). */
  setVcpus: { args: fields({ handle, vcpus: within(1, 32) }), reply: unit, status: 'done' },
  /** Writes control/shutdown; the guest acknowledges by emptying it. NO_DOMAIN if unknown. */
  shutdown: { args: fields({ handle, request: oneOf(...SHUTDOWN_REQUESTS) }), reply: unit, status: 'done' },
  /** Writes name to the domain's and its vm's tree. */
  rename: { args: fields({ handle, name: shortText(256) }), reply: unit, status: 'done' },
  /**
   * Joins a console stream (protocol/stream) to the domain: a port with the call, or `link`. `fromOffset` is the first byte
   * wanted; left out: all of the scrollback. Several may be open.
   */
  openConsole: { args: fields({ handle, link: linkEnd, fromOffset: optional(count) }), reply: unit, status: 'done' },
  /** The last `longest` bytes (default all) of the console as text, for logs, tests and screenshots. */
  readConsole: { args: fields({ handle, longest: optional(count) }), reply: fields({ text, offset: count }), status: 'done' },
  /** The whole store or a part, as `xenstore-ls -f -p` prints it, one node a line. */
  dumpStore: { args: fields({ path: optional(text) }), reply: fields({ text }), status: 'done' },
  /** One node; NO_XENSTORE_NODE when missing. Values are text (bytes above 0x7f as Latin-1). */
  readStore: { args: fields({ path: text }), reply: fields({ value: text }), status: 'done' },
  writeStore: { args: fields({ path: text, value: text }), reply: unit, status: 'done' },
  /** A sign of life. */
  ping: { args: unit, reply: unit, status: 'done' },
  /** For this many seconds from now on the event `storeChanged` tells that the store has changed, at most five times a second. */
  watchStore: { args: fields({ seconds: within(0, 60) }), reply: unit, status: 'done' },
  /** Figures for tests and the Log. */
  counters: {
    args: unit,
    reply: fields({ requests: count, nodes: count, watches: count, transactions: count, journalBytes: count, links: count }),
    status: 'done',
  },
} as const
export type Dom0Calls = CallTypesOf<typeof DOM0_CALLS>

/** domain 0 → main. */
export const DOM0_EVENTS = {
  log: logLine,
  /** A domain's link came up or went away (its process died, or it sent garbage: then `reason` says what). */
  link: fields({ handle, state: oneOf('connected', 'closed'), reason: optional(text) }),
  /** The store has changed since the last one (watchStore). */
  storeChanged: fields({}),
  /** A backend's xenbus state moved (0: the device is gone), or something is wrong with the device. */
  device: fields({ handle, key: deviceKeyShape, state: within(0, 8), error: optional(text) }),
} as const
export type Dom0Events = EventTypesOf<typeof DOM0_EVENTS>
