// Devices of a domain and image files: what the calls about them do. A device goes into the definition and, when the guest
// runs, to the guest first: a guest that refuses leaves the definition as it was.
// Invariant: a guest writes only to files the user chose in a dialog, allowed when asked, or that lie in the app's folder of
// disks; nothing here overwrites a file. Runs in: main, plain Node.
import { rm } from 'node:fs/promises'
import { basename } from 'node:path'
import { err, ok, type Result } from '../../src-engine/public/result'
import { disksOf, isDirectlyIn } from '../config/device-check'
import type { HypervisorDriver, Medium, Outcome } from '../driver/driver'
import { writeFileAtomic } from '../lib/atomic-file'
import { folderForFile } from '../lib/own-folder'
import { writeProblem } from '../lib/write-problem'
import { type Device, deviceKey, type ImageInfo, type NewImage, type WrittenFormat } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import { DOMAIN0_UUID, type DomainConfig, type JobInfo } from '../public/types'
import type { DeviceChange } from './domain-table'
import type { Domains } from './domains'
import { lookAtImage } from './image-look'
import type { JobControl, Jobs } from './jobs'
import { makeFile } from './make-file'
import { agreedFor, imageToWrite, refusedBacking, sourcesOf } from './refused-backing'
import { isOfDomain, storeOf } from './store-dump'
import type { UnfinishedFiles } from './unfinished-files'

/** What the window a call comes from has to say about files. */
export interface FileRights {
  choseFile(path: string, kind: 'openDisk' | 'saveDisk' | 'saveScreenshot' | 'saveCapture' | 'poolFolder'): boolean
  /** Asks the user, in a box of ours, whether a guest may write to the file; remembered for this window. */
  allowsWriting(path: string): Promise<boolean>
}

const MIB = 1024 * 1024
/** Bytes of console a thumbnail is made of. */
const THUMBNAIL_TEXT = 8192

export interface DevicesParts {
  readonly driver: HypervisorDriver
  readonly domains: Domains
  readonly jobs: Jobs
  readonly unfinished: Pick<UnfinishedFiles, 'copying' | 'making'>
  /** New disk images go here unless the user chose another place. */
  readonly diskFolder: string
}

export class Devices {
  private readonly parts: DevicesParts

  constructor(parts: DevicesParts) {
    this.parts = parts
  }

  // ---- devices of a domain --------------------------------------------------------------------

  async attach(uuid: string, device: Device, image: NewImage | undefined, rights: FileRights): Outcome {
    const { driver } = this.parts
    const allowed = await this.mayWrite([device], [], image ? [image] : [], rights)
    if (!allowed.ok) return allowed
    const refused = await refusedBacking(driver.images, sourcesOf([device], image ? [image] : []))
    if (refused) return err(refused)
    if (!image) return this.attachWhole(uuid, device)
    return this.parts.unfinished.making(basename(image.path), [image.path], async () => {
      const made = await this.makeImage(image)
      if (!made.ok) return made
      const attached = await this.attachWhole(uuid, device)
      if (!attached.ok) await rm(image.path, { force: true })
      return attached
    })
  }

  /** Its image is there. */
  private attachWhole(uuid: string, device: Device): Outcome {
    const { domains, driver } = this.parts
    return domains.change(uuid, 'attachDevice', ({ config }) => {
      const next = { ...config, devices: [...config.devices, device] }
      // A display is part of how a guest boots: it comes with the next start.
      if (device.kind === 'vfb') return ok({ config: next })
      const running = (before: DomainConfig): DomainConfig => ({ ...before, devices: [...before.devices, device] })
      return ok({ config: next, live: { running, act: () => driver.attachDevice(uuid, device) } })
    })
  }

  async detach(uuid: string, key: string, force: boolean): Outcome {
    const { domains, driver } = this.parts
    return domains.change(uuid, 'detachDevice', ({ config, running }): Result<DeviceChange, ErrorReport> => {
      const without = (before: DomainConfig): DomainConfig => ({
        ...before,
        devices: before.devices.filter((device) => deviceKey(device) !== key),
      })
      const live = running?.devices.find((device) => deviceKey(device) === key)
      const defined = config.devices.some((device) => deviceKey(device) === key)
      if (!live && !defined) return err(errorReport('no-device', { name: config.name, key }))
      if (!live || live.kind === 'vfb') return ok({ config: without(config) })
      return ok({ config: without(config), live: { running: without, act: () => driver.detachDevice(uuid, key, force) } })
    })
  }

