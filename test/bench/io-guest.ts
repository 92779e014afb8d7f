// Disk throughput of a guest: Debian's cloud kernel reads and writes a raw image from end to end, once with its xen-blkfront in our
// headless runner, once with virtio in qemu-system-x86_64 -accel tcg. Same kernel, same program, caches dropped between.
// Runs in: plain Node, on the bundles in out/main.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { debianGuest, kernelModules, ramdiskWith } from '../support/debian-guest'
import { cannotRunQemu } from '../support/micro-kernel'
import { outputOf, secondsOf } from './guest-output'

const SIZE_MIB = 96
const TIMEOUT_MS = 300_000

/** Process 1: loads the driver there is a device for, times two transfers by the guest's own clock, powers off. */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev
mount -t proc proc /proc; mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do insmod $module; done 2>/dev/null
for module in /modules/*.ko; do insmod $module; done 2>/dev/null
sleep 1
disk=/dev/xvda; [ -b $disk ] || disk=/dev/vda
now() { read up rest </proc/uptime; echo "$1 $up"; }
now write-from; dd if=/dev/zero of=$disk bs=1M count=${SIZE_MIB} conv=fsync 2>/dev/null; now write-to
echo 3 >/proc/sys/vm/drop_caches
now read-from; dd if=$disk of=/dev/null bs=1M 2>/dev/null; now read-to
echo BENCH END
poweroff -f
`

export interface GuestResult {
  readonly machine: string
  readonly readBytesPerSecond: number
  readonly writeBytesPerSecond: number
}

export async function benchGuest(runs: number): Promise<GuestResult[]> {
  const guest = await debianGuest('cloud')
  if (!guest.ok) throw new Error(guest.error)
  const modules = await kernelModules(guest.value, ['xen-blkfront', 'virtio_pci', 'virtio_blk'])
  if (!modules.ok) throw new Error(modules.error)
  const init = { path: 'bench-init', content: Buffer.from(INIT) }
  const ramdisk = ramdiskWith(guest.value, [...modules.value, init])
  const { kernel, commandLine } = guest.value
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-io-'))
  const image = path.join(folder, 'disk.raw')
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const options = 'quiet rdinit=/bench-init'
  const machines = [
    {
      machine: 'ours',
      program: process.execPath,
      args: [
        ...[path.join(root, 'out/main/guest.cjs'), '--kernel', kernel, '--ramdisk', ramdisk, '--disk', image],
        ...['--memory', '256', '--extra', `${commandLine} ${options}`, '--timeout', String(TIMEOUT_MS / 1000)],
      ],
    },
    ...(cannotRunQemu()
      ? []
      : [
          {
            machine: 'qemu tcg, virtio',
            program: 'qemu-system-x86_64',
            args: [
              ...['-accel', 'tcg', '-m', '256', '-kernel', kernel, '-initrd', ramdisk, '-nographic', '-no-reboot'],
              ...['-append', `console=ttyS0 cryptomgr.notests ${options}`],
              ...['-drive', `file=${image},format=raw,if=virtio`],
            ],
          },
        ]),
  ]
  const results: GuestResult[] = []
  try {
    for (let run = 0; run < runs; run++) {
      for (const { machine, program, args } of machines) {
        fs.writeFileSync(image, '')
        fs.truncateSync(image, SIZE_MIB * 1024 * 1024)
        const output = await outputOf(program, args, TIMEOUT_MS)
        results.push({ machine, ...figures(output) })
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  return results
}

function figures(output: string): { readBytesPerSecond: number; writeBytesPerSecond: number } {
  const rate = (what: string): number => (SIZE_MIB * 1024 * 1024) / secondsOf(output, what)
  return { readBytesPerSecond: rate('read'), writeBytesPerSecond: rate('write') }
}
