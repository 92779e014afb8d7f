// Domain 0 as a process of its own: killed with SIGKILL again and again under a working guest, which must not notice; garbage on
// its IPC channel; and it ends when main is gone.
import { type ChildProcess, fork } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { connectTransport } from '../../../src-engine/link/transport'
import { Caller } from '../../../src-engine/public/protocol/call'
import { DOM0_CALLS, DOM0_EVENTS, type Dom0Calls, type Dom0Events } from '../../../src-engine/public/protocol/control'
import { nodeProcessTransport } from '../../../src-engine/public/protocol/port-transport'
import { XS } from '../../../src-engine/public/xen/io/xs-wire'
import { TestGuest } from '../../support/guest-rings'
import { domainTree, handleOf } from '../../support/xenstore-script'

const BUNDLE = path.join(__dirname, '../../../out/main/dom0.cjs')
const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'rm-dom0p-'))
const children = new Set<ChildProcess>()
afterAll(() => {
  for (const child of children) child.kill('SIGKILL')
  fs.rmSync(directory, { recursive: true, force: true })
})
const settle = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds))

async function startProcess(journalDirectory: string) {
  const child = fork(BUNDLE, { serialization: 'advanced' })
  children.add(child)
  const ended = new Promise<string>((resolve) => child.on('exit', (code, signal) => resolve(signal ?? String(code))))
  const errors: string[] = []
  const caller = new Caller<Dom0Calls, Dom0Events>(nodeProcessTransport(child), DOM0_CALLS, DOM0_EVENTS, {
    log: ({ level, text }) => {
      if (level === 'error') errors.push(text)
    },
    storeChanged: () => {},
    link: () => {},
    device: () => {},
  })
  const started = await caller.call('start', { journalDirectory, socketDirectory: directory })
  if (!started.ok) throw new Error(started.error.message)
  return { child, caller, ended, errors, socketPath: started.value.socketPath ?? '' }
}

let tickets = 0
async function join(running: Awaited<ReturnType<typeof startProcess>>, guest: TestGuest, domid: number): Promise<void> {
  const { memoryKiB, ...tree } = domainTree(domid)
  const link = { path: running.socketPath, ticket: `t${++tickets}` }
  await running.caller.call('introduce', { ...tree, memoryMiB: memoryKiB / 1024, guestDomid: domid, link })
  const transport = await connectTransport(link.path, link.ticket)
  if (!transport.ok) throw new Error(transport.error)
  guest.link.attach(transport.value)
}

describe('the process of domain 0', () => {
  it('is killed under a working guest, a new one takes over, and the guest sees each request done once', async () => {
    const journal = path.join(directory, 'journal')
    let running = await startProcess(journal)
    const guest = new TestGuest(handleOf(1))
    await join(running, guest, 1)
    const model = new Map<string, string>()
    let events = 0
    let stop = false
    let retries = 0
    await guest.ask(XS.XS_WATCH, 'data|w|')
    events++
    // The guest: writes, removes, and increments a counter in transactions, as fast as answers come.
    const work = (async () => {
      let counter = 0
      for (let i = 0; !stop || i <= 60; i++) {
        const name = `data/n${i % 40}`
        if (i % 7 === 3 && model.has(name)) {
          expect(await guest.ask(XS.XS_RM, `${name}|`)).toBe('OK|')
          model.delete(name)
        } else {
          expect(await guest.ask(XS.XS_WRITE, `${name}|${i}`)).toBe('OK|')
          model.set(name, String(i))
        }
        events++
        if (i % 5 === 0) {
          for (;;) {
            const id = Number((await guest.ask(XS.XS_TRANSACTION_START, '|')).slice(0, -1))
            const old = await guest.ask(XS.XS_READ, 'data/counter|', id)
            expect(old).toBe(counter === 0 ? 'ENOENT|' : String(counter))
            await guest.ask(XS.XS_WRITE, `data/counter|${counter + 1}`, id)
            const end = await guest.ask(XS.XS_TRANSACTION_END, 'T|', id)
            if (end === 'OK|') break
            expect(end).toBe('EAGAIN|')
            retries++
          }
          counter++
          model.set('data/counter', String(counter))
          events++
        }
        guest.print(`line ${i}\n`)
      }
    })()
    for (let round = 0; round < 8; round++) {
      await settle(60 + round * 17)
      running.child.kill('SIGKILL')
      expect(await running.ended).toBe('SIGKILL')
      running = await startProcess(journal)
      await join(running, guest, 1)
    }
    await settle(50)
    stop = true
    await work
    await expect.poll(() => guest.watchEvents.length, { timeout: 30_000 }).toBeGreaterThanOrEqual(events)
    for (const [at, value] of model) expect([at, await guest.ask(XS.XS_READ, `${at}|`)]).toEqual([at, value])
    const names = (await guest.ask(XS.XS_DIRECTORY, 'data|')).split('|').filter((one) => one !== '')
    expect(names.map((one) => `data/${one}`).sort()).toEqual([...model.keys()].sort())
    expect(guest.watchEvents.length).toBe(events)
    expect(retries).toBe(0)
    const console = await running.caller.call('readConsole', { handle: handleOf(1) })
    if (!console.ok) throw new Error(console.error.message)
    const lines = console.value.text.split('\n').slice(0, -1)
    expect(lines).toEqual(lines.map((_, i) => `line ${i}`))
    expect(lines.length).toBeGreaterThan(50)
    expect(running.errors).toEqual([])
  })

  it('lives through garbage on its control channel, and ends when main is gone', async () => {
    const running = await startProcess(path.join(directory, 'other'))
    for (const garbage of [null, 5, 'x', [], {}, { kind: 'call' }, new Uint8Array(10), { kind: 'reply', id: 1, ok: true }]) {
      running.child.send(Object(garbage))
    }
    expect(await running.caller.call('counters', {})).toMatchObject({ ok: true })
    running.child.disconnect()
    expect(await running.ended).toBe('0')
    expect(fs.readdirSync(directory).filter((name) => name.includes(String(running.child.pid)))).toEqual([])
  })
})
