// Garbage on the ports of running processes: a domain's control channel, its link (from a domain 0 gone mad), a console stream.
// Each ends with that port or with an error as an answer; the guest computes on. Domain 0's own control and links are in
// test/engine/process. Runs in: vitest, plain Node, on the bundles in out/main.
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Caller } from '../../src-engine/public/protocol/call'
import { DOMAIN_CALLS, DOMAIN_EVENTS, type DomainCalls, type DomainEvents } from '../../src-engine/public/protocol/control'
import { encodeFrame } from '../../src-engine/public/protocol/frame'
import { LINK_RECORDS, LINK_VERSION } from '../../src-engine/public/protocol/link'
import { nodeProcessTransport } from '../../src-engine/public/protocol/port-transport'
import { buildMicroKernel, cannotBuild } from '../support/micro-kernel'
import { randomFrom } from '../support/random'
import { good, Supervised } from '../support/supervised'
import { count } from '../support/tier'
import { WorkerLines } from '../support/worker-guest'

const cannot = cannotBuild()
const folder = mkdtempSync(path.join(os.tmpdir(), 'rm-garbage-'))
const children: ChildProcess[] = []
let kernel = ''
beforeAll(() => {
  if (!cannot) kernel = buildMicroKernel('worker')
})
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true })
})

/** A domain's process with a running guest, this test in main's place. */
async function startDomain() {
  const child = fork(path.join(__dirname, '../../out/main/domain.cjs'), { serialization: 'advanced' })
  children.push(child)
  const log: string[] = []
  let exit: DomainEvents['exit'] | undefined
  const caller = new Caller<DomainCalls, DomainEvents>(nodeProcessTransport(child), DOMAIN_CALLS, DOMAIN_EVENTS, {
    log: ({ level, text }) => log.push(`${level}: ${text}`),
    dmesg: () => {},
    paused: () => {},
    resumed: () => {},
    progress: () => {},
    exit: (event) => {
      exit = event
    },
  })
  const handle = randomUUID()
  const built = await caller.call('build', { handle, domid: 1, name: 'g', kernel, cmdline: 'pulse=5', memoryMiB: 16, vcpus: 1 })
  if (!built.ok) throw new Error(built.error.message)
  await caller.call('resume', {})
  const works = async (): Promise<void> => {
    const retired = async (): Promise<number> => {
      const sample = await caller.call('sample', {})
      if (!sample.ok) throw new Error(sample.error.message)
      return sample.value.retired
    }
    const before = await retired()
    await expect.poll(retired, { timeout: 60_000 }).toBeGreaterThan(before + 500_000)
    expect(exit).toBeUndefined()
    expect(log.filter((line) => line.startsWith('error'))).toEqual([])
  }
  return { child, caller, log, works, handle }
}

