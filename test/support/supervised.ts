// The app without windows: toolstack, embedded driver and supervisor in this process, domain 0 and guests forked by plain Node.
// Guests are micro-kernels (test/support/worker-guest.ts), so they start in a fraction of a second and their lines can be foretold.
// Runs in: tests and test/support/main-process.ts, plain Node, on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import { mkdirSync, readdirSync, readlinkSync } from 'node:fs'
import path from 'node:path'
import type { Transport } from '../../src-engine/public/protocol/transport'
import type { Result } from '../../src-engine/public/result'
import { DefinitionStore } from '../../src-main/definition/definition-store'
import { KeptFile } from '../../src-main/definition/kept-file'
import { MetadataStore } from '../../src-main/definition/metadata-store'
import { NetworkStore } from '../../src-main/definition/network-store'
import { SnapshotStore } from '../../src-main/definition/snapshot-store'
import type { DriverEvent } from '../../src-main/driver/driver'
import { EmbeddedDriver } from '../../src-main/driver/embedded/embedded-driver'
import type { OpaquePort } from '../../src-main/lib/channel'
import type { ErrorReport } from '../../src-main/public/error-code'
import { poolsShape } from '../../src-main/public/storage'
import { CONSOLE_TO_WINDOW } from '../../src-main/public/stream'
import { templatesShape } from '../../src-main/public/template'
import { recentTreesShape } from '../../src-main/public/tree-address'
import type { DomainConfig, DomainInfo, DomainState, Notice } from '../../src-main/public/types'
import { NodeChannels, NodeForker } from '../../src-main/supervisor/node'
import type { ChildProcess } from '../../src-main/supervisor/process-forker'
import { Supervisor } from '../../src-main/supervisor/supervisor'
import type { Watchdog } from '../../src-main/supervisor/watchdog'
import { TestDebianMaker, TestDemoMaker } from '../../src-main/toolstack/test-demo'
import { Toolstack } from '../../src-main/toolstack/toolstack'
import { NOTHING_UNFINISHED, unfinishedShape } from '../../src-main/toolstack/unfinished-files'

const ROOT = process.env['RINGMASTER_ROOT'] ?? path.resolve(__dirname, '../..')

/** Its value, or an exception with the whole report. */
export function good<T>(result: Result<T, ErrorReport>): T {
  if (!result.ok) throw new Error(`${result.error.code} ${result.error.reason} ${JSON.stringify(result.error.values)}`)
  return result.value
}

export const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

export interface SupervisedOptions {
  /** Where dom0.cjs and domain.cjs are, if they are not the built ones. */
  readonly bundleFolder?: string
  readonly watchdog?: Watchdog
}

export class Supervised {
  readonly folder: string
  readonly toolstack: Toolstack
  readonly driver: EmbeddedDriver
  readonly notices: Notice[] = []
  /** What the driver and the engine said, newest last; only this much is kept. */
  readonly log: string[] = []
  /** Hears every event that windows would. */
  told: (name: string, payload: object) => void = () => {}
  domain0Runs = false
  domain0Ends = 0
  private readonly channels = new NodeChannels()
  private readonly processes = new Map<string, ChildProcess>()

  constructor(folder: string, options: SupervisedOptions = {}) {
    this.folder = folder
    mkdirSync(folder, { recursive: true })
    const forker = new NodeForker()
    const supervisor = new Supervisor({
      forker: {
        passesPorts: false,
        fork: (modulePath, serviceName, onOutput) => {
          const child = forker.fork(modulePath, serviceName, onOutput)
          this.processes.set(serviceName, child)
          child.onExit(() => {
            if (this.processes.get(serviceName) === child) this.processes.delete(serviceName)
          })
          return child
        },
      },
      channels: this.channels,
      bundleFolder: options.bundleFolder ?? path.join(ROOT, 'out/main'),
    })
    this.driver = new EmbeddedDriver(supervisor, path.join(folder, 'domain0'), options.watchdog)
    const { driver } = this
    const open = driver.open.bind(driver)
    driver.open = (listener) =>
      open((event) => {
        this.note(event)
        listener(event)
      })
    const demo = new TestDemoMaker(path.join(folder, 'demo'), 0)
    this.toolstack = new Toolstack({
      driver,
      definitions: new DefinitionStore(folder),
      networks: new NetworkStore(path.join(folder, 'networks.json')),
      metadata: new MetadataStore(path.join(folder, 'metadata')),
      snapshots: new SnapshotStore(path.join(folder, 'snapshots')),
      pools: new KeptFile(path.join(folder, 'storage-pools.json'), poolsShape, { pools: [] }),
      templates: new KeptFile(path.join(folder, 'templates.json'), templatesShape, { templates: [] }),
      recentTrees: new KeptFile(path.join(folder, 'recent-trees.json'), recentTreesShape, { addresses: [] }),
      unfinished: new KeptFile(path.join(folder, 'unfinished-copies.json'), unfinishedShape, NOTHING_UNFINISHED),
      diskFolder: path.join(folder, 'disks'),
      vncFolder: path.join(folder, 'vnc'),
      sampleFolder: path.join(folder, 'samples'),
      clock: { now: () => Date.now() },
      demo,
      debian: new TestDebianMaker(demo),
      emit: (name, payload) => {
        if ('notice' in payload) this.notices.push(payload.notice)
        this.told(name, payload)
      },
    })
  }

