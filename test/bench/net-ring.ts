// A synthetic network frontend and its pump in this process, domain 0 as a process of its own, joined by a link: what the way from a
// guest's rings to the switch costs. Runs in: plain Node, on the bundles in out/main.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { PUMP_MAKERS } from '../../src-engine/backend/pumps'
import type { Frame } from '../../src-engine/net/switch/frame'
import { TestGuest } from '../support/guest-rings'
import { NET_PAGES, NET_PORT, NetFrontend } from '../support/net-frontend'
import { plainGuest } from '../support/plain-guest'
import { handleOf } from '../support/xenstore-script'
import type { Wire } from './net'
import { forkDomain0, join } from './own-domain0'

const FIRST = 8
/** Entries of the largest frame. */
const ENTRIES_MOST = 18

export async function startRing(mac: string): Promise<{ wire(deliver: (frame: Frame) => void): Wire }> {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-net-'))
  const child = forkDomain0()
  const memory = new SharedArrayBuffer((FIRST + NET_PAGES) * 4096)
  const plain = plainGuest(memory)
  const guest = new TestGuest(handleOf(1), memory, undefined, plain, PUMP_MAKERS)
  const front = new NetFrontend(plain, FIRST)
  const device = { kind: 'vif', index: 0, network: 'default', mac, forwards: [] } as const
  await join(child, folder, guest, { device, key: 'vif/0', keys: front.keys(), state: 4 })
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
          guest.link.dispose()
          child.kill('SIGKILL')
          fs.rmSync(folder, { recursive: true, force: true })
        },
      }
    },
  }
}