describe.skipIf(cannot)('garbage', () => {
  it('on the control channel of a domain is answered with errors, and the guest goes on', async () => {
    const { child, caller, works } = await startDomain()
    await works()
    const random = randomFrom(11)
    const calls = Object.keys(DOMAIN_CALLS).filter((call) => call !== 'destroy')
    const junk: unknown[] = [null, 5, 'x', [], {}, { kind: 'call' }, new Uint8Array(10), { kind: 'reply', id: 1, ok: true }]
    for (const garbage of junk) child.send(Object(garbage))
    for (let round = 0; round < 300; round++) {
      const args: unknown[] = [
        null,
        undefined,
        0,
        'text',
        [],
        { path: 7 },
        { path: '' },
        { link: {} },
        { memoryMiB: -1 },
        { kernel: '/' },
      ]
      const id = [round + 1000, -1, 'x', Number.NaN, 2 ** 60][random(5)]
      const call = ['no such call', '__proto__', 'constructor', ...calls][random(calls.length + 3)]
      if (call === 'pause' || call === 'resume') continue
      child.send({ kind: 'call', id, call, args: args[random(args.length)] })
    }
    await caller.call('cancel', {})
    await works()
    // There is no domain 0 that a save could wait for: it is cut short even before it asks.
    const save = caller.call('save', { path: path.join(folder, 'never') })
    await caller.call('cancel', {})
    expect(await save).toMatchObject({ ok: false, error: { code: 'OPERATION_ABORTED' } })
    await works()
    for (const call of ['save', 'restore', 'build', 'link'] as const) {
      const refused = await Reflect.apply(caller.call, caller, [call, { path: 5 }])
      expect(refused).toMatchObject({ ok: false, error: { code: 'INVALID_ARG' } })
    }
    await caller.call('destroy', {})
    await expect.poll(() => child.exitCode, { timeout: 60_000 }).toBe(0)
  }, 180_000)

  it('on its link, as from a domain 0 gone mad, ends that link only, and a new one works', async () => {
    const { caller, works, log } = await startDomain()
    const random = randomFrom(5)
    const socketPath = path.join(folder, 'mad.sock')
    const sockets: Socket[] = []
    const server = createServer((socket) => {
      socket.on('error', () => {})
      sockets.push(socket)
    })
    await new Promise<void>((resolve) => server.listen(socketPath, resolve))
    for (let round = 0; round < count(60, 600); round++) {
      const linked = await caller.call('link', { link: { path: socketPath, ticket: 't' } })
      expect(linked.ok).toBe(true)
      await expect.poll(() => sockets.length, { interval: 2 }).toBeGreaterThan(round)
      const socket = sockets[round]
      const bytes = Buffer.from(Array.from({ length: 8 + random(80) }, () => random(256)))
      if (round % 3 !== 0) {
        // A good HELLO first, mostly, so that what follows is looked at; then records with real types.
        const hello = Buffer.alloc(8 + 48)
        hello.writeUInt16LE(1, 0)
        hello.writeUInt32LE(48, 4)
        hello.writeUInt32LE(LINK_VERSION, 8)
        if (round % 3 === 1) socket?.write(encodeFrame(new Uint8Array(hello)))
        const types = Object.values(LINK_RECORDS).map(({ type }) => type)
        bytes.writeUInt16LE(types[random(types.length)] ?? 0, 0)
        bytes.writeUInt16LE(0, 2)
        bytes.writeUInt32LE(random(4) === 0 ? random(2 ** 31) : bytes.length - 8, 4)
        socket?.write(encodeFrame(new Uint8Array(bytes)))
      } else socket?.write(bytes)
      await new Promise((resolve) => setTimeout(resolve, 2))
      if (round % 2 === 0) socket?.destroy()
    }
    for (const socket of sockets) socket.destroy()
    server.close()
    await works()
    // Some came as far as a link that was up, and were then refused for what they sent.
    expect(log.filter((line) => line.includes('link to domain 0 is up')).length).toBeGreaterThan(5)
    expect(new Set(log).size).toBeGreaterThan(5)
    await caller.call('destroy', {})
  }, 120_000)

  it('on a console stream ends that stream, and another one works', async () => {
    const machine = new Supervised(path.join(folder, 'machine'))
    await machine.open()
    try {
      const uuid = await machine.start('g', kernel, 'pulse=10')
      const junk = [
        { kind: 'nonsense' },
        { kind: 'ack', offset: -1 },
        { kind: 'ack', offset: 1e15 },
        { kind: 'input', bytes: 'text' },
        { kind: 'input', bytes: new Uint8Array(1 << 20) },
        { kind: 'resize', columns: 'wide', rows: {} },
        new Uint8Array(100),
      ]
      for (const garbage of junk) {
        const transport = machine.transport(good(await machine.driver.openConsole(uuid, undefined)))
        transport.send(garbage)
        transport.send({ kind: 'ack', offset: 0 })
        await new Promise((resolve) => setTimeout(resolve, 20))
        transport.close()
      }
      const lines = new WorkerLines()
      const text = await machine.console(uuid, (shown) => lines.check(shown).last > 5)
      expect(lines.check(text).wrong).toBeUndefined()
      expect(machine.domain0Ends).toBe(0)
      good(await machine.toolstack.domains.destroy(uuid))
    } finally {
      await machine.close()
    }
  }, 180_000)
})
