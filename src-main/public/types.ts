// The things the toolstack's calls and events speak of. Each is a run-time shape; its static type is made from it, so the
// two cannot differ. Sizes are in the unit the name says; times are milliseconds since 1970.
// Runs in: main, preload, renderer. No platform.
import {
  count,
  dictionary,
  either,
  fields,
  flag,
  list,
  matching,
  number,
  oneOf,
  optional,
  type Shape,
  shortText,
  simple,
  type TypeOf,
  text,
  within,
} from '../../src-engine/public/shape'
import { parseCpuSet } from './cpu-set'
import {
  DEVICES_MOST,
  deviceRatesShape,
  deviceSeriesShape,
  deviceShape,
  IMAGE_FORMATS,
  networkShape,
  WRITTEN_FORMATS,
} from './device'
import { type ErrorReason, errorCodes, errorReasons } from './error-code'

/** Domain 0 is listed like any other domain, under this identifier (as libvirt does for Xen). */
export const DOMAIN0_UUID = '00000000-0000-0000-0000-000000000000'

/** Null stands for "there is none" in what views show; optional fields are for what an older peer does not send. */
export const nothing: Shape<null> = simple('null', (value): value is null => value === null)

export function nullable<T>(shape: Shape<T>): Shape<T | null> {
  // What is told of a wrong one is what is wrong with the value, not that it might have been null.
  return either(nothing, shape)
}

const path = shortText(4096)
export const uuidShape = matching('a UUID', /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/)

const reasons = Object.keys(errorReasons).filter((key): key is ErrorReason => key in errorReasons)
export const errorReportShape = fields({ code: oneOf(...errorCodes), reason: oneOf(...reasons), values: dictionary(text) })

export const imageFormatShape = oneOf(...IMAGE_FORMATS)
export const writtenFormatShape = oneOf(...WRITTEN_FORMATS)

// ---- domains --------------------------------------------------------------------------------

/** A domain without a figure of its own has this weight, as in Xen. */
export const DEFAULT_CPU_WEIGHT = 256
export const MOST_CPU_WEIGHT = 65_535
/** Percent of one processor. */
export const MOST_CPU_CAP = 3200

const cpuSetShape: Shape<string> = simple(
  'processors such as 0-3,5',
  (value): value is string => typeof value === 'string' && parseCpuSet(value) !== undefined,
)

/** What follows when a guest ends by itself: it stays off, or starts again. Libvirt's words. */
export const STOP_ACTIONS = ['destroy', 'restart'] as const
export type StopAction = (typeof STOP_ACTIONS)[number]

/** What leaving them out of a definition means. */
export const DEFAULT_STOP_ACTIONS = { onPoweroff: 'destroy', onReboot: 'restart', onCrash: 'destroy' } as const

/** What is defined: everything needed to start the domain, and nothing of its present state. */
export const domainConfigShape = fields({
  name: shortText(256),
  /** A line and some words for people; nothing acts on them. */
  title: optional(shortText(256)),
  description: optional(shortText(8192)),
  /** The operating system, by its id in libosinfo's database, or in the user's words; nothing acts on it. */
  os: optional(shortText(256)),
  /** Started with the app. */
  autostart: optional(flag),
  /** The most it can have. */
  memoryMiB: count,
  /** What it keeps of that when it boots, and can get more of while it runs; left out: all. Less than memoryMiB. */
  currentMiB: optional(count),
  /** The most it can have. */
  vcpus: count,
  /** How many of them it starts with; the others come into use while it runs. Left out: all. Fewer than vcpus. */
  currentVcpus: optional(count),
  /** Xen's credit scheduler: weight among the running machines (256 when absent), and most vcpu time in percent of a processor, 0: no cap. */
  cpuWeight: optional(within(1, MOST_CPU_WEIGHT)),
  cpuCap: optional(within(0, MOST_CPU_CAP)),
  /** The host's processors its vcpus may run on (cpu-set.ts); all when absent. */
  cpuSet: optional(cpuSetShape),
  onPoweroff: optional(oneOf(...STOP_ACTIONS)),
  onReboot: optional(oneOf(...STOP_ACTIONS)),
  onCrash: optional(oneOf(...STOP_ACTIONS)),
  /** The kernel, ramdisk and command line are those of its own first disk, read at each start (own-disk.ts). Xen's name of the program that
      would read them; which one makes no difference here. */
  bootloader: optional(path),
  /** Empty: it has none beside its disk. */
  kernel: path,
  ramdisk: nullable(path),
  cmdline: shortText(4096),
  /** Disks, network interfaces and the display; each with a key of its own. */
  devices: list(deviceShape, DEVICES_MOST),
})
export type DomainConfig = TypeOf<typeof domainConfigShape>

