// Snapshots with an unmodified kernel that writes to its disk meanwhile: Debian's cloud kernel with its own xen-blkfront and ext4. What
// is gone back to, branched and forked has memory and disk of the same instant: the guest's page cache, its shell and the file
// system fit, and e2fsck finds the merged image clean. Runs in: vitest, on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { CONSOLE_TO_WINDOW } from '../../src-main/public/stream'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { missingProgram } from '../support/programs'
import { good, Supervised } from '../support/supervised'
import { LONG } from '../support/tier'

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-snapshots-'))
let machine: Supervised | undefined
afterAll(async () => {
  await machine?.close()
  rmSync(folder, { recursive: true, force: true })
})

const MIB = 1024 * 1024
const WAIT_MS = 120_000
const MAC = '00:16:3e:00:00:01'

/** Types a line at the console and reads until the text; what came after the line. */
async function type(scene: Supervised, uuid: string, line: string, wanted: string | RegExp): Promise<string> {
  const transport = scene.transport(good(await scene.driver.openConsole(uuid, undefined)))
  const decoder = new TextDecoder('latin1')
  // The console tells what it showed before; a mark that the shell makes itself tells where the answer begins.
  const mark = `mark-${Math.random().toString(36).slice(2)}`
  let text = ''
  try {
    return await new Promise((resolve, reject) => {
      const timer = setTimeout(
        () => reject(new Error(`not seen: ${wanted}; the console ends with: ${text.slice(-500)}`)),
        WAIT_MS,
      )
      transport.onMessage((message) => {
        if (!CONSOLE_TO_WINDOW.output.is(message)) return
        text += decoder.decode(message.bytes)
        transport.send({ kind: 'ack', offset: message.offset + message.bytes.length })
        const from = line === '' ? 0 : text.indexOf(`\n${mark}`)
        const answer = from < 0 ? '' : text.slice(from + mark.length)
        if (typeof wanted === 'string' ? !answer.includes(wanted) : !wanted.test(answer)) return
        clearTimeout(timer)
        resolve(answer)
      })
      if (line !== '') {
        const [head, tail] = [mark.slice(0, 3), mark.slice(3)]
        transport.send({ kind: 'input', bytes: new TextEncoder().encode(`echo ${head}''${tail}; ${line}\r`) })
      }
    })
  } finally {
    transport.close()
  }
}

/** Files of this folder that some process has open and that have no name any more. */
function openAndGone(folder: string): string[] {
  const read = <T>(look: () => T, otherwise: T): T => {
    try {
      return look()
    } catch {
      return otherwise
    }
  }
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name))
  const files = processes.flatMap((pid) => {
    const names: string[] = read(() => readdirSync(`/proc/${pid}/fd`), [])
    return names.map((name) => read(() => readlinkSync(`/proc/${pid}/fd/${name}`), ''))
  })
  return files.filter((file) => file.startsWith(`${folder}/disks/`) && file.endsWith(' (deleted)'))
}

