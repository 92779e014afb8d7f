// What a backend consists of: a pump in the guest's process and a service in domain 0, and what each is given to work with.
// README.md of this folder tells how to add one. The pump owns the truth (ring indexes, unanswered requests) and is saved with the
// domain; the service keeps nothing that cannot be rebuilt. Each takes what the other sends for hostile.
// Runs in: main thread of the domain's process (pumps), domain 0 (services).

import type { Clock } from '../lib/clock'
import type { Log } from '../lib/log'
import type { BounceArea, BounceFile } from '../link/bounce-file'
import type { Device, DeviceCounters, Disk } from '../public/protocol/device'
import type { DeviceConnect } from '../public/protocol/link'
import type { Result } from '../public/result'
import type { GuestAccess } from '../ring/guest-access'

/** Nodes by their path below a frontend's or backend's directory. */
export type Keys = Readonly<Record<string, string>>

/** A u32 a frontend has written, such as a grant reference or a port; undefined when it is none. */
export function keyU32(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) <= 0xffff_ffff ? Number(text) : undefined
}

/** A whole number a frontend has written that a double holds exactly, such as a guest frame number. */
export function keyNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : undefined
}

// --- in the domain's process ---

/** The pump's way to its service. Exists from a DEV_CONNECT to the end of the link or the device. */
export interface PumpPort {
  /** One DEV_DATA record; its payload at most DEV_INLINE_LIMIT. */
  send(...parts: readonly Uint8Array[]): void
  /** A record follows soon: domain 0 is woken already, if the link has rested. */
  wake(): void
  /** Where longer payloads go; undefined when the link has no bounce file. */
  readonly bounce: BounceArea | undefined
}

export interface RingView {
  readonly name: string
  readonly size: number
  readonly produced: number
  readonly consumed: number
  readonly answered: number
}

export interface DevicePump {
  /** Event channels of this device; bound by the host before `attach` and unbound after `close`. */
  readonly ports: readonly number[]
  /** The guest has sent on one of its ports. Cheap when there is nothing to do. */
  signal(port: number): void
  /** A service is there: what is unanswered is asked (again), what waits in the ring is taken. */
  attach(port: PumpPort): void
  /** The service is gone; another will come. */
  detach(): void
  /** DEV_DATA from the service. Returns what is wrong with it, which ends the link. The body may be kept, with the message it is part of. */
  receive(body: Uint8Array, view: DataView): string | undefined
  /** Its rings as they stand, for people. */
  rings?(): readonly RingView[]
  /** What `stalled` was told of is tried again, also while the vcpus stand still. */
  retry?(): void
  /** All that is not in guest memory. Only while the vcpus stand still. */
  save(): Uint8Array
  close(): void
}

export interface PumpSetup {
  readonly guest: GuestAccess
  /** What the frontend wrote and what the service wants known. */
  readonly connect: DeviceConnect
  /** What `save` gave, after a restore. Save files are hostile. */
  readonly state: Uint8Array | undefined
  /** The guest broke its ring beyond reply: the device is closed. */
  failed(reason: string): void
  /** Something cannot be done now, and is kept: the domain is paused, and may be saved, until `retry` succeeds. One sentence. */
  stalled?(reason: string): void
  /** All that was kept is done. */
  unstalled?(): void
}

/** Makes a pump for a connected frontend, or says why its keys make no sense. Touches no port. */
export type PumpMaker = (setup: PumpSetup) => Result<DevicePump, string>

// --- in domain 0 ---

/** The service's way to its pump. */
export interface ServicePort {
  send(...parts: readonly Uint8Array[]): void
  readonly bounce: BounceFile | undefined
}

export interface DeviceService {
  /** Opens what it serves. Gives the keys the frontend finds while the backend waits for it (state 2), or one sentence. */
  open(): Promise<Result<Keys, string>>
  /**
   * The frontend is ready. `pump`: what the pump needs to know; `keys`: written before state 4. An error closes the device.
   * Also called when a pump is joined again (a lost link, a new domain 0, a restored domain), with the keys the backend `had`: when
   * the guest cannot go on with what there is now, an error leaves it waiting.
   */
  connect(frontend: Keys, had?: Keys): Result<{ readonly pump: Keys; readonly keys: Keys }, string>
  attach(port: ServicePort): void
  detach(): void
  /** DEV_DATA from the pump; as DevicePump.receive. */
  receive(body: Uint8Array, view: DataView): string | undefined
  /** The frontend is gone: what it wrote is put on the disk and the like. The service stays open for the next one. */
  settle(): Promise<void>
  /** Never opened again. Resolves when nothing is left open. */
  close(): Promise<void>
  counters(): Omit<DeviceCounters, 'key' | 'state'>
  /** Only where there is a medium: another one, or none with an empty path. Gives the keys that change. */
  changeMedium?(medium: DiskFile): Promise<Result<Keys, string>>
  /** Only where something can change under a connected frontend. An error leaves it as it was. */
  change?(device: Device): Promise<Result<undefined, string>>
  /**
   * Only disks, while the vcpus stand: `park` puts all that was asked on the disk, closes its image and holds back what comes;
   * `exchange` goes on with another image of the same contents, or again with the one before; then `goOn`, in any case.
   */
  park?(): Promise<Result<undefined, string>>
  exchange?(next: DiskFile | undefined): Promise<Result<undefined, string>>
  goOn?(): void
  /**
   * Only disks whose image stands on another file: what the image holds is put into that file, step by step, while the guest goes on.
   * Until `mergeEnd` the image alone counts. An error of a step means that it is to be ended; the disk is as good as before.
   */
  mergeBegin?(): Promise<Result<undefined, string>>
  /** Goes on for a while; bytes of the disk that are done, of how many. */
  mergeCopy?(): Promise<Result<MergeState, string>>
  /** With `next`, the file below: the disk is on that from now on; refused before all is done. Without: on its image alone again. */
  mergeEnd?(next: DiskFile | undefined): Promise<Result<undefined, string>>
}

export interface MergeState {
  readonly done: number
  readonly total: number
}

/** What a disk is on. */
export type DiskFile = Pick<Disk, 'path' | 'format' | 'allowedBacking'>

export interface ServiceSetup {
  /** The domain's handle, and its name for messages. */
  readonly handle: string
  readonly clock: Clock
  readonly log: Log
}

/** One row of the registry: a device type with all that is particular to it. */
export interface BackendRow {
  /** As in the paths of XenStore. */
  readonly type: string
  /** What a device of main's needs of this type; undefined when it is of another. A display is a vfb and a vkbd. */
  of(device: Device): DevicePart | undefined
}

export interface DevicePart {
  /** The device's number. */
  readonly id: number
  /** What the toolstack writes when it makes the device, beside the keys all devices have. */
  readonly frontend: Keys
  readonly backend: Keys
  make(setup: ServiceSetup): DeviceService
}
