// Starts that domain 0 refuses, through toolstack, driver and supervisor: the error names the machine and what the system said in plain
// words, the machine is off, and it starts once what it needs is free. Runs in: vitest, plain Node, on the bundles in out/main.
import { writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Device } from '../../src-main/public/device'
import { oneMachine } from '../support/one-machine'
import { good } from '../support/supervised'

const { cannot, folder, machine, kernel } = oneMachine('refused')

async function define(name: string, device: Device): Promise<string> {
  const config = { name, memoryMiB: 16, vcpus: 1, kernel, ramdisk: null, cmdline: 'pulse=10', devices: [device] }
  return good(await machine.toolstack.domains.define(config))
}

describe.skipIf(cannot)('a start that domain 0 refuses', () => {
  it('says that a forwarded port is in use by another program, and works when that has ended', async () => {
    const { domains } = machine.toolstack
    const taken = net.createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => taken.once('listening', resolve))
    const address = taken.address()
    const hostPort = typeof address === 'object' ? (address?.port ?? 0) : 0
    const uuid = await define('ports', {
      kind: 'vif',
      index: 0,
      network: 'default',
      mac: '00:16:3e:00:00:01',
      forwards: [{ protocol: 'tcp', hostPort, guestPort: 22 }],
    })
    const detail = `The forwarded port tcp 127.0.0.1:${hostPort} cannot be opened: address already in use`
    const refused = { ok: false, error: { reason: 'start-refused', values: { name: 'ports', detail } } }
    expect(await domains.create(uuid, false)).toMatchObject(refused)
    expect(machine.info(uuid).state).toBe('shutoff')
    await new Promise((resolve) => taken.close(resolve))
    good(await domains.create(uuid, false))
    good(await domains.destroy(uuid))
  }, 120_000)

  it('says what is wrong with a disk', async () => {
    const { domains } = machine.toolstack
    const file = path.join(folder, 'odd.qcow2')
    writeFileSync(file, 'no image'.repeat(1000))
    const disk = { kind: 'vbd', dev: 'xvda', path: file, format: 'qcow2', readonly: true, removable: false } as const
    const uuid = await define('disk', disk)
    const values = { name: 'disk', detail: `${file} is not a qcow2 image` }
    expect(await domains.create(uuid, false)).toMatchObject({ ok: false, error: { reason: 'start-refused', values } })
    expect(machine.info(uuid).state).toBe('shutoff')
  }, 120_000)
})
