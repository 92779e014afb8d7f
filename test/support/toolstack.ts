// A toolstack on the test driver and a temporary folder, with everything it tells kept for looking at.
// Runs in: any test, plain Node.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { err, ok } from '../../src-engine/public/result'
import { DefinitionStore } from '../../src-main/definition/definition-store'
import { KeptFile } from '../../src-main/definition/kept-file'
import { MetadataStore } from '../../src-main/definition/metadata-store'
import { NetworkStore } from '../../src-main/definition/network-store'
import { SnapshotStore } from '../../src-main/definition/snapshot-store'
import type { HypervisorDriver } from '../../src-main/driver/driver'
import { TestDriver } from '../../src-main/driver/test/test-driver'
import type { OpaquePort } from '../../src-main/lib/channel'
import type { CallName } from '../../src-main/public/calls'
import { errorReport } from '../../src-main/public/error-code'
import { poolsShape } from '../../src-main/public/storage'
import { templatesShape } from '../../src-main/public/template'
import { recentTreesShape } from '../../src-main/public/tree-address'
import type { DomainConfig, DomainState, JobInfo, Notice } from '../../src-main/public/types'
import { NodeChannels } from '../../src-main/supervisor/node'
import type { Caller, CallServers } from '../../src-main/toolstack/call-server'
import { TestDebianMaker, TestDemoMaker } from '../../src-main/toolstack/test-demo'
import { Toolstack, type ToolstackCall } from '../../src-main/toolstack/toolstack'
import { NOTHING_UNFINISHED, unfinishedShape } from '../../src-main/toolstack/unfinished-files'

export interface ToldEvent {
  readonly name: string
  readonly payload: unknown
}

export function testCaller(chosen: readonly string[] = [], ports: OpaquePort[] = []): Caller {
  return {
    choseFile: (path) => chosen.includes(path),
    allowsWriting: async () => false,
    handOver: (port) => ports.push(port),
    pageFile: async () => undefined,
  }
}

const notHere = () => err(errorReport('unsupported', { operation: 'windows in a test' }))
const appCalls: CallServers<Exclude<CallName, ToolstackCall>> = {
  connectionList: notHere,
  connectionDefine: notHere,
  connectionRemove: notHere,
  connectionFormer: notHere,
  connectionOpen: notHere,
  connectionClose: notHere,
  aboutInfo: notHere,
  preferencesGet: notHere,
  preferencesSet: notHere,
  doctorLook: notHere,
  doctorMend: notHere,
  reportSave: notHere,
  listLayoutGet: notHere,
  listLayoutSet: notHere,
  createDomainOpen: notHere,
  createDomainFiles: notHere,
  filePick: notHere,
  fileWrite: notHere,
  windowOpen: notHere,
  asideShow: notHere,
  windowClose: notHere,
  menuOffer: notHere,
  windowDrawn: notHere,
  windowFullScreen: notHere,
  windowZoom: notHere,
  clipboardRead: notHere,
  clipboardWrite: notHere,
  quit: notHere,
  quitChoose: notHere,
}

export interface ToolstackOptions {
  readonly folder?: string
  readonly driver?: HypervisorDriver
  /** How long the test driver takes for a save; a start is a quarter of it. */
  readonly delayMs?: number
  /** Milliseconds since 1970; left out, the host's. */
  readonly now?: () => number
}

export async function makeToolstack(options: ToolstackOptions = {}) {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'ringmaster-toolstack-'))
  mkdirSync(folder, { recursive: true })
  const kernel = join(folder, 'kernel')
  writeFileSync(kernel, '')
  const channels = new NodeChannels()
  const testDriver = new TestDriver(channels, { delayMs: options.delayMs ?? 0 })
  const driver = options.driver ?? testDriver
  const events: ToldEvent[] = []
  const demo = new TestDemoMaker(join(folder, 'demo'), 0)
  const debian = new TestDebianMaker(demo)
  const listeners: ((name: string, payload: unknown) => void)[] = []
  const states: string[] = []
  const jobs: JobInfo[] = []
  const notices: Notice[] = []
  const store = {
    definitions: new DefinitionStore(folder),
    snapshots: new SnapshotStore(join(folder, 'snapshots')),
    templates: new KeptFile(join(folder, 'templates.json'), templatesShape, { templates: [] }),
    unfinished: new KeptFile(join(folder, 'unfinished-copies.json'), unfinishedShape, NOTHING_UNFINISHED),
  }
  const toolstack = new Toolstack({
    driver,
    definitions: store.definitions,
    networks: new NetworkStore(join(folder, 'networks.json')),
    metadata: new MetadataStore(join(folder, 'metadata')),
    snapshots: store.snapshots,
    pools: new KeptFile(join(folder, 'storage-pools.json'), poolsShape, { pools: [] }),
    templates: store.templates,
    recentTrees: new KeptFile(join(folder, 'recent-trees.json'), recentTreesShape, { addresses: [] }),
    unfinished: store.unfinished,
    diskFolder: join(folder, 'disks'),
    vncFolder: join(folder, 'vnc'),
    sampleFolder: join(folder, 'samples'),
    clock: { now: options.now ?? (() => Date.now()) },
    demo,
    debian,
    emit: (name, payload) => {
      events.push({ name, payload })
      if ('domain' in payload && payload.domain.kind === 'guest') states.push(`${payload.domain.name} ${payload.domain.state}`)
      if ('job' in payload) jobs.push(payload.job)
      if ('notice' in payload) notices.push(payload.notice)
      for (const listener of listeners) listener(name, payload)
    },
  })
  await toolstack.load()
  await toolstack.open()
  const servers: CallServers = { ...toolstack.servers(), ...appCalls }
  const config = (name: string): DomainConfig => ({
    name,
    memoryMiB: 64,
    vcpus: 1,
    kernel,
    ramdisk: null,
    cmdline: '',
    devices: [],
  })
  const state = (uuid: string): DomainState | 'gone' => {
    const info = toolstack.domains.info(uuid)
    return info.ok ? info.value.state : 'gone'
  }
  return {
    folder,
    kernel,
    store,
    toolstack,
    servers,
    driver,
    testDriver,
    debian,
    channels,
    events,
    states,
    jobs,
    notices,
    config,
    state,
    onEvent: (listener: (name: string, payload: unknown) => void) => listeners.push(listener),
    /** Defines and starts. */
    async started(name: string): Promise<string> {
      const defined = await toolstack.domains.define(config(name))
      if (!defined.ok) throw new Error(`not defined: ${defined.error.reason}`)
      const created = await toolstack.domains.create(defined.value, false)
      if (!created.ok) throw new Error(`not started: ${created.error.reason}`)
      return defined.value
    },
    /** Ends the app in order. */
    async close(keep = false): Promise<void> {
      await toolstack.close()
      if (!keep) rmSync(folder, { recursive: true, force: true })
    },
    done: ok(null),
  }
}