  async open(): Promise<void> {
    await this.toolstack.load()
    good(await this.toolstack.open())
  }

  private note(event: DriverEvent): void {
    if (event.kind === 'samples') return
    if (event.kind === 'domain0') {
      this.domain0Runs = event.state === 'running'
      if (event.state === 'crashed') this.domain0Ends++
    }
    this.log.push(JSON.stringify(event))
    if (this.log.length > 400) this.log.splice(0, 200)
  }

  // ---- domains ----

  async define(name: string, kernel: string, cmdline: string, memoryMiB = 16): Promise<string> {
    const config: DomainConfig = { name, memoryMiB, vcpus: 1, kernel, ramdisk: null, cmdline, devices: [] }
    return good(await this.toolstack.domains.define(config))
  }

  async start(name: string, kernel: string, cmdline: string, memoryMiB = 16): Promise<string> {
    const uuid = await this.define(name, kernel, cmdline, memoryMiB)
    good(await this.toolstack.domains.create(uuid, false))
    return uuid
  }

  /** Cuts off and removes every machine that is not one of these. */
  async removeAllBut(uuids: ReadonlySet<string>): Promise<void> {
    const { domains } = this.toolstack
    for (const { uuid, kind } of domains.list()) {
      if (kind !== 'guest' || uuids.has(uuid)) continue
      await domains.destroy(uuid)
      good(await domains.undefine(uuid))
    }
  }

  info(uuid: string): DomainInfo {
    return good(this.toolstack.domains.info(uuid))
  }

  state(uuid: string): DomainState {
    return this.info(uuid).state
  }

  async save(uuid: string, file: string): Promise<void> {
    good(await this.toolstack.jobs.wait(good(this.toolstack.domains.save(uuid, file))))
  }

  /** Restores; the identifier it now has. */
  async restore(file: string): Promise<string> {
    const job = this.toolstack.domains.restore(file)
    good(await this.toolstack.jobs.wait(job))
    return this.toolstack.jobs.list().find((info) => info.job === job)?.uuid ?? ''
  }

  transport(port: OpaquePort): Transport {
    return this.channels.transport(port)
  }

  /** Opens the console, types, and reads until the text so far is enough. */
  async console(uuid: string, enough: (text: string) => boolean, seconds = 100, typed = ''): Promise<string> {
    const port = good(await this.driver.openConsole(uuid, undefined))
    const transport = this.channels.transport(port)
    const decoder = new TextDecoder('latin1')
    let text = ''
    try {
      return await new Promise((resolve, reject) => {
        const timer = setTimeout(() => {
          reject(new Error(`the console of ${uuid} ends with:\n${text.slice(-600)}\n${this.log.slice(-20).join('\n')}`))
        }, seconds * 1000)
        transport.onMessage((message) => {
          if (!CONSOLE_TO_WINDOW.output.is(message)) return
          text += decoder.decode(message.bytes)
          transport.send({ kind: 'ack', offset: message.offset + message.bytes.length })
          if (!enough(text)) return
          clearTimeout(timer)
          resolve(text)
        })
        transport.onClose((reason) => {
          clearTimeout(timer)
          reject(new Error(`the console of ${uuid} was closed: ${reason}; it ends with: ${text.slice(-200)}`))
        })
        if (typed !== '') transport.send({ kind: 'input', bytes: Buffer.from(typed, 'latin1') })
      })
    } finally {
      transport.close()
    }
  }

  // ---- what is behind it ----

  /** The guest's process, found by its name. */
  pidOf(uuid: string): number | undefined {
    return this.processes.get(`Ringmaster guest ${this.info(uuid).name}`)?.pid()
  }

  /** Processes forked by this one that run this bundle. */
  pids(bundle: 'dom0' | 'domain'): number[] {
    return children(process.pid, bundle)
  }

  async close(): Promise<void> {
    await this.toolstack.close()
  }
}

export function children(parent: number, bundle: 'dom0' | 'domain'): number[] {
  const lines = execFileSync('ps', ['-o', 'pid=,ppid=,stat=,args=', '-e'], { encoding: 'utf8' }).trim().split('\n')
  return lines
    .map((line) => line.trim().split(/\s+/))
    .filter(
      ([, ppid, stat, ...args]) => ppid === `${parent}` && !stat?.startsWith('Z') && args.join(' ').includes(`${bundle}.cjs`),
    )
    .map(([pid]) => Number(pid))
}

/** What a process has open, by kind: "socket" 12, "/dev/null" 1. */
export function descriptors(pid: number | 'self'): Map<string, number> {
  const found = new Map<string, number>()
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    try {
      const target = readlinkSync(`/proc/${pid}/fd/${fd}`).replace(/:\[\d+\]$/, '')
      found.set(target, (found.get(target) ?? 0) + 1)
    } catch {
      // It was the one for the folder itself.
    }
  }
  return found
}

/** Files below a folder, sorted, relative. */
export function filesBelow(folder: string): string[] {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true })
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.relative(folder, path.join(entry.parentPath ?? entry.path, entry.name)))
    .sort()
}