  async changeMedium(uuid: string, key: string, medium: Medium, rights: FileRights): Outcome {
    const { domains, driver } = this.parts
    const info = domains.info(uuid)
    if (!info.ok) return info
    const before = info.value.config?.devices ?? []
    // What the medium before was allowed is nothing to the next.
    const file = { allowedBacking: undefined, ...medium }
    const changed = (device: Device): Device =>
      device.kind === 'vbd' && deviceKey(device) === key ? { ...device, ...file } : device
    const after = before.map(changed)
    const allowed = await this.mayWrite(after, before, [], rights)
    if (!allowed.ok) return allowed
    const refused = await refusedBacking(
      driver.images,
      after.filter((device) => deviceKey(device) === key),
    )
    if (refused) return err(refused)
    return domains.change(uuid, 'changeMedium', ({ config, running }): Result<DeviceChange, ErrorReport> => {
      const disk = (running ?? config).devices.find((device) => deviceKey(device) === key)
      const { name } = config
      if (disk?.kind !== 'vbd') return err(errorReport('no-device', { name, key }))
      if (running && !disk.removable) return err(errorReport('not-hot-pluggable', { name, key }))
      const to = (one: DomainConfig): DomainConfig => ({ ...one, devices: one.devices.map(changed) })
      return ok({ config: to(config), live: { running: to, act: () => driver.changeMedium(uuid, key, medium) } })
    })
  }

  /** From now on the image of this disk may refer to the file: from the next start, or when the medium is put in again. */
  async allowBacking(uuid: string, key: string, path: string): Outcome {
    return this.parts.domains.change(uuid, 'attachDevice', ({ config }): Result<DeviceChange, ErrorReport> => {
      const disk = config.devices.find((device) => deviceKey(device) === key)
      if (disk?.kind !== 'vbd') return err(errorReport('no-device', { name: config.name, key }))
      const allowedBacking = [...new Set([...(disk.allowedBacking ?? []), path])]
      const devices = config.devices.map((device) => (device === disk ? { ...disk, allowedBacking } : device))
      return ok({ config: { ...config, devices } })
    })
  }

  /** Whether the guest may write to all of these disks' files; those it writes to already need no new word. */
  async mayWrite(
    devices: readonly Device[],
    before: readonly Device[],
    images: readonly NewImage[],
    rights: FileRights,
  ): Outcome {
    for (const { path } of images) {
      if (!this.isOurs(path) && !rights.choseFile(path, 'saveDisk')) return err(errorReport('path-not-chosen', { path }))
    }
    for (const { path, readonly } of disksOf(devices)) {
      if (path === '' || readonly || this.isOurs(path)) continue
      if (disksOf(before).some((disk) => disk.path === path && !disk.readonly)) continue
      if (rights.choseFile(path, 'openDisk') || rights.choseFile(path, 'saveDisk')) continue
      if (!(await rights.allowsWriting(path))) return err(errorReport('file-not-allowed', { path }))
    }
    for (const path of capturesOf(devices)) {
      if (capturesOf(before).includes(path) || rights.choseFile(path, 'saveCapture')) continue
      if (!(await rights.allowsWriting(path))) return err(errorReport('file-not-allowed', { path }))
    }
    return ok(null)
  }

  // ---- image files ----------------------------------------------------------------------------

  /** Makes all of them or none. */
  async makeImages(images: readonly NewImage[]): Outcome {
    const made: string[] = []
    for (const image of images) {
      const created = await this.makeImage(image)
      if (!created.ok) {
        await this.removeImages(made)
        return created
      }
      made.push(image.path)
    }
    return ok(null)
  }

  /** Takes back what makeImages made. */
  async removeImages(paths: readonly string[]): Promise<void> {
    for (const path of paths) await rm(path, { force: true })
  }

