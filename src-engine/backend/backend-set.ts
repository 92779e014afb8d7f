// All backends of one domain in domain 0: made from what main says the domain has, joined to the link when there is one, listed,
// attached and detached while the domain runs.
// Invariant: one backend for each type and number; after `place`, the store has no other devices of our types for this domain.
// Runs in: domain 0.
import { type Device, type DeviceCounters, deviceKey } from '../public/protocol/device'
import { err, ok, type Result } from '../public/result'
import { domainPath } from '../xenstore/path'
import { lookup } from '../xenstore/tree'
import type { BackendRow, DiskFile, MergeState, ServiceSetup } from './device'
import { type BackendSurroundings, DeviceBackend, type DeviceLink } from './device-backend'
import { removalChanges } from './device-tree'

export type BackendSetSurroundings = Omit<BackendSurroundings, 'link' | 'gone'>

export class BackendSet {
  private readonly around: BackendSetSurroundings
  private readonly rows: readonly BackendRow[]
  private readonly setup: ServiceSetup
  private readonly backends = new Map<string, DeviceBackend>()
  /** Keys of main's devices to the keys of their backends: a display has two. */
  private readonly parts = new Map<string, readonly string[]>()
  private link: DeviceLink | undefined
  private placed = false

  constructor(around: BackendSetSurroundings, rows: readonly BackendRow[], setup: ServiceSetup) {
    this.around = around
    this.rows = rows
    this.setup = setup
  }

  /** Opens what the devices need. The first error is the answer; what could be opened stays open. */
  async open(devices: readonly Device[]): Promise<Result<undefined, string>> {
    const results = await Promise.all(
      devices.map(async (device) => {
        const made = this.make(device)
        if (!made.ok) return made
        const opened = await Promise.all(made.value.map((backend) => backend.open()))
        return opened.find((one) => !one.ok) ?? ok(undefined)
      }),
    )
    return results.find((one) => !one.ok) ?? ok(undefined)
  }

  /** The domain's tree is in the store: puts the devices there, or finds them there and goes on. */
  place(): void {
    this.placed = true
    this.removeStrangers()
    for (const backend of this.backends.values()) backend.place()
  }

  private make(device: Device): Result<readonly DeviceBackend[], string> {
    const key = deviceKey(device)
    if (this.parts.has(key)) return err(`There is a device ${key} already.`)
    const made: DeviceBackend[] = []
    for (const row of this.rows) {
      const part = row.of(device)
      if (!part) continue
      const around: BackendSurroundings = {
        ...this.around,
        link: () => this.link,
        gone: (gone) => {
          this.backends.delete(gone)
          this.around.changed(gone, 0)
        },
      }
      made.push(new DeviceBackend(around, row.type, part, part.make(this.setup)))
    }
    if (made.length === 0) return err(`Devices like ${key} are not served yet.`)
    for (const backend of made) this.backends.set(backend.key, backend)
    this.parts.set(
      key,
      made.map((backend) => backend.key),
    )
    return ok(made)
  }

  /** Devices of another time: a save file or a journal has them, main does not name them any more. */
  private removeStrangers(): void {
    const { xenstored, domid } = this.around
    const types = lookup(xenstored.store.tree, `${domainPath(domid())}/device`)?.children
    for (const { type } of this.rows) {
      for (const id of types?.get(type)?.children.keys() ?? []) {
        if (this.backends.has(`${type}/${id}`) || !/^\d{1,9}$/.test(id)) continue
        this.around.log('warning', `${type}/${id} is not a device of this domain any more: it is taken away`)
        xenstored.change(removalChanges(xenstored.store.tree, domid(), type, Number(id)))
      }
    }
  }

  linkUp(link: DeviceLink): void {
    this.link = link
    for (const backend of this.backends.values()) backend.linkUp()
  }

  linkDown(): void {
    this.link = undefined
    for (const backend of this.backends.values()) backend.linkDown()
  }

