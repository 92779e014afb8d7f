// A domain 0 process of a benchmark's own, and a guest without a CPU joined to it that has one device.
// Runs in: the benchmarks, plain Node.
import { type ChildProcess, fork } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import path from 'node:path'
import { connectTransport } from '../../src-engine/link/transport'
import { Caller } from '../../src-engine/public/protocol/call'
import { DOM0_CALLS, DOM0_EVENTS, type Dom0Calls, type Dom0Events } from '../../src-engine/public/protocol/control'
import type { Device } from '../../src-engine/public/protocol/device'
import { nodeProcessTransport } from '../../src-engine/public/protocol/port-transport'
import { XS } from '../../src-engine/public/xen/io/xs-wire'
import type { TestGuest } from '../support/guest-rings'
import { domainTree } from '../support/xenstore-script'

export function forkDomain0(): ChildProcess {
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  return fork(path.join(root, 'out/main/dom0.cjs'), { serialization: 'advanced' })
}

export interface Frontend {
  readonly device: Device
  /** As in the store, such as vbd/51712. */
  readonly key: string
  readonly keys: Readonly<Record<string, string | number>>
  /** The xenbus state the frontend goes to once its keys are written. */
  readonly state: 3 | 4
}

/** Introduces domain 1, joins the guest, and returns once the backend is connected. */
export async function join(child: ChildProcess, folder: string, guest: TestGuest, front: Frontend): Promise<void> {
  const nothing = (): void => {}
  const caller = new Caller<Dom0Calls, Dom0Events>(nodeProcessTransport(child), DOM0_CALLS, DOM0_EVENTS, {
    log: nothing,
    storeChanged: nothing,
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
    devices: [front.device],
    link,
  })
  if (!introduced.ok) throw new Error(introduced.error.message)
  const transport = await connectTransport(link.path, link.ticket)
  if (!transport.ok) throw new Error(transport.error)
  guest.link.attach(transport.value)
  for (const [name, value] of Object.entries(front.keys)) await guest.ask(XS.XS_WRITE, `device/${front.key}/${name}|${value}`)
  await guest.ask(XS.XS_WRITE, `device/${front.key}/state|${front.state}`)
  const backend = `/local/domain/0/backend/${front.key.replace('/', '/1/')}/state|`
  while ((await guest.ask(XS.XS_READ, backend)) !== '4') await new Promise((resolve) => setTimeout(resolve, 5))
}
