// Disks with an unmodified kernel: Debian's cloud kernel with its own xen-blkfront writes, syncs, discards and reads them; what it
// wrote is looked at from the host. Domain 0 is killed and the domain saved in the middle of writes; disks come and go.
// Runs in: vitest, on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import type { Disk } from '../../src-engine/public/protocol/device'
import { DEMO_PROMPT, type DemoGuest } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { headlessGuest } from '../support/headless-guest'
import { missingProgram } from '../support/programs'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { secondTries } from '../support/second-tries'
import { count } from '../support/tier'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-disk-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const MIB = 1024 * 1024
const PROMPT = DEMO_PROMPT.replace(/[~#$]/g, '\\$&')

interface Prepared {
  readonly guest: DemoGuest
  readonly ramdisk: string
  /** Loads the driver. */
  readonly insmod: string
}

/** A static program that prints one letter, which stands in its code: old code prints the old letter. */
function printer(letter: string): Uint8Array {
  const code = [
    ...[0x68, letter.charCodeAt(0), 0x0a, 0, 0, 0x48, 0x89, 0xe6], // push the letter and a newline; mov rsi, rsp
    ...[0xb8, 1, 0, 0, 0, 0xbf, 1, 0, 0, 0, 0xba, 2, 0, 0, 0, 0x0f, 0x05], // write(1, rsi, 2)
    ...[0xb8, 60, 0, 0, 0, 0x31, 0xff, 0x0f, 0x05], // exit(0)
  ]
  const file = new Uint8Array(120 + code.length)
  const view = new DataView(file.buffer)
  const base = 0x400000n
  file.set([0x7f, 0x45, 0x4c, 0x46, 2, 1, 1])
  view.setUint16(16, 2, true)
  view.setUint16(18, 62, true)
  view.setUint32(20, 1, true)
  view.setBigUint64(24, base + 120n, true)
  view.setBigUint64(32, 64n, true)
  view.setUint16(52, 64, true)
  view.setUint16(54, 56, true)
  view.setUint16(56, 1, true)
  view.setUint32(64, 1, true)
  view.setUint32(68, 5, true)
  view.setBigUint64(80, base, true)
  view.setBigUint64(88, base, true)
  view.setBigUint64(96, BigInt(file.length), true)
  view.setBigUint64(104, BigInt(file.length), true)
  view.setBigUint64(112, 4096n, true)
  file.set(code, 120)
  return file
}

let prepared: Promise<Prepared | string> | undefined

/** The guest's files, or why they cannot be had. */
function prepare(): Promise<Prepared | string> {
  prepared ??= (async () => {
    const guest = await debianGuest('cloud')
    if (!guest.ok) return guest.error
    const modules = await kernelModules(guest.value, ['xen-blkfront'])
    if (!modules.ok) return modules.error
    const programs = ['A', 'B'].map((letter) => ({ path: `programs/${letter}`, content: printer(letter) }))
    const ramdisk = ramdiskWith(guest.value, [...modules.value, ...programs])
    return { guest: guest.value, ramdisk, insmod: insmods(modules.value) }
  })()
  return prepared
}

function blank(name: string, bytes: number): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, '')
  fs.truncateSync(file, bytes)
  return file
}

const md5 = (file: string): string => createHash('md5').update(fs.readFileSync(file)).digest('hex')

/** fsck's verdict on a file system in a file, or undefined where there is none to ask. */
function fsck(file: string): void {
  if (missingProgram('e2fsck')) return
  execFileSync('e2fsck', ['-fn', file], { stdio: 'pipe' })
}