  pumpFailed(key: string, reason: string): void {
    this.backends.get(key)?.pumpFailed(reason)
  }

  async attach(device: Device): Promise<Result<undefined, string>> {
    const made = this.make(device)
    if (!made.ok) return made
    for (const backend of made.value) {
      const opened = await backend.open()
      if (!opened.ok) {
        await Promise.all(made.value.map((one) => this.drop(one)))
        this.parts.delete(deviceKey(device))
        return opened
      }
    }
    if (this.placed) for (const backend of made.value) backend.place()
    return ok(undefined)
  }

  private async drop(backend: DeviceBackend): Promise<void> {
    this.backends.delete(backend.key)
    await backend.dispose()
  }

  /** Resolves when the device is gone; undefined when there is none. */
  detach(key: string, force: boolean): Promise<void> | undefined {
    const parts = this.parts.get(key)
    if (!parts) return undefined
    return Promise.all(parts.map((part) => this.backends.get(part)?.detach(force))).then(() => {
      this.parts.delete(key)
    })
  }

  changeMedium(key: string, medium: DiskFile): Promise<Result<undefined, string>> {
    return this.backends.get(key)?.changeMedium(medium) ?? Promise.resolve(err(`there is no device ${key}`))
  }

  /** What can be changed of a device while its frontend stays connected. */
  change(device: Device): Promise<Result<undefined, string>> {
    const key = deviceKey(device)
    return this.backends.get(key)?.change(device) ?? Promise.resolve(err(`there is no device ${key}`))
  }

  /** Other images under disks, all or none; the domain's vcpus stand still. */
  async switchDisks(files: ReadonlyMap<string, DiskFile>): Promise<Result<undefined, string>> {
    const backends = [...files].map(([key, file]) => ({ key, file, backend: this.backends.get(key) }))
    const missing = backends.find(({ backend }) => !backend?.service.exchange)
    if (missing) return err(`There is no disk ${missing.key}.`)
    const each = <T>(act: (backend: DeviceBackend, file: DiskFile) => T): T[] =>
      backends.flatMap(({ backend, file }) => (backend ? [act(backend, file)] : []))
    const all = async (act: (backend: DeviceBackend, file: DiskFile) => Promise<Result<undefined, string>> | undefined) => {
      const results = await Promise.all(each(act))
      return results.find((one) => one && !one.ok) ?? ok(undefined)
    }
    const parked = await all(({ service }) => service.park?.())
    const done = parked.ok ? await all(({ service }, file) => service.exchange?.(file)) : parked
    if (done.ok) each((backend, { path }) => backend.noteImage(path))
    else {
      const back = await all(({ service }) => service.exchange?.(undefined))
      if (!back.ok) this.around.log('error', back.error)
    }
    each(({ service }) => service.goOn?.())
    return done
  }

  /** A disk's image goes into the file it stands on while the guest goes on: see DeviceService. */
  mergeBegin(key: string): Promise<Result<undefined, string>> {
    return this.backends.get(key)?.service.mergeBegin?.() ?? noDisk(key)
  }

  mergeCopy(key: string): Promise<Result<MergeState, string>> {
    return this.backends.get(key)?.service.mergeCopy?.() ?? noDisk(key)
  }

  async mergeEnd(key: string, next: DiskFile | undefined): Promise<Result<undefined, string>> {
    const backend = this.backends.get(key)
    const ended = (await backend?.service.mergeEnd?.(next)) ?? (await noDisk(key))
    if (ended.ok && next) backend?.noteImage(next.path)
    return ended
  }

  get counters(): DeviceCounters[] {
    return [...this.backends.values()].map((backend) => backend.counters)
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.backends.values()].map((backend) => backend.dispose()))
    this.backends.clear()
    this.parts.clear()
  }
}

async function noDisk(key: string): Promise<{ readonly ok: false; readonly error: string }> {
  return err(`There is no disk ${key}.`)
}