/** What it has when it boots, as a definition says it: only where that is less than the most. */
export function currentOf(currentMiB: number | undefined, memoryMiB: number): { readonly currentMiB?: number } {
  return currentMiB === undefined || currentMiB >= memoryMiB ? {} : { currentMiB }
}

/** How many vcpus it starts with, as a definition says it: only where those are fewer than the most. */
export function currentVcpusOf(currentVcpus: number | undefined, vcpus: number): { readonly currentVcpus?: number } {
  return currentVcpus === undefined || currentVcpus >= vcpus ? {} : { currentVcpus }
}

/** `shutdown` is libvirt's word for "being shut down". `saved` is shut off with a managed save to go on from. */
export const domainStates = [
  'shutoff',
  'starting',
  'running',
  'paused',
  'shutdown',
  'saving',
  'saved',
  'restoring',
  'crashed',
] as const
export type DomainState = (typeof domainStates)[number]

/** What a user may ask of a domain; libvirt's verbs. The life-cycle table says which is allowed in which state. */
export const domainOperations = [
  'create', // start, or go on from the managed save
  'createFresh', // start and forget the managed save
  'suspend',
  'resume',
  'shutdown',
  'reboot',
  'destroy', // force off
  'save',
  'restore',
  'managedSave',
  'undefine', // delete
  'redefine',
  'setMemory',
  'setVcpus',
  'openConsole',
  'openScreen',
  'attachDevice', // to the definition, and to the guest when it runs
  'detachDevice',
  'changeMedium',
  'snapshot', // take one
  'revert', // go back to one
  'fork', // a copy beside it that runs on from this instant
  'clone',
] as const
export type DomainOperation = (typeof domainOperations)[number]

export const domainInfoShape = fields({
  /** Names it over all connections (connection.ts); in the first one it is its UUID. */
  uuid: uuidShape,
  /** Left out: the first one. */
  connection: optional(uuidShape),
  name: shortText(256),
  kind: oneOf('domain0', 'guest'),
  state: oneOf(...domainStates),
  /** Why it crashed, in the engine's words; empty when there is nothing to say. */
  detail: text,
  /** It crashed because the app ended while it ran: windows have their own words for that. */
  cutOff: optional(flag),
  domid: nullable(count),
  /** Null for domain 0. */
  config: nullable(domainConfigShape),
  /** What it runs with, devices as they are attached now; null when it is off. What differs from `config` applies at the
      next start. */
  running: nullable(domainConfigShape),
  /** What is allowed now. Views show these and need no table of their own. */
  operations: list(oneOf(...domainOperations)),
  /** The job at work on it, if any. */
  job: nullable(count),
  startedAt: nullable(number),
  /** When the managed save was made, if there is one. */
  savedAt: nullable(number),
  /** Where VNC viewers reach its screen now: "127.0.0.1:5900", or the path of a local socket. */
  vncAt: nullable(text),
  /** A restored guest's wall clock stands at this time until the guest corrects it; null once started afresh. */
  clockStandsAt: nullable(number),
  /** By how many ms the host's clock was set forward since the guest was given its time, which it keeps; left out: by none. */
  clockOffMs: optional(number),
  /** Paused because the host has no room for the disk of this key (`enospace`); it goes on by itself when there is some. */
  stalledBy: nullable(shortText(32)),
})
export type DomainInfo = TypeOf<typeof domainInfoShape>

// ---- figures --------------------------------------------------------------------------------

/** One point of the charts. cpu: share of one host processor, 1 is one processor busy for the whole second. */
export const sampleShape = fields({
  uuid: uuidShape,
  time: number,
  cpu: number,
  /** The same for each vcpu; empty for a domain without, and where the driver cannot tell. */
  vcpus: optional(list(number, 128)),
  /** How many vcpus the guest uses now; it may take some off. */
  online: optional(count),
  memoryKiB: number,
  devices: list(deviceRatesShape, DEVICES_MOST),
})
export type Sample = TypeOf<typeof sampleShape>

