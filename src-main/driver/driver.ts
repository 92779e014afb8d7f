// What a hypervisor driver fills in so that the toolstack can use it without knowing its name. A driver runs domains; it
// persists nothing, knows no definitions, and has no life-cycle of its own: it says what happened, the toolstack decides.
// Invariant: after `create` or `restore` answered ok, exactly one `stopped` event follows for that domain, whatever ends it.
// Runs in: main, plain Node.
import type { Result } from '../../src-engine/public/result'
import type { OpaquePort } from '../lib/channel'
import type {
  Device,
  DeviceRates,
  Disk,
  DiskKernel,
  DiskLook,
  ImageFormat,
  ImageInfo,
  InstallMedia,
  Lease,
  Network,
  NewImage,
  Nic,
  WrittenFormat,
} from '../public/device'
import type { ErrorReport } from '../public/error-code'
import type { InspectPart, InspectReply, VcpuReply } from '../public/inspect'
import type { BootDisk } from '../public/own-disk'
import type { DomainConfig } from '../public/types'

export interface DriverLimits {
  readonly maxVcpus: number
  readonly minMemoryMiB: number
  readonly maxMemoryMiB: number
  /** Vcpus can be pinned to the host's processors from 0 up to, without, this one; 0: not here. */
  readonly pinning: number
  /** Kinds of devices its domains can have. */
  readonly devices: readonly Device['kind'][]
}

/** Why a domain is no longer there. `reboot` means it asked to be started again; `saved` follows a successful save. */
export type StopKind = 'poweroff' | 'reboot' | 'crash' | 'destroyed' | 'saved'

export interface DriverSample {
  readonly uuid: string
  /** Processor time used since the sample before, as a share of one host processor: 1 is one processor busy. */
  readonly cpu: number
  /** The same for each vcpu. */
  readonly vcpus?: readonly number[]
  /** How many vcpus the guest uses now. */
  readonly online?: number
  readonly memoryKiB: number
  readonly devices: readonly DeviceRates[]
}

export type DriverEvent =
  /** `stalledBy`: it paused itself, because the host has no room for the disk of this key. */
  | { readonly kind: 'paused'; readonly uuid: string; readonly paused: boolean; readonly stalledBy?: string }
  | { readonly kind: 'stopped'; readonly uuid: string; readonly how: StopKind; readonly detail: string }
  | {
      readonly kind: 'log'
      readonly uuid: string
      readonly level: 'debug' | 'info' | 'warning' | 'error'
      /** Left out: the driver itself. */
      readonly source?: 'hypervisor' | 'device'
      readonly text: string
    }
  | { readonly kind: 'samples'; readonly samples: readonly DriverSample[] }
  /** XenStore has changed since the last one; told only while it is watched. */
  | { readonly kind: 'storeChanged' }
  /** Domain 0 came up, went away, or came back. Consoles must be attached again after `running`. */
  | { readonly kind: 'domain0'; readonly state: 'running' | 'crashed'; readonly detail: string; readonly restarts: number }
  /** Something the user should know and no call asked for. */
  | { readonly kind: 'notice'; readonly severity: 'info' | 'warning' | 'error'; readonly error: ErrorReport }

/** How far a long operation is, and how it is stopped. */
export interface Progress {
  report(fraction: number): void
  readonly signal: AbortSignal
}

/** Of the credit scheduler, and the processors it may choose from. */
export type SchedulerParameters = Pick<DomainConfig, 'cpuWeight' | 'cpuCap' | 'cpuSet'>

export interface StartedDomain {
  readonly domid: number
  readonly paused: boolean
}

/** What a file of saved state says of itself; believed only as far as choosing a domain for it goes. */
export interface SavedDomain {
  readonly uuid: string
  readonly name: string
}

export interface RestoredDomain extends StartedDomain {
  readonly memoryMiB: number
  readonly vcpus: number
  /** Under which identifier and when it was saved. */
  readonly savedUuid: string
  readonly savedAt: number
}

/** A domain that a driver knows by itself, not from a definition of ours. */
export interface ResidentDomain {
  readonly uuid: string
  readonly config: DomainConfig
  /** Null when it does not run. */
  readonly domid: number | null
  readonly startedAt: number | null
}

/** Where viewers are let in: a local socket of this user, or a TCP port, 0 for one the system chooses. */
export type VncPlace =
  | { readonly path: string }
  | { readonly address: string; readonly port: number; readonly password?: string | undefined }

/** A picture of a screen, as a PNG file. */
export interface Screenshot {
  readonly width: number
  readonly height: number
  readonly png: Uint8Array
}

/** Another file under a disk of a running domain; it shows the same contents. */
export interface DiskSwitch {
  readonly key: string
  readonly path: string
  readonly format: ImageFormat
  /** The files it stands on. */
  readonly allowedBacking: readonly string[]
}

/** The file below a disk's own, which is to take what the disk holds and to be the disk then. */
export interface MergeOrder {
  readonly key: string
  readonly into: Medium
  /** Asked once both files hold the disk, and go on doing so; when it fails the disk stays on its own file. */
  claim(): Outcome
}