describe('a disk of an unmodified kernel', () => {
  it('holds what the guest wrote, on two disks, one of them read-only', async ({ skip }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    const first = blank('first.raw', 64 * MIB)
    const second = path.join(folder, 'second.raw')
    fs.writeFileSync(second, Buffer.alloc(3 * MIB, 'ringmaster'))
    const store = path.join(folder, 'store')
    const run = await headlessGuest(
      ...['--kernel', ready.guest.kernel, '--ramdisk', ready.ramdisk, '--memory', '128', '--timeout', '280'],
      ...['--extra', `${ready.guest.commandLine} quiet`, '--disk', first, '--disk', `${second},ro`, '--xenstore-ls', store],
      ...['--expect', PROMPT, '--send', `${ready.insmod}; sleep 1; cat /proc/partitions`],
      ...['--expect', `65536 xvda[^]*3072 xvdb[^]*${PROMPT}`],
      ...['--send', 'mke2fs -q /dev/xvda; mount -t ext4 -o discard /dev/xvda /tmp && md5sum /dev/xvdb | tee /tmp/sum'],
      ...['--expect', `${md5(second)}[^]*${PROMPT}`],
      ...['--send', 'dd if=/dev/xvdb of=/tmp/copy bs=64k conv=fsync; echo x >/dev/xvdb; umount /tmp; md5sum /dev/xvda'],
      ...[
        '--expect',
        `Operation not permitted[^]*[0-9a-f]{32}  /dev/xvda[^]*${PROMPT}`,
        '--send',
        'dmesg | grep blkfront; poweroff',
      ],
    )
    expect(run.status, run.output + run.errors).toBe(0)
    expect(run.errors).toBe('')
    expect(run.output).toMatch(/blkfront: xvda: flush diskcache: enabled; .* indirect descriptors: enabled/)
    expect(run.output).not.toMatch(/I\/O error|wrong operation|op failed|Kernel panic|BUG:/)
    expect(run.output).toContain(`${md5(first)}  /dev/xvda`)
    fsck(first)
    const nodes = fs.readFileSync(store, 'utf8')
    // Powering off, Linux closes its devices; it waits five seconds of its clock for each.
    expect(run.output).not.toContain('timeout closing device')
    expect(nodes).toContain('/local/domain/1/device/vbd/51728/state = "6"   (n1,r0)')
    // Linux goes off when it has seen that the backend closes (5): the list may be made before that is done (6).
    expect(nodes).toMatch(/\/local\/domain\/0\/backend\/vbd\/1\/51712\/state = "[56]" {3}\(n0,r1\)/)
    expect(nodes).toContain('/local/domain/0/backend/vbd/1/51728/info = "4"')
  }, 300_000)
})

const disk = (dev: string, file: string): Disk => ({
  kind: 'vbd',
  dev,
  path: file,
  format: 'raw',
  readonly: false,
  removable: false,
})

describe('a qcow2 disk of an unmodified kernel', () => {
  it('is a clean image with what the guest wrote, in the eyes of qemu-img', { tags: 'long', timeout: 300_000 }, async ({
    skip,
  }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    if (missingProgram('qemu-img')) return skip('qemu-img is not installed')
    const image = path.join(folder, 'disk.qcow2')
    execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', image, '64M'])
    const work =
      'for i in 1 2 3; do head -c 3000000 /dev/urandom >/tmp/$i; rm -f /tmp/1; sync; done; fstrim -v /tmp; umount /tmp'
    const run = await headlessGuest(
      ...['--kernel', ready.guest.kernel, '--ramdisk', ready.ramdisk, '--memory', '128', '--timeout', '280'],
      ...['--extra', `${ready.guest.commandLine} quiet`, '--disk', `${image},format=qcow2`],
      ...['--expect', PROMPT, '--send', `${ready.insmod}; sleep 1; mke2fs -q /dev/xvda; mount -t ext4 /dev/xvda /tmp`],
      ...['--expect', `Superblock[^]*${PROMPT}`, '--send', `${work}; md5sum /dev/xvda`],
      ...['--expect', '[0-9a-f]{32}  /dev/xvda', '--send', 'poweroff'],
    )
    expect(run.status, run.output + run.errors).toBe(0)
    execFileSync('qemu-img', ['check', '-f', 'qcow2', image], { stdio: 'pipe' })
    const raw = path.join(folder, 'converted.raw')
    execFileSync('qemu-img', ['convert', '-f', 'qcow2', '-O', 'raw', image, raw])
    expect(run.output).toContain(`${md5(raw)}  /dev/xvda`)
    fsck(raw)
  })
})

describe('a program on a disk', () => {
  it('that is overwritten through the disk is always the new one when it runs', { tags: 'long', timeout: 1_800_000 }, async ({
    skip,
  }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    const rounds = count(8, 500)
    // The page cache alone is dropped, and the file stays executable: 40 ms of processor time a run, a minute for a thousand.
    const loop =
      `cp /programs/A /tmp/p; chmod +x /tmp/p; i=0; while [ $i -lt ${rounds} ]; do for p in A B; do cat /programs/$p >/tmp/p; sync; ` +
      'echo 1 >/proc/sys/vm/drop_caches; r=$(/tmp/p); [ "$r" = $p ] || echo WRONG "$p $r"; done; i=$((i+1)); done; echo ran $i'
    const run = await headlessGuest(
      ...['--kernel', ready.guest.kernel, '--ramdisk', ready.ramdisk, '--memory', '128', '--timeout', String(count(280, 1700))],
      ...['--extra', `${ready.guest.commandLine} quiet`, '--disk', blank('program.raw', 16 * MIB)],
      ...['--expect', PROMPT, '--send', `${ready.insmod}; sleep 1; mke2fs -q /dev/xvda; mount -t ext4 /dev/xvda /tmp`],
      ...['--expect', `Superblock[^]*${PROMPT}`, '--send', loop],
      ...['--expect', `ran ${rounds}`, '--send', 'poweroff'],
    )
    expect(run.status, run.output + run.errors).toBe(0)
    expect(run.output).not.toMatch(/\nWRONG|not found|I\/O error/)
  })
})