/** One point of the host's charts: all of the host, and all domains of the connection together. cpu as in a sample. */
const hostShare = fields({ cpu: number, memoryKiB: number })
export const hostSampleShape = fields({ time: number, host: hostShare, domains: hostShare })
export type HostSample = TypeOf<typeof hostSampleShape>

export const hostSeriesOf = ['host', 'domains'] as const
export type HostSeriesOf = (typeof hostSeriesOf)[number]

/** Many points of one domain, oldest first, as columns of equal length. */
export const sampleSeriesShape = fields({
  time: list(number),
  /** How many of them, from the first on, are means of a minute each; the others are as measured. */
  minutes: count,
  cpu: list(number),
  vcpus: list(list(number), 128),
  memoryKiB: list(number),
  /** Zero where a device was not there. */
  devices: list(deviceSeriesShape, DEVICES_MOST),
})
export type SampleSeries = TypeOf<typeof sampleSeriesShape>

/** Samples are taken this often and kept this long. */
export const SAMPLE_INTERVAL_MS = 1000
export const SAMPLE_MINUTES_KEPT = 60
/** Means of minutes are kept this long, over restarts of the app. */
export const SAMPLE_HOURS_KEPT = 24

// ---- jobs, log, notices ---------------------------------------------------------------------

export const jobKinds = [
  'save',
  'restore',
  'managedSave',
  'create',
  'demoGuest',
  'debianGuest',
  'imageCreate',
  'imageResize',
  'imageRebase',
  'imageConvert',
  'imageCheck',
  'mediaExtract',
  'snapshot',
  'revert',
  'branch',
  'fork',
  'clone',
  'template',
  'snapshotDelete',
  'snapshotMerge',
] as const

export const jobInfoShape = fields({
  job: count,
  kind: oneOf(...jobKinds),
  state: oneOf('running', 'done', 'failed', 'cancelled'),
  /** The domain it works on or has made; null while there is none. */
  uuid: nullable(uuidShape),
  /** For people: the domain's name or the file's. */
  subject: text,
  /** The name of the domain that the new one was made from. */
  origin: optional(text),
  /** What it does at the moment, a key of jobSteps. */
  step: shortText(64),
  /** 0 to 1; null when it cannot be told. */
  progress: nullable(number),
  cancellable: flag,
  startedAt: number,
  endedAt: nullable(number),
  error: nullable(errorReportShape),
})
export type JobInfo = TypeOf<typeof jobInfoShape>

/** What the steps of a job are called in English; the renderer's catalogue has the other languages under the same keys. */
export const jobSteps = {
  waiting: 'Waiting',
  starting: 'Starting the machine',
  saving: 'Saving the machine',
  restoring: 'Restoring the machine',
  'finding-packages': 'Looking for the kernel package',
  downloading: 'Downloading the kernel and BusyBox',
  unpacking: 'Unpacking',
  'building-ramdisk': 'Building the ramdisk',
  'installing-packages': 'Installing Debian packages',
  'building-image': 'Building the disk image',
  'removing-half': 'Removing what was made so far',
  'copying-image': 'Copying the disk image',
  'creating-image': 'Creating the disk image',
  'resizing-image': 'Resizing the disk image',
  'rebasing-image': 'Copying what the disk image has from below',
  'converting-image': 'Converting the disk image',
  'checking-image': 'Checking the disk image',
  'taking-kernel': 'Taking kernel and ramdisk out of the ISO image',
  'downloading-installer': 'Downloading kernel and ramdisk of the installer',
  'taking-snapshot': 'Taking the snapshot',
  'preparing-revert': 'Getting ready; the machine is as it was',
  reverting: 'Going back to the snapshot, which cannot be cancelled any more',
  branching: 'Making a machine from the snapshot',
  forking: 'Making a running copy',
  cloning: 'Copying the machine',
  'deleting-snapshot': 'Deleting the snapshot',
  'merging-disks': 'Merging disks of deleted snapshots',
} as const
export type JobStep = keyof typeof jobSteps

