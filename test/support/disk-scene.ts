// A domain 0 and one guest of rings with a disk, its frontend a synthetic one: what tests of disks work on.
// Runs in: vitest.
import { type ChildProcess, fork } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect } from 'vitest'
import { PUMP_MAKERS } from '../../src-engine/backend/pumps'
import { backendRows } from '../../src-engine/backend/registry'
import { systemClock } from '../../src-engine/lib/clock'
import { connectTransport } from '../../src-engine/link/transport'
import { Networks } from '../../src-engine/net/networks'
import { NodeHost } from '../../src-engine/net/node-host'
import { Domain0 } from '../../src-engine/process/domain0'
import { Caller } from '../../src-engine/public/protocol/call'
import { DOM0_CALLS, DOM0_EVENTS, type Dom0Calls, type Dom0Events } from '../../src-engine/public/protocol/control'
import type { Disk } from '../../src-engine/public/protocol/device'
import { nodeProcessTransport } from '../../src-engine/public/protocol/port-transport'
import { type Transport, transportPair } from '../../src-engine/public/protocol/transport'
import { XS } from '../../src-engine/public/xen/io/xs-wire'
import { BlkFrontend } from './blk-frontend'
import { TestGuest } from './guest-rings'
import { type PlainGuest, plainGuest } from './plain-guest'
import { domainTree, handleOf } from './xenstore-script'

const BUNDLE = path.join(__dirname, '../../out/main/dom0.cjs')

export const PORT = 7
export const RING = 8
export const DATA = 32
const PAGES = 1024
export const MIB = 1024 * 1024
export const DEVICE = 'device/vbd/51712'
export const BACKEND = '/local/domain/0/backend/vbd/1/51712'

/** Domain 0 with one guest, whose disk is `disk`. */
export class DiskScene {
  readonly folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rm-disk-'))
  readonly image = path.join(this.folder, 'disk.raw')
  readonly events: string[] = []
  /** What domain 0 called an error. */
  readonly errors: string[] = []
  plain: PlainGuest
  guest: TestGuest
  front: BlkFrontend
  private domain0: Domain0 | undefined
  private child: ChildProcess | undefined
  private caller: Caller<Dom0Calls, Dom0Events> | undefined
  private socket = ''
  private tickets = 0

  constructor(
    readonly protocol = 'x86_64-abi',
    readonly ringPages: readonly number[] = [RING],
    readonly disk: Partial<Disk> = {},
    /** Domain 0 as a process of its own, which `kill` kills. */
    private readonly own = false,
  ) {
    fs.writeFileSync(this.image, Buffer.alloc(0))
    fs.truncateSync(this.image, 4 * MIB)
    const memory = new SharedArrayBuffer(PAGES * 4096)
    this.plain = plainGuest(memory)
    this.guest = new TestGuest(handleOf(1), memory, undefined, this.plain, PUMP_MAKERS)
    this.front = this.frontend()
  }

  private frontend(): BlkFrontend {
    const front = new BlkFrontend(this.plain, this.ringPages, this.protocol)
    front.ring = () => setImmediate(() => this.guest.devices.signal(PORT))
    this.plain.onEvent = () => front.event()
    return front
  }

  get calls(): Caller<Dom0Calls, Dom0Events> {
    if (!this.caller) throw new Error('no domain 0')
    return this.caller
  }

  get description(): Disk {
    return { kind: 'vbd', dev: 'xvda', path: this.image, format: 'raw', readonly: false, removable: false, ...this.disk }
  }

  /** A domain 0, the first or the next, that the guest is introduced to. */
  async domain(restoring = false, devices: readonly Disk[] = [this.description]): Promise<string | undefined> {
    let near: Transport
    if (this.own) {
      this.child = fork(BUNDLE, { serialization: 'advanced' })
      near = nodeProcessTransport(this.child)
    } else {
      const [end, far] = transportPair()
      near = end
      this.domain0 = new Domain0(far, systemClock, backendRows(new Networks(systemClock, new NodeHost())))
    }
    this.caller = new Caller<Dom0Calls, Dom0Events>(near, DOM0_CALLS, DOM0_EVENTS, {
      log: ({ level, text }) => {
        if (level === 'error') this.errors.push(text)
      },
      storeChanged: () => {},
      link: () => {},
      device: ({ key, state, error }) => this.events.push(`${key} ${state}${error ? ` ${error}` : ''}`),
    })
    const started = await this.caller.call('start', {
      journalDirectory: this.folder,
      socketDirectory: fs.mkdtempSync(path.join(this.folder, 's')),
    })
    if (!started.ok) throw new Error(started.error.message)
    this.socket = started.value.socketPath ?? ''
    return this.introduce(restoring, devices)
  }

  async introduce(restoring: boolean, devices: readonly Disk[]): Promise<string | undefined> {
    const { memoryKiB, ...tree } = domainTree(1)
    const link = { path: this.socket, ticket: `ticket-${++this.tickets}` }
    const introduced = await this.calls.call('introduce', {
      ...tree,
      memoryMiB: memoryKiB / 1024,
      guestDomid: 1,
      restoring,
      devices,
      link,
    })
    if (!introduced.ok) return introduced.error.message
    const transport = await connectTransport(this.socket, link.ticket)
    if (!transport.ok) throw new Error(transport.error)
    this.guest.link.attach(transport.value)
    await expect.poll(() => this.guest.link.connected).toBe(true)
    return undefined
  }

  /** Ends domain 0: as a process by SIGKILL, else by cutting its links and disposing of it. */
  async kill(): Promise<void> {
    const { domain0, child } = this
    this.domain0 = undefined
    this.child = undefined
    await domain0?.dispose()
    if (child) {
      const gone = new Promise((resolve) => child.once('exit', resolve))
      child.kill('SIGKILL')
      await gone
    }
    await expect.poll(() => this.guest.link.connected).toBe(false)
  }

  ask(type: number, payload: string): Promise<string> {
    return this.guest.ask(type, payload)
  }

  backendState(): Promise<string> {
    return this.ask(XS.XS_READ, `${BACKEND}/state|`)
  }

  async untilBackend(state: string): Promise<void> {
    await expect.poll(() => this.backendState()).toBe(state)
  }

  frontState(state: number): Promise<string> {
    return this.ask(XS.XS_WRITE, `${DEVICE}/state|${state}`)
  }

  /** What a driver does to connect. */
  async connect(): Promise<void> {
    await this.untilBackend('2')
    for (const [key, value] of Object.entries(this.front.keys(PORT))) await this.ask(XS.XS_WRITE, `${DEVICE}/${key}|${value}`)
    await this.frontState(3)
    await this.untilBackend('4')
    await this.frontState(4)
  }

  /** A driver loaded anew: fresh ring, same pages. */
  reload(): void {
    this.front = this.frontend()
  }

  fill(page: number, value: number): void {
    this.plain.bytes.fill(value, page * 4096, (page + 1) * 4096)
  }

  page(page: number): Buffer {
    return Buffer.from(this.plain.bytes.slice(page * 4096, (page + 1) * 4096))
  }

  onDisk(offset: number, length: number): Buffer {
    const file = fs.openSync(this.image, 'r')
    const bytes = Buffer.alloc(length)
    fs.readSync(file, bytes, 0, length, offset)
    fs.closeSync(file)
    return bytes
  }

  async close(): Promise<void> {
    await this.domain0?.dispose()
    this.child?.kill('SIGKILL')
    this.guest.link.dispose()
    fs.rmSync(this.folder, { recursive: true, force: true })
  }
}
