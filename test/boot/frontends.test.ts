// Frontends of an unmodified kernel that let go of their devices: network interface, disk and framebuffer of Debian's cloud kernel. The interface
// is taken again by the same driver; what the disk was told is in its file as soon as it is let go; and a backend whose frontend begins
// anew waits for it, as pvgrub's Linux needs. Runs in: vitest, on the bundles in out/main.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import type { Disk } from '../../src-engine/public/protocol/device'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { secondTries } from '../support/second-tries'

const machine = secondTries(new TestMachine())
afterAll(() => machine.dispose())

/** The driver of a device lets go of it. */
const unbind = (driver: string, device: string): string => `echo ${device} >/sys/bus/xen/drivers/${driver}/unbind; sleep 1`

/** A frontend's state is Initialising: a message to XenStore (XS_WRITE 11, request, transaction, length), as no driver of Linux' sends it. */
function begin(node: string): string {
  const name = `device/${node}/state`
  const message = `\\013\\0\\0\\0\\001\\0\\0\\0\\0\\0\\0\\0\\${(name.length + 2).toString(8)}\\0\\0\\0${name}\\0001`
  return `printf '${message}' >/dev/xen/xenbus; sleep 1`
}

it('let go of their devices, and the backends are there for the next one', { tags: 'long', timeout: 300_000 }, async ({
  skip,
}) => {
  const debian = await debianGuest('cloud')
  if (!debian.ok) return skip(debian.error)
  const modules = await kernelModules(debian.value, ['xen-blkfront', 'xen-netfront', 'af-packet'])
  if (!modules.ok) return skip(modules.error)
  const image = path.join(machine.directory, 'disk.raw')
  fs.writeFileSync(image, Buffer.alloc(4 * 1024 * 1024))
  const disk: Disk = { kind: 'vbd', dev: 'xvda', path: image, format: 'raw', readonly: false, removable: false }
  const { kernel, commandLine } = debian.value
  const ramdisk = ramdiskWith(debian.value, modules.value)
  const guest = new RunningGuest(machine)
  const { handle } = guest
  await guest.boot({ kernel, ramdisk, commandLine: `${commandLine} quiet`, memoryMiB: 128 }, 1, [
    disk,
    { kind: 'vif', index: 0, network: 'default', mac: '00:16:3e:00:00:01', forwards: [] },
    { kind: 'vfb', width: 640, height: 480 },
  ])
  await guest.expect(new RegExp(DEMO_PROMPT.replace(/[~#$]/g, '\\$&')), 120)
  await guest.run(`${insmods(modules.value)}; sleep 1`)
  const states = async () => {
    const counters = await machine.dom0.call('deviceCounters', { handle })
    return counters.ok && Object.fromEntries(counters.value.devices.map(({ key, state }) => [key, state]))
  }
  await expect.poll(states).toMatchObject({ 'vbd/51712': 4, 'vif/0': 4, 'vfb/0': 4 })

  for (let round = 0; round < 2; round++) {
    await guest.run('ip link set eth0 up; ip addr add 10.0.2.20/24 dev eth0')
    expect(await guest.run('ping -c 2 10.0.2.1')).toContain('2 packets received')
    await guest.run(unbind('vif', 'vif-0'))
    expect(await guest.run('ls /sys/class/net')).not.toContain('eth0')
    await expect.poll(states).toMatchObject({ 'vif/0': 6 })
    await guest.run('echo vif-0 >/sys/bus/xen/drivers/vif/bind; sleep 1')
    await expect.poll(states).toMatchObject({ 'vif/0': 4 })
  }

  // Without fsync: letting go writes it out.
  await guest.run('yes ringmaster | head -c 3000000 >/dev/xvda')
  await guest.run(unbind('vbd', 'vbd-51712'))
  await expect.poll(states).toMatchObject({ 'vbd/51712': 6 })
  expect(fs.readFileSync(image, 'latin1').slice(0, 3_000_000)).toBe('ringmaster\n'.repeat(300_000).slice(0, 3_000_000))
  await guest.run(unbind('vfb', 'vfb-0'))
  await expect.poll(states).toMatchObject({ 'vfb/0': 6 })
  for (const node of ['vbd/51712', 'vfb/0']) {
    await guest.run(begin(node))
    await expect.poll(states).toMatchObject({ [node]: 2 })
  }

  // Linux' disk driver takes a device only once; another one in its place it takes.
  expect(await machine.dom0.call('detachDevice', { handle, key: 'vbd/51712', force: true })).toMatchObject({ ok: true })
  // To a guest that has not yet seen the one go, another is the same.
  await guest.run('while [ -e /sys/bus/xen/devices/vbd-51712 ]; do sleep 1; done')
  expect(await machine.dom0.call('attachDevice', { handle, device: disk })).toEqual({ ok: true, value: {} })
  await expect.poll(states).toMatchObject({ 'vbd/51712': 4 })
  await guest.run('until [ -e /dev/xvda ]; do sleep 1; done')
  expect(await guest.run('head -c 11 /dev/xvda')).toBe('ringmaster\n')
  expect(guest.console).not.toMatch(/Kernel panic|BUG:|I\/O error|still in use/)
  expect(machine.log.filter((line) => /^(dom0|domain) (error|warning)/.test(line))).toEqual([])
})