  createImage(image: NewImage, rights: FileRights): Result<{ job: number }, ErrorReport> {
    if (!this.mayTouch(image.path, rights)) return err(errorReport('path-not-chosen', { path: image.path }))
    return this.job('imageCreate', 'creating-image', image.path, (control) => this.makeImage(image, control))
  }

  inspect(path: string, allowed?: readonly string[]): Outcome<ImageInfo> {
    return lookAtImage(this.parts.driver.images, path, allowed)
  }

  /** `allowedBacking`: what the image may refer to beside what machines with this disk may. */
  async resize(
    { path, sizeMiB, allowedBacking = [] }: Pick<NewImage, 'path' | 'sizeMiB'> & Pick<Medium, 'allowedBacking'>,
    rights: FileRights,
  ): Outcome<{ job: number }> {
    const free = this.mayWork(path, rights)
    if (!free.ok) return free
    const { images } = this.parts.driver
    const allowed = [...allowedBacking, ...agreedFor(path, this.parts.domains.list())]
    const info = await imageToWrite(images, path, allowed)
    if (!info.ok) return info
    return this.job('imageResize', 'resizing-image', path, (control) => images.resize({ path, sizeMiB, allowed }, control))
  }

  convert(from: string, to: string, format: WrittenFormat, rights: FileRights): Result<{ job: number }, ErrorReport> {
    if (!this.mayTouch(to, rights)) return err(errorReport('path-not-chosen', { path: to }))
    const { unfinished, driver } = this.parts
    return this.job('imageConvert', 'converting-image', to, (control) =>
      unfinished.copying(to, () => driver.images.convert(from, to, format, control)),
    )
  }

  check(path: string, repair: boolean, rights: FileRights): Result<{ job: number }, ErrorReport> {
    const free = this.mayWork(path, rights)
    if (!free.ok) return free
    const { images } = this.parts.driver
    return this.job('imageCheck', 'checking-image', path, (control) => images.check(path, repair, control))
  }

  // ---- what can be seen of a domain -----------------------------------------------------------

  async saveScreen(uuid: string, path: string, rights: FileRights): Outcome {
    if (!rights.choseFile(path, 'saveScreenshot')) return err(errorReport('path-not-chosen', { path }))
    const shot = await this.parts.driver.screenshot(uuid)
    if (!shot.ok) return shot
    try {
      await writeFileAtomic(path, shot.value.png)
      return ok(null)
    } catch (thrown) {
      return err(writeProblem(path, thrown))
    }
  }

  /** The screen of a machine that has one, else the end of its text console. */
  async thumbnail(uuid: string, width: number): Outcome<{ png?: Uint8Array; text?: string }> {
    const { domains, driver } = this.parts
    const info = domains.info(uuid)
    if (!info.ok) return info
    const { domid, running } = info.value
    if (domid === null) return err(errorReport('no-domain', { uuid }))
    if (running?.devices.some(({ kind }) => kind === 'vfb') === true) {
      const shot = await driver.screenshot(uuid, width)
      return shot.ok ? ok({ png: shot.value.png }) : shot
    }
    const text = await driver.consoleText(uuid, THUMBNAIL_TEXT)
    return text.ok ? ok({ text: text.value.slice(-THUMBNAIL_TEXT) }) : text
  }

  async store(uuid: string): Outcome<{ text: string }> {
    const { domains, driver } = this.parts
    if (uuid === DOMAIN0_UUID) {
      const all = await driver.dumpStore()
      return all.ok ? ok({ text: all.value }) : all
    }
    const info = domains.info(uuid)
    if (!info.ok) return info
    const { domid } = info.value
    if (domid === null) return ok({ text: '' })
    const all = await driver.dumpStore()
    return all.ok ? ok({ text: storeOf(all.value, domid, uuid) }) : all
  }