describe('snapshots of an unmodified kernel', () => {
  it('have memory and disk of one instant', { timeout: 600_000 }, async ({ skip }) => {
    const guest = await debianGuest('cloud')
    if (!guest.ok) return skip(guest.error)
    const modules = await kernelModules(guest.value, ['xen-blkfront', 'xen-netfront'])
    if (!modules.ok) return skip(modules.error)
    const scene = new Supervised(folder)
    machine = scene
    await scene.open()
    const { toolstack } = scene
    const own = path.join(folder, 'own.raw')
    writeFileSync(own, '')
    truncateSync(own, 48 * MIB)
    const uuid = good(
      await toolstack.domains.define({
        name: 'original',
        memoryMiB: 128,
        vcpus: 1,
        kernel: guest.value.kernel,
        ramdisk: ramdiskWith(guest.value, modules.value),
        cmdline: `${guest.value.commandLine} quiet`,
        devices: [
          { kind: 'vbd', dev: 'xvda', path: own, format: 'raw', readonly: false, removable: false },
          { kind: 'vif', index: 0, network: 'default', mac: MAC, forwards: [] },
        ],
      }),
    )
    good(await toolstack.domains.create(uuid, false))
    const job = async (started: ReturnType<typeof toolstack.snapshots.create>): Promise<string> => {
      const number = good(started)
      good(await toolstack.jobs.wait(number))
      return toolstack.jobs.list().find((one) => one.job === number)?.uuid ?? ''
    }
    await type(scene, uuid, '', DEMO_PROMPT)
    await type(
      scene,
      uuid,
      `${insmods(modules.value)}; mke2fs -q /dev/xvda; mount -t ext4 /dev/xvda /tmp; where=first; echo first >/tmp/file; sync`,
      DEMO_PROMPT,
    )
    // It writes all the time: some of it is on the way when the snapshot is taken.
    await type(
      scene,
      uuid,
      '(i=0; while true; do i=$((i+1)); echo $i >>/tmp/log; dd if=/dev/zero of=/tmp/bulk bs=64k count=16 conv=fsync 2>/dev/null; done) & echo going',
      'going',
    )

    await job(toolstack.snapshots.create(uuid, 'one', ''))
    const [one] = (await toolstack.trees.info(uuid)).snapshots
    if (!one) throw new Error('no snapshot')
    expect(one).toMatchObject({ state: 'running', picture: 'text' })
    await type(scene, uuid, "where=second; echo second >/tmp/file; sync; echo do''ne", 'done')

    const look = 'tail -n 1 /tmp/log >/dev/null && echo $where $(cat /tmp/file)'
    const branch = await job(toolstack.branches.branch(uuid, one.id, 'branch'))
    await type(scene, branch, look, 'first first')
    await type(scene, uuid, look, 'second second')
    // It is on a port of its own at once, and has a MAC address of its own when its driver asks for it next.
    const address = "cat /sys/class/net/eth0/address; echo do''ne"
    expect(await type(scene, branch, address, 'done')).toContain(MAC)
    const macOf = (of: string): string => {
      const [nic] = (scene.info(of).config?.devices ?? []).filter((device) => device.kind === 'vif')
      if (nic?.kind !== 'vif') throw new Error('no interface')
      return nic.mac
    }
    const branchMac = macOf(branch)
    expect(branchMac).not.toBe(MAC)
    // Before that it is leased an address as what it is on the network, where the original has its own.
    const lease = "ip link set eth0 up; udhcpc -n -q -i eth0 2>&1 | tail -n 3; echo do''ne"
    await type(scene, uuid, lease, /lease of[\s\S]*done/)
    await type(scene, branch, lease, /lease of[\s\S]*done/)
    const leased = async () => good(await scene.driver.leases('default')).map(({ mac }) => mac)
    expect((await leased()).sort()).toEqual([MAC, branchMac].sort())
    if (LONG) {
      // Its driver asks again.
      const again =
        'cd /sys/bus/xen/drivers/vif; echo vif-0 >unbind; echo vif-0 >bind; cd /; until [ -e /sys/class/net/eth0/address ]; do sleep 1; done'
      expect(await type(scene, branch, `${again}; ${address}`, 'done')).toContain(branchMac)
      await type(scene, branch, lease, /lease of[\s\S]*done/)
      await type(scene, uuid, lease, /lease of[\s\S]*done/)
      expect((await leased()).sort()).toEqual([MAC, branchMac].sort())
    }

    const fork = await job(toolstack.branches.fork(uuid, 'fork'))
    await type(scene, fork, `where=fork; echo fork >/tmp/file; sync; ${look}`, 'fork fork')
    await type(scene, uuid, look, 'second second')
    // It asks as what it is although the original, whose address its driver has, is off.
    good(await toolstack.domains.destroy(uuid))
    await type(scene, fork, lease, /lease of[\s\S]*done/)
    expect(await leased()).toContain(macOf(fork))
    for (const each of [branch, fork]) good(await toolstack.domains.destroy(each))

    await job(toolstack.snapshots.revert(uuid, one.id))
    await type(scene, uuid, look, 'first first')

    // One in the middle goes under the guest that writes: what stands on its file takes over, and nobody has the old files open.
    const diskOf = () => scene.info(uuid).config?.devices.find((device) => device.kind === 'vbd')?.path ?? ''
    const lower = diskOf()
    await job(toolstack.snapshots.create(uuid, 'two', ''))
    const upper = diskOf()
    await job(toolstack.snapshots.create(uuid, 'three', ''))
    const present = diskOf()
    const named = new Map((await toolstack.trees.info(uuid)).snapshots.map(({ id, name }) => [name, id]))
    good(await toolstack.snapshots.remove(uuid, named.get('two') ?? '', false))
    await toolstack.merging.settled()
    expect(existsSync(lower)).toBe(false)
    expect(good(await scene.driver.images.inspect(upper)).backing).toBe(own)
    expect(diskOf()).toBe(present)
    expect(openAndGone(folder)).toEqual([])
    await type(scene, uuid, look, 'first first')
    good(await toolstack.snapshots.remove(uuid, named.get('three') ?? '', false))
    await toolstack.merging.settled()
    expect(diskOf()).toBe(upper)

    // With the others gone nothing else stands on the files: all is merged into the user's own one, under the guest that writes.
    const spare = [branch, fork].flatMap((each) => scene.info(each).config?.devices ?? [])
    for (const each of [branch, fork]) good(await toolstack.domains.undefine(each))
    await toolstack.layers.unmake(toolstack.layers.of(spare))
    good(await toolstack.snapshots.remove(uuid, one.id, false))
    await toolstack.merging.settled()
    expect(scene.info(uuid).config?.devices[0]).toMatchObject({ path: own, format: 'raw' })
    expect(readdirSync(path.join(folder, 'disks'))).toEqual([])
    expect(scene.info(uuid)).toMatchObject({ state: 'running', job: null })
    await type(
      scene,
      uuid,
      `${look}; kill %1; sync; umount /tmp || umount -l /tmp; sync; echo do''ne`,
      /first first[\s\S]*done/,
    )
    good(await toolstack.domains.destroy(uuid))
    expect(scene.notices).toEqual([])
    if (!missingProgram('e2fsck')) execFileSync('e2fsck', ['-fn', own], { stdio: 'pipe' })
    expect(existsSync(own)).toBe(true)
  })
})