export const logSources = ['life', 'hypervisor', 'device', 'engine'] as const
export type LogSource = (typeof logSources)[number]

export const logLineShape = fields({
  time: number,
  level: oneOf('debug', 'info', 'warning', 'error'),
  /** Who says it: the hypervisor's message ring, a device's backend, the machine's life, or the engine around it. */
  source: oneOf(...logSources),
  text: text,
  /** What `text` says, where it is a state of the machine's life that went into another: windows say it in their language. */
  change: optional(fields({ from: oneOf(...domainStates), to: oneOf(...domainStates), detail: text })),
})
export type LogLine = TypeOf<typeof logLineShape>

/** Something the user should know that belongs to no call: a corrupt definition, a restarted domain 0. */
export const noticeShape = fields({
  id: count,
  /** The one it is about, if any. */
  connection: optional(uuidShape),
  time: number,
  severity: oneOf('info', 'warning', 'error'),
  error: errorReportShape,
})
export type Notice = TypeOf<typeof noticeShape>

// ---- host, about ------------- ---------------------------------------------------------------

export const hostInfoShape = fields({
  hostName: text,
  cpuModel: text,
  cpus: count,
  memoryMiB: count,
  freeMemoryMiB: count,
  driver: text,
  limits: fields({
    maxVcpus: count,
    minMemoryMiB: count,
    maxMemoryMiB: count,
    /** Vcpus can be pinned to the host's processors from 0 up to, without, this one; 0: not here. */
    pinning: count,
    /** Kinds of devices a machine can have here. */
    devices: list(oneOf('vbd', 'vif', 'vfb'), 3),
  }),
  /** Whether the demo guest can be made here, and if not why; the same for a Debian system. */
  demoGuest: fields({ available: flag, error: nullable(errorReportShape) }),
  debianGuest: fields({ available: flag, error: nullable(errorReportShape) }),
  platform: text,
  /** Where new disk images go unless the user chooses another place. */
  diskFolder: path,
})
export type HostInfo = TypeOf<typeof hostInfoShape>

export const aboutInfoShape = fields({
  name: text,
  version: text,
  licence: text,
  electron: text,
  chromium: text,
  node: text,
  platform: text,
  driver: text,
  /** Where the Electron comes from, as the start script says it; null when started otherwise. */
  electronSource: nullable(text),
  /** What starts the command line from a shell, quoted for one; null where there is none. */
  commandLine: nullable(text),
  /** Whether the desktop can be given notifications. */
  notifications: flag,
  /** Set when this is the old fallback. */
  warning: nullable(errorReportShape),
})
export type AboutInfo = TypeOf<typeof aboutInfoShape>

// ---- virtual networks -----------------------------------------------------------------------

export const networkInfoShape = fields({
  network: networkShape,
  /** Names of the domains whose definition joins it. */
  usedBy: list(text),
  /** The one that is there from the start cannot be deleted. */
  permanent: flag,
})
export type NetworkInfo = TypeOf<typeof networkInfoShape>

// ---- windows --------------------------------------------------------------------------------

/** The view a window shows is in its address: index.html?view=domain&uuid=… */
export const windowViews = [
  'manager',
  'domain',
  'wall',
  'create-domain',
  'networks',
  'host',
  'preferences',
  'doctor',
  'about',
] as const
export type WindowView = (typeof windowViews)[number]

/** Which page of a window is shown: `details`, `performance`, … The view knows its pages. */
export const pageNameShape = matching('the name of a page', /^[a-z]{1,16}$/)

export const fileKinds = [
  'kernel',
  'ramdisk',
  'openSaved',
  'saveSaved',
  'openDisk',
  'openMedia',
  'saveDisk',
  'saveScreenshot',
  'saveCapture',
  'saveReport',
  'saveTable',
  'saveLog',
  'savePicture',
  'openConfig',
  'saveConfig',
  'poolFolder',
] as const
/** What a window may write itself. */
export const exportKinds = ['saveTable', 'saveLog', 'savePicture'] as const
export type FileKind = (typeof fileKinds)[number]

export const quitChoices = ['save', 'shutdown', 'destroy', 'cancel'] as const
export type QuitChoice = (typeof quitChoices)[number]