export interface SnapshotOrder {
  /** Where the memory goes. */
  readonly path: string
  /** At the same instant, all or none. */
  readonly disks: readonly DiskSwitch[]
  /** The file is restored at once: quick to write and long, instead of short and lasting. */
  readonly plain: boolean
  /** The disks were switched and the guest goes on; the file is still written. */
  switched(): void
}

/** For how long the guest stood still. */
export interface TakenSnapshot {
  readonly heldMs: number
}

export type Outcome<T = null> = Promise<Result<T, ErrorReport>>

/** What is put in a drive; nothing with an empty path. */
export type Medium = Pick<Disk, 'path' | 'format' | 'allowedBacking'>

export interface HypervisorDriver {
  readonly name: string
  readonly limits: DriverLimits
  /** Domains it brings along, before it is opened. They are shown like all others, and stored by us once they are changed. */
  readonly residents?: readonly ResidentDomain[]
  /** Connects and starts what the driver needs; events come from here on. */
  open(listener: (event: DriverEvent) => void): Outcome
  /** How often samples are told from now on; SAMPLE_INTERVAL_MS until it is said. */
  sampleEvery(intervalMs: number): void
  /**
   * Ends everything that still runs. Nobody is asked; the toolstack saved what was to be saved. While it is being opened that is called off:
   * `open` answers soon, and nothing is left running.
   */
  close(): Promise<void>

  /** Again, where domain 0 has ended and was given up; nothing where it runs. */
  startDomain0(): Outcome

  /** With `paused` its first instruction waits for `resume`. */
  create(uuid: string, config: DomainConfig, paused?: boolean): Outcome<StartedDomain>
  suspend(uuid: string): Outcome
  resume(uuid: string): Outcome
  /** Asks the guest. Whether it follows is seen by a `stopped` event. */
  shutdown(uuid: string): Outcome
  reboot(uuid: string): Outcome
  destroy(uuid: string): Outcome
  setMemory(uuid: string, memoryMiB: number): Outcome
  /** Tells the guest to use the first so many of the vcpus it was started with, at least one. Whether it follows is in the samples. */
  setVcpus(uuid: string, vcpus: number): Outcome
  /** It is called so from now on, in XenStore and in files that it is saved to. */
  rename(uuid: string, name: string): Outcome
  /** Weight and cap from now on; as with `create`, what is absent is the default. */
  setSchedulerParameters(uuid: string, parameters: SchedulerParameters): Outcome
  /** Writes the whole guest to `path` (temporary name, flushed, renamed) and ends it; when it fails or is aborted the guest goes on. */
  save(uuid: string, config: DomainConfig, path: string, progress: Progress): Outcome
  /**
   * Takes the whole guest while it goes on: its memory to a file (whole or not at all), and at the same instant other files under
   * its disks, so that the old ones stay as they were then. Failed before `switched` was told, nothing was changed.
   */
  snapshot(uuid: string, order: SnapshotOrder, progress: Progress): Outcome<TakenSnapshot>
  /**
   * Puts what a disk's file holds into the file it stands on, on which nothing else may stand, while the guest goes on; then the disk is
   * that file. When it fails, before or after `claim`, or is aborted, the disk is on its own file as before.
   */
  mergeDisk(uuid: string, order: MergeOrder, progress: Progress): Outcome
  /** Opens its disks anew while it goes on: files whose names are others' now are let go of. When it fails they stay as they were. */
  reopenDisks(uuid: string): Outcome
  /** The end of what its text console showed, at most this many bytes. */
  consoleText(uuid: string, longest: number): Outcome<string>
  /** Looks into a file without restoring it. */
  readSaved(path: string): Outcome<SavedDomain>
  /**
   * This domain will be restored in a moment: what takes a while and needs no file may be begun. The function lets go of it, unless it was
   * restored.
   */
  expect?(uuid: string, config: DomainConfig): () => void
  /**
   * Continues a saved guest as the domain `uuid` named `config.name`. `claim` is asked once the guest is there whole and has not
   * run yet; when it fails the guest never runs and its error is the answer. `paused` as with create.
   */
  restore(
    uuid: string,
    config: DomainConfig,
    path: string,
    progress: Progress,
    claim?: () => Outcome,
    paused?: boolean,
  ): Outcome<RestoredDomain>
  /** One end of a stream to the domain's text console, for a window; public/stream.ts says what goes over it. */
  openConsole(uuid: string, fromOffset: number | undefined): Outcome<OpaquePort>
  /** The hypervisor's own messages of this domain. */
  dmesg(uuid: string): Outcome<string>

