// The domains of the test driver that run: made at once, with a console and perhaps a screen; what their guests do by themselves.
// Invariant: a domain is here exactly as long as it runs, and its end is told once. Runs in: main, plain Node.
import { type Device, deviceKey } from '../../public/device'
import type { DomainConfig } from '../../public/types'
import type { DriverEvent, StartedDomain, StopKind } from '../driver'
import { TestConsole, type TestEvent } from './test-console'
import { TestScreen } from './test-screen'

export interface TestDomain {
  readonly domid: number
  config: DomainConfig
  readonly console: TestConsole
  readonly screen: TestScreen | undefined
  /** By key, as they are attached now. */
  readonly devices: Map<string, Device>
  memoryMiB: number
  /** How many of its vcpus it uses. */
  online: number
  paused: boolean
}

export class TestDomains {
  readonly running = new Map<string, TestDomain>()
  private readonly tell: (event: DriverEvent) => void
  private readonly later: (act: () => void) => void
  private nextDomid = 1

  /** `later`: does what takes a guest a moment. */
  constructor(tell: (event: DriverEvent) => void, later: (act: () => void) => void) {
    this.tell = tell
    this.later = later
  }

  add(uuid: string, config: DomainConfig, paused = false, state?: ReturnType<TestConsole['state']>): StartedDomain {
    const domid = this.nextDomid++
    const detail = (kind: StopKind): string => (kind === 'crash' ? 'SHUTDOWN_crash, the kernel of the guest panicked' : '')
    const happens = (what: TestEvent): void => {
      if (what === 'hostfull' || what === 'hostroom') this.stall(uuid, what === 'hostfull')
      else this.later(() => this.stop(uuid, what, detail(what)))
    }
    const testConsole = new TestConsole(config.name, happens, state)
    const display = config.devices.find((device) => device.kind === 'vfb')
    const told = (text: string): void => this.log(uuid, 'debug', `screen: ${text}`)
    const screen = display?.kind === 'vfb' ? new TestScreen(config.name, display.width, display.height, told) : undefined
    const devices = new Map(config.devices.map((device) => [deviceKey(device), device]))
    const memoryMiB = config.currentMiB ?? config.memoryMiB
    const online = config.currentVcpus ?? config.vcpus
    this.running.set(uuid, { domid, config, console: testConsole, screen, devices, memoryMiB, online, paused })
    this.log(uuid, 'info', `Domain ${domid} (${config.name}) was created.`)
    return { domid, paused }
  }

  stop(uuid: string, how: StopKind, detail: string): void {
    const domain = this.running.get(uuid)
    if (!domain) return
    this.running.delete(uuid)
    domain.console.end(how)
    domain.screen?.end()
    this.log(uuid, how === 'crash' ? 'error' : 'info', `Domain ${domain.domid} stopped: ${how} ${detail}`)
    this.tell({ kind: 'stopped', uuid, how, detail })
  }

  setPaused(uuid: string, domain: TestDomain, paused: boolean): void {
    domain.paused = paused
    this.tell({ kind: 'paused', uuid, paused })
  }

  /** The host has no room for its first disk, or has some again. */
  private stall(uuid: string, full: boolean): void {
    const domain = this.running.get(uuid)
    const key = [...(domain?.devices.keys() ?? [])].find((each) => each.startsWith('vbd/'))
    if (!domain || key === undefined) return
    domain.paused = full
    this.tell({ kind: 'paused', uuid, paused: full, ...(full ? { stalledBy: key } : {}) })
  }

  log(uuid: string, level: 'debug' | 'info' | 'error', text: string, source?: 'device'): void {
    this.tell({ kind: 'log', uuid, level, text, ...(source === undefined ? {} : { source }) })
  }
}
