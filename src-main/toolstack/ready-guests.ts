// Guests the app makes itself with one press: the demo guest, and a Debian system with all the devices the driver has.
// Invariant: what was made for one that could not be defined is taken away again; of each kind one is made at a time, and who asks
// meanwhile is told of that one. Runs in: main, plain Node.
import { randomUUID } from 'node:crypto'
import { rm } from 'node:fs/promises'
import { join } from 'node:path'
import type { HypervisorDriver, Outcome } from '../driver/driver'
import { DEFAULT_NETWORK, type Device } from '../public/device'
import type { DomainConfig, HostInfo, JobInfo } from '../public/types'
import type { DebianMaker, DemoMaker } from './demo-maker'
import type { Domains } from './domains'
import type { JobControl, Jobs } from './jobs'
import type { UnfinishedFiles } from './unfinished-files'

export interface ReadyGuestsParts {
  readonly driver: HypervisorDriver
  readonly domains: Domains
  readonly jobs: Jobs
  readonly demo: DemoMaker
  readonly debian: DebianMaker
  readonly unfinished: Pick<UnfinishedFiles, 'making'>
  readonly diskFolder: string
}

export class ReadyGuests {
  private readonly parts: ReadyGuestsParts

  constructor(parts: ReadyGuestsParts) {
    this.parts = parts
  }

  /** Which of them can be made here, or why not. */
  async abilities(): Promise<Pick<HostInfo, 'demoGuest' | 'debianGuest'>> {
    const [demo, debian] = await Promise.all([this.parts.demo.available(), this.parts.debian.available()])
    return {
      demoGuest: { available: demo.ok, error: demo.ok ? null : demo.error },
      debianGuest: { available: debian.ok, error: debian.ok ? null : debian.error },
    }
  }

  demo(): number {
    return this.making('demoGuest') ?? this.makeDemo()
  }

  /** A Debian system with all the devices that the driver has. */
  debian(): number {
    return this.making('debianGuest') ?? this.makeDebian()
  }

  /** Pressed twice, or in two windows, a button is about the same guest. */
  private making(kind: JobInfo['kind']): number | undefined {
    return this.parts.jobs.running().find((job) => job.kind === kind)?.job
  }

  private makeDemo(): number {
    return this.parts.jobs.start({
      kind: 'demoGuest',
      subject: '',
      uuid: null,
      step: 'finding-packages',
      cancellable: true,
      work: async (control) => {
        const files = await this.parts.demo.make(control)
        if (!files.ok) return files
        const { kernel, ramdisk, cmdline, memoryMiB } = files.value
        const name = this.parts.domains.freeName(files.value.name)
        const config = { name, memoryMiB, vcpus: 1, kernel, ramdisk, cmdline, devices: [] }
        const defined = await this.define(config, control)
        return defined.ok ? this.start(defined.value, control) : defined
      },
    })
  }

  private makeDebian(): number {
    return this.parts.jobs.start({
      kind: 'debianGuest',
      subject: '',
      uuid: null,
      step: 'installing-packages',
      cancellable: true,
      work: async (control) => {
        const path = join(this.parts.diskFolder, `debian-${randomUUID().slice(0, 8)}.img`)
        const defined = await this.parts.unfinished.making('Debian', [path], () => this.defineDebian(path, control))
        return defined.ok ? this.start(defined.value, control) : defined
      },
    })
  }

  private async defineDebian(path: string, control: JobControl): Outcome<string> {
    const { debian, driver, domains } = this.parts
    const made = await debian.make(path, control)
    if (!made.ok) return made
    const { kernel, ramdisk, image, cmdline, memoryMiB } = made.value
    const all: Device[] = [
      { kind: 'vbd', dev: 'xvda', path: image, format: 'raw', readonly: false, removable: false },
      { kind: 'vif', index: 0, network: DEFAULT_NETWORK.name, mac: domains.freeMac(), forwards: [] },
      { kind: 'vfb', width: 1024, height: 768 },
    ]
    const devices = all.filter(({ kind }) => driver.limits.devices.includes(kind))
    // Found when the image is there: until then another guest may get the name.
    const name = domains.freeName('Debian')
    const defined = await this.define({ name, memoryMiB, vcpus: 1, kernel, ramdisk, cmdline, devices }, control)
    if (!defined.ok) await rm(image, { force: true })
    return defined
  }

  private async define(config: DomainConfig, control: JobControl): Outcome<string> {
    const defined = await this.parts.domains.define(config)
    if (defined.ok) control.domain(defined.value, config.name)
    return defined
  }

  private start(uuid: string, control: JobControl): Outcome {
    control.step('starting')
    return this.parts.domains.create(uuid, false)
  }
}