describe('a disk in use', () => {
  const machine = secondTries(new TestMachine())
  afterAll(() => machine.dispose())

  async function running(ready: Prepared, disks: readonly Disk[], domid: number): Promise<RunningGuest> {
    const { kernel, commandLine } = ready.guest
    const guest = new RunningGuest(machine)
    await guest.boot({ kernel, ramdisk: ready.ramdisk, commandLine: `${commandLine} quiet`, memoryMiB: 128 }, domid, disks)
    await guest.expect(new RegExp(PROMPT), 120)
    await guest.run(`${ready.insmod}; sleep 1`)
    return guest
  }

  it('loses nothing when domain 0 is killed in the middle of writes', { tags: 'long', timeout: 400_000 }, async ({ skip }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    const image = blank('killed.raw', 64 * MIB)
    const guest = await running(ready, [disk('xvda', image)], 1)
    await guest.run('mke2fs -q /dev/xvda; mkdir disk; mount -t ext4 /dev/xvda disk; head -c 2000000 /dev/urandom > data')
    guest.type('for i in 1 2 3 4 5 6 7 8; do cat data > disk/$i; sync; echo round $i; done\n')
    for (let kills = 0; kills < 6; kills++) {
      await guest.expect(new RegExp(`round ${kills + 1}`), 120)
      await machine.replaceDom0()
    }
    await guest.expect(/round 8/, 180)
    const sums = await guest.run('md5sum data disk/? | cut -c1-32 | sort -u | wc -l; umount disk; md5sum /dev/xvda', 300)
    expect(sums).toMatch(/^1$/m)
    expect(sums).toContain(md5(image))
    fsck(image)
    expect(guest.console).not.toMatch(/I\/O error|Kernel panic|BUG:/)
    guest.dispose()
  })

  it('is saved in the middle of a transfer, and the transfer goes on in the restored guest', { timeout: 400_000 }, async ({
    skip,
  }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    const image = blank('saved.raw', 32 * MIB)
    const rounds = count(3, 6)
    const guest = await running(ready, [disk('xvda', image)], 2)
    await guest.run('mke2fs -q /dev/xvda; mkdir disk; mount -t ext4 /dev/xvda disk; head -c 2000000 /dev/urandom > data')
    guest.type(`for i in $(seq ${rounds}); do cat data > disk/$i; sync; echo round $i; done\n`)
    await guest.expect(/round 2\r/, 120)
    const file = path.join(folder, 'guest.save')
    const saved = await guest.domain.call('save', { path: file })
    expect(saved).toMatchObject({ ok: true })
    guest.dispose()
    await machine.dom0.call('release', { handle: guest.handle })
    const again = new RunningGuest(machine)
    await again.restore(file, 3, [disk('xvda', image)])
    await again.expect(new RegExp(`round ${rounds}\\r`), 180)
    const sums = await again.run('md5sum data disk/? | cut -c1-32 | sort -u | wc -l; umount disk; md5sum /dev/xvda', 300)
    expect(sums).toMatch(/^1$/m)
    expect(sums).toContain(md5(image))
    fsck(image)
    again.dispose()
  })

  it('comes and goes while the guest runs', { tags: 'long', timeout: 400_000 }, async ({ skip }) => {
    const ready = await prepare()
    if (typeof ready === 'string') return skip(ready)
    const guest = await running(ready, [disk('xvda', blank('stays.raw', MIB))], 4)
    const { handle } = guest
    const second = blank('comes.raw', 8 * MIB)
    for (let round = 1; round <= 2; round++) {
      const attached = await machine.dom0.call('attachDevice', { handle, device: disk('xvdb', second) })
      expect(attached).toEqual({ ok: true, value: {} })
      const written = await guest.run(
        `sleep 1; grep xvdb /proc/partitions; yes round ${round} | head -c 100000 > /dev/xvdb; sync`,
      )
      expect(written).toContain('8192 xvdb')
      expect(await machine.dom0.call('detachDevice', { handle, key: 'vbd/51728', force: false })).toEqual({
        ok: true,
        value: {},
      })
      expect(fs.readFileSync(second, 'latin1').slice(0, 100_000)).toBe(`round ${round}\n`.repeat(20_000).slice(0, 100_000))
      expect(await guest.run('grep -c xvdb /proc/partitions')).toMatch(/^0/)
    }
    guest.dispose()
  })
})