  // ---- devices: `create` and `restore` make those of the configuration; the rest is for a domain that runs ----------------
  /** Answered when the backend is there; the guest's frontend may connect later, or never. Not for a display. */
  attachDevice(uuid: string, device: Device): Outcome
  /** Answered when the guest has let go of it and all it wrote is in the file; `force` does not wait for the guest. */
  detachDevice(uuid: string, key: string, force: boolean): Outcome
  /** Of an interface that is attached: all but its MAC address may be another. */
  changeNic(uuid: string, nic: Nic): Outcome
  /** Lets viewers in there instead of where they were let in before; nowhere without a place. Gives the port, if any. */
  listenVnc(uuid: string, place: VncPlace | undefined): Outcome<number | undefined>
  /** Of a removable disk; an empty path ejects. */
  changeMedium(uuid: string, key: string, medium: Medium): Outcome
  /** Which virtual networks there are: told before the first domain starts, and whenever they change. */
  setNetworks(networks: readonly Network[]): Outcome
  leases(network: string): Outcome<readonly Lease[]>
  /**
   * One end of a stream to the domain's screen: RFB (RFC 6143), every message a Uint8Array of its bytes, both ways. Long pieces may go
   * through `file`, which the other end has open; a driver need not use it.
   */
  openScreen(uuid: string, file?: string): Outcome<OpaquePort>
  /** No wider than `width`, where the driver can. */
  screenshot(uuid: string, width?: number): Outcome<Screenshot>
  /** The inside of a guest, the parts asked for; cheap, and nothing while nobody asks. */
  inspect(uuid: string, parts: readonly InspectPart[]): Outcome<InspectReply>
  /** Of a paused domain. */
  inspectVcpu(uuid: string, vcpu: number): Outcome<VcpuReply>
  /** One node of XenStore, made when it is not there. */
  writeStore(path: string, value: string): Outcome
  /** For this many seconds from now on `storeChanged` is told; 0 ends it. */
  watchStore(seconds: number): Outcome
  /** The whole of XenStore, one node a line: `path = "value"   (permissions)`. */
  dumpStore(): Outcome<string>

  readonly images: ImageTool
}

export interface ImageCopy {
  readonly from: string
  readonly fromFormat: ImageFormat
  readonly to: string
  readonly format: WrittenFormat
  readonly allowed: readonly string[]
}

export interface ImageResize {
  readonly path: string
  readonly sizeMiB: number
  /** What it refers to: its data file too, which becomes larger with it. */
  readonly allowed?: readonly string[]
  /** What lies beyond the new end may be lost. */
  readonly shrink?: boolean
}

export interface ImageRebase {
  readonly path: string
  readonly backing: BackingFile | undefined
  /** What it stands on, before and after. */
  readonly allowed: readonly string[]
  /** Guests read it meanwhile: a new file takes its name, made under this one in the same folder. Who has the old one open keeps it. */
  readonly aside?: string
}

export interface BackingFile {
  readonly path: string
  readonly format: ImageFormat
}

/** Image files on the host. The work is never done in main's own process. What is made appears whole or not at all. */
export interface ImageTool {
  /** The file must not exist yet. */
  create(image: NewImage): Outcome
  /** A new qcow2 image over another one, as large as that; `allowed`: what that one stands on. */
  overlay(path: string, backing: BackingFile, allowed: readonly string[]): Outcome
  /** `allowed`: the files outside its folder that it may refer to; the first other one is told as `refused`. */
  inspect(path: string, allowed?: readonly string[]): Outcome<ImageInfo>
  /** Larger only, unless `shrink` is said. */
  resize(order: ImageResize, progress: Progress): Outcome
  /** `to` must not exist yet. */
  convert(from: string, to: string, format: WrittenFormat, progress: Progress): Outcome
  /** As convert, of an image whose format is known and that stands on other files. */
  copy(order: ImageCopy, progress: Progress): Outcome
  /** A qcow2 image stands on another file or on none, and reads as before. */
  rebase(order: ImageRebase, progress: Progress): Outcome
  /** Puts what the qcow2 image holds into its backing file, on which nothing else may stand; the image is left as it was. */
  commit(path: string, into: BackingFile, allowed: readonly string[], progress: Progress): Outcome
  /** What an ISO image is started with; undefined: nothing that is known. */
  lookInstaller(path: string): Outcome<InstallMedia | undefined>
  /** Takes kernel and ramdisk out of it, into files that must not exist yet: both or none. Makes their folder. */
  takeInstaller(path: string, to: { readonly kernel: string; readonly ramdisk: string }, progress: Progress): Outcome
  /** The same of an installation tree of the network, by its address. Looks at it as long as a server may take. */
  lookTree(address: string): Outcome<InstallMedia>
  /** Downloads the two, as takeInstaller takes them out. */
  takeTree(address: string, to: { readonly kernel: string; readonly ramdisk: string }, progress: Progress): Outcome
  /** What a machine would start from this disk. Busy while a machine writes to it. */
  lookDiskKernel(disk: BootDisk): Outcome<DiskLook>
  /** The same, taken out into files that must not exist yet; that of the ramdisk is made only if there is one. Makes their folder. */
  takeDiskKernel(
    disk: BootDisk,
    to: { readonly kernel: string; readonly ramdisk: string },
    progress: Progress,
  ): Outcome<DiskKernel | undefined>
  /** Fails with image-damaged when it is, and was not repaired. */
  check(path: string, repair: boolean, progress: Progress): Outcome
}
