// Connections on test drivers and a temporary folder, with their calls and everything they tell. Runs in: any test, plain Node.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Connections } from '../../src-main/connection/connections'
import { Router } from '../../src-main/connection/router'
import { ConnectionStore } from '../../src-main/definition/connection-store'
import { TestDriver } from '../../src-main/driver/test/test-driver'
import type { TestScript } from '../../src-main/driver/test/test-population'
import { serveCall } from '../../src-main/ipc/serve-call'
import { UnderWay } from '../../src-main/lib/under-way'
import type { CallName, CallParams, CallResult } from '../../src-main/public/calls'
import { type ConnectionInfo, LOCAL_CONNECTION } from '../../src-main/public/connection'
import { type ErrorReport, errorReport } from '../../src-main/public/error-code'
import { NodeChannels } from '../../src-main/supervisor/node'
import { TestDebianMaker, TestDemoMaker } from '../../src-main/toolstack/test-demo'
import { testCaller } from './toolstack'

export interface ConnectionsOptions {
  readonly folder?: string
  readonly script?: TestScript
  readonly delayMs?: number
  /** Done to a driver before its connection has it. */
  made?(driver: TestDriver, folder: string): void
}

export async function makeConnections(options: ConnectionsOptions = {}) {
  const folder = options.folder ?? mkdtempSync(join(tmpdir(), 'ringmaster-connections-'))
  mkdirSync(folder, { recursive: true })
  const kernel = join(folder, 'kernel')
  writeFileSync(kernel, '')
  const events: { readonly name: string; readonly payload: object }[] = []
  const demo = new TestDemoMaker(join(folder, 'demo'), 0)
  const channels = new NodeChannels()
  const connections = new Connections({
    folder,
    store: new ConnectionStore(join(folder, 'connections.json')),
    clock: { now: () => Date.now() },
    localDriver: 'test',
    open: (_definition, own) => {
      const driver = new TestDriver(channels, {
        delayMs: options.delayMs ?? 0,
        ...(options.script && { script: options.script }),
      })
      options.made?.(driver, own)
      return { driver, demo, debian: new TestDebianMaker(demo) }
    },
    emit: (name, payload) => void events.push({ name, payload }),
  })
  const servers = new Router(connections, new UnderWay(() => undefined)).servers()
  await connections.load()
  await connections.openFirst()
  await connections.openOthers()

  /** As a window would: checked by the shapes of the row. */
  const ask = async (name: CallName, params: object) => serveCall(servers, name, params, testCaller())
  const call = async <C extends CallName>(name: C, params: CallParams<C>): Promise<CallResult<C>> => {
    const reply = await serveCall(servers, name, params, testCaller())
    if (!reply.ok) throw new Error(`${name}: ${reply.error.reason} ${JSON.stringify(reply.error.values)}`)
    return JSON.parse(JSON.stringify(reply.value))
  }
  const config = (name: string) => ({ name, memoryMiB: 64, vcpus: 1, kernel, ramdisk: null, cmdline: '', devices: [] })
  return {
    folder,
    connections,
    events,
    ask,
    call,
    config,
    /** Why a call was refused. */
    async refused(name: CallName, params: object): Promise<ErrorReport['reason']> {
      const reply = await ask(name, params)
      return (reply.ok ? errorReport('internal', { detail: 'it was not refused' }) : reply.error).reason
    },
    async added(name: string): Promise<string> {
      const { connection } = await call('connectionDefine', { connection: null, name, driver: 'test', autoconnect: true })
      await call('connectionOpen', { connection })
      return connection
    },
    async defined(name: string, connection: string, start = false): Promise<string> {
      return (await call('domainDefine', { connection, config: config(name), images: [], start })).uuid
    },
    async names(connection: string): Promise<string[]> {
      const domains = await call('domainList', {})
      return domains
        .filter((domain) => domain.kind === 'guest' && (domain.connection ?? LOCAL_CONNECTION) === connection)
        .map(({ name }) => name)
    },
    info(connection: string): ConnectionInfo {
      const found = connections.list().find((each) => each.connection === connection)
      if (!found) throw new Error(`no connection ${connection}`)
      return found
    },
    async close(keep = false): Promise<void> {
      await connections.close()
      if (!keep) rmSync(folder, { recursive: true, force: true })
    },
  }
}

export type TestConnections = Awaited<ReturnType<typeof makeConnections>>
