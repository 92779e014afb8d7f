// A synthetic network frontend and its pump in this process, domain 0 as a process of its own, joined by a link: what the way from a
// guest's rings to the switch costs. Runs in: plain Node, on the bundles in out/main.
import { fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { PUMP_MAKERS } from '../../src-engine/backend/pumps'
import { connectTransport } from '../../src-engine/link/transport'
import type { Frame } from '../../src-engine/net/switch/frame'
import { Caller } from '../../src-engine/public/protocol/call'
import { DOM0_CALLS, DOM0_EVENTS, type Dom0Calls, type Dom0Events } from '../../src-engine/public/protocol/control'
import { nodeProcessTransport } from '../../src-engine/public/protocol/port-transport'
import { XS } from '../../src-engine/public/xen/io/xs-wire'
import { TestGuest } from '../support/guest-rings'
import { NET_PAGES, NET_PORT, NetFrontend } from '../support/net-frontend'
import { plainGuest } from '../support/plain-guest'
import { domainTree, handleOf } from '../support/xenstore-script'
import type { Wire } from './net'

const FIRST = 8
/** Entries of the largest frame. */
const ENTRIES_MOST = 18

export async function startRing(mac: string): Promise<{ wire(deliver: (frame: Frame) => void): Wire }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-net-'))
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const child = fork(path.join(root, 'out/main/dom0.cjs'), { serialization: 'advanced' })
  const memory = new SharedArrayBuffer((FIRST + NET_PAGES) * 4096)
  const plain = plainGuest(memory)
  const guest = new TestGuest(handleOf(1), memory, undefined, plain, PUMP_MAKERS)
  const front = new NetFrontend(plain, FIRST)
  const nothing = (): void => {}
  const caller = new Caller<Dom0Calls, Dom0Events>(nodeProcessTransport(child), DOM0_CALLS, DOM0_EVENTS, {
    log: nothing,
    link: nothing,
    device: nothing,
  })
  const started = await caller.call('start', { journalDirectory: folder, socketDirectory: folder })
  if (!started.ok) throw new Error(started.error.message)
  const { memoryKiB, ...tree } = domainTree(1)
  const link = { path: started.value.socketPath ?? '', ticket: randomUUID() }
  const introduced = await caller.call('introduce', {
    ...tree,
    memoryMiB: memoryKiB / 1024,
    guestDomid: 1,
    devices: [{ kind: 'vif', index: 0, network: 'default', mac, forwards: [] }],
    link,
  })
  if (!introduced.ok) throw new Error(introduced.error.message)
  const transport = await connectTransport(link.path, link.ticket)
  if (!transport.ok) throw new Error(transport.error)
  guest.link.attach(transport.value)
  for (const [key, value] of Object.entries(front.keys())) await guest.ask(XS.XS_WRITE, `device/vif/0/${key}|${value}`)
  await guest.ask(XS.XS_WRITE, 'device/vif/0/state|4')
  const state = () => guest.ask(XS.XS_READ, '/local/domain/0/backend/vif/1/0/state|')
  while ((await state()) !== '4') await new Promise((resolve) => setTimeout(resolve, 5))
  const waiting: Frame[] = []
  const send = (): void => {
    while (waiting[0] && front.room >= ENTRIES_MOST) front.send(waiting.shift() ?? waiting[0])
  }
  let rung = false
  front.ring = () => {
    if (rung) return
    rung = true
    setImmediate(() => {
      rung = false
      guest.devices.signal(NET_PORT)
    })
  }
  let raised = false
  plain.onEvent = () => {
    if (raised) return
    raised = true
    setImmediate(() => {
      raised = false
      front.event()
      send()
    })
  }
  front.fill()
  return {
    wire(deliver) {
      front.received = deliver
      return {
        send(frame) {
          waiting.push(frame)
          send()
        },
        close() {
          transport.value.close('done')
          child.kill('SIGKILL')
          fs.rmSync(folder, { recursive: true, force: true })
        },
      }
    },
  }
}