  /** Only what storeDump of the domain shows may be written: its own tree, its /vm, and its devices' backends. */
  async writeStore(uuid: string, path: string, value: string): Outcome {
    const { domains, driver } = this.parts
    if (!/^(\/[A-Za-z0-9_@:-]+)+$/.test(path)) return err(errorReport('store-path', { path }))
    if (uuid === DOMAIN0_UUID) return driver.writeStore(path, value)
    const info = domains.info(uuid)
    if (!info.ok) return info
    const { domid } = info.value
    if (domid === null) return err(errorReport('no-domain', { uuid }))
    if (!isOfDomain(path, domid, uuid)) return err(errorReport('store-path', { path }))
    return driver.writeStore(path, value)
  }

  // ---- inside ---------------------------------------------------------------------------------

  private isOurs(path: string): boolean {
    return isDirectlyIn(this.parts.diskFolder, path)
  }

  private mayTouch(path: string, rights: FileRights): boolean {
    return this.isOurs(path) || rights.choseFile(path, 'saveDisk') || rights.choseFile(path, 'openDisk')
  }

  /** Whether a job may change this file: the user named it, and no guest uses it. */
  private mayWork(path: string, rights: FileRights): Result<null, ErrorReport> {
    if (!this.mayTouch(path, rights)) return err(errorReport('path-not-chosen', { path }))
    if (this.parts.domains.isFrozen(path)) return err(errorReport('disk-frozen', { path }))
    return this.isAtRest(path)
  }

  /** No guest that runs has it. */
  private isAtRest(path: string): Result<null, ErrorReport> {
    for (const { name, running } of this.parts.domains.list()) {
      if (disksOf(running?.devices ?? []).some((disk) => disk.path === path)) {
        return err(errorReport('disk-in-use', { path, name }))
      }
    }
    return ok(null)
  }

  /** A copy may take long: without a job whose work it is it is one of its own, so that who waits for the image sees how far it is. */
  private async makeImage(image: NewImage, control?: JobControl): Outcome {
    const { driver, jobs } = this.parts
    const { path, copyOf } = image
    const folder = this.isOurs(path) ? await folderForFile(this.parts.diskFolder) : ok(null)
    if (!folder.ok) return folder
    if (copyOf === undefined) {
      const create = (): Outcome => driver.images.create(image)
      return control ? makeFile(path, control, create) : create()
    }
    const free = this.isAtRest(copyOf.path)
    if (!free.ok) return free
    const work = (of: JobControl): Outcome => this.copyImage(image, copyOf, of)
    if (control) {
      control.step('copying-image')
      return work(control)
    }
    const order = { kind: 'imageConvert', step: 'copying-image', cancellable: true, uuid: null, work } as const
    return jobs.wait(jobs.start({ ...order, subject: basename(path) }))
  }

  private async copyImage(
    { path, format, sizeMiB }: NewImage,
    from: NonNullable<NewImage['copyOf']>,
    control: JobControl,
  ): Outcome {
    const { unfinished, driver } = this.parts
    const order = { from: from.path, fromFormat: from.format, to: path, format, allowed: [...(from.allowedBacking ?? [])] }
    return unfinished.making(basename(path), [path], async () => {
      const copied = await unfinished.copying(path, () => driver.images.copy(order, control))
      if (!copied.ok) return copied
      const grown = await this.growTo(path, sizeMiB, control)
      const done = grown.ok ? control.commit() : grown
      if (!done.ok) await rm(path, { force: true })
      return done
    })
  }

  private async growTo(path: string, sizeMiB: number, control: JobControl): Outcome {
    const { images } = this.parts.driver
    const info = await images.inspect(path)
    if (!info.ok) return info
    if (info.value.virtualSize >= sizeMiB * MIB) return ok(null)
    control.step('resizing-image')
    return images.resize({ path, sizeMiB }, control)
  }

  private job(
    kind: JobInfo['kind'],
    step: 'creating-image' | 'resizing-image' | 'converting-image' | 'checking-image',
    path: string,
    work: (control: JobControl) => Outcome,
  ): Result<{ job: number }, ErrorReport> {
    const subject = basename(path)
    return ok({ job: this.parts.jobs.start({ kind, subject, uuid: null, step, cancellable: true, work }) })
  }
}

/** Files that captures of interfaces are written to. */
function capturesOf(devices: readonly Device[]): string[] {
  return devices.flatMap((device) => (device.kind === 'vif' && device.capture !== undefined ? [device.capture] : []))
}
