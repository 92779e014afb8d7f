// Disk throughput of a guest: in Debian's cloud kernel a program (io-guest.c) reads and writes a raw and a qcow2 image, in order and
// at random, past the page cache and through it; once with its xen-blkfront in our headless runner, once with virtio in
// qemu-system-x86_64 -accel tcg. Same kernel, same program, the guest's own clock, by turns; blkfront asks for large requests, as in the
// guests that the app makes (virtio does by itself).
// Runs in: plain Node, on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { LARGE_REQUESTS } from '../../src-main/toolstack/disk-words'
import { debianGuest, kernelModules, ramdiskWith } from '../support/debian-guest'
import { cannotRunQemu } from '../support/micro-kernel'
import { outputOf } from './guest-output'

const SIZE_MIB = 96
const TIMEOUT_MS = 300_000
const FORMATS = ['raw', 'qcow2'] as const

/** What the program measures of each disk, as its lines call it; `unit` of the figure. */
export const MEASURES = [
  { name: 'read', what: 'in order, 1 MiB, direct: read', unit: 'MB/s' },
  { name: 'write', what: 'write', unit: 'MB/s' },
  { name: 'cached-read', what: 'through the page cache: read', unit: 'MB/s' },
  { name: 'cached-write', what: 'write', unit: 'MB/s' },
  { name: 'first-write', what: 'write for the first time', unit: 'MB/s' },
  { name: 'random-read', what: 'at random, 4 KiB, 16 at a time: read', unit: 'requests/s' },
  { name: 'random-write', what: 'write', unit: 'requests/s' },
] as const
const RANDOM_BYTES = 4096

/** Process 1: loads the driver there is a device for, has each disk measured, powers off. */
const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev
dmesg -n 1
mount -t proc proc /proc; mount -t devtmpfs devtmpfs /dev
for module in /modules/*.ko; do [ $module = /modules/xen-blkfront.ko ] || insmod $module; done 2>/dev/null
insmod /modules/xen-blkfront.ko ${LARGE_REQUESTS} 2>/dev/null
for module in /modules/*.ko; do insmod $module; done 2>/dev/null
sleep 1
letter=xv; [ -b /dev/xvda ] || letter=v
/io-guest /dev/\${letter}da ${SIZE_MIB} raw && /io-guest /dev/\${letter}db ${SIZE_MIB} qcow2 && echo BENCH END
poweroff -f
`

export interface GuestResult {
  readonly machine: string
  readonly format: (typeof FORMATS)[number]
  readonly measure: (typeof MEASURES)[number]['name']
  /** In the measure's unit. */
  readonly figure: number
}

export async function benchGuest(runs: number): Promise<GuestResult[]> {
  const guest = await debianGuest('cloud')
  if (!guest.ok) throw new Error(guest.error)
  const modules = await kernelModules(guest.value, ['xen-blkfront', 'virtio_pci', 'virtio_blk'])
  if (!modules.ok) throw new Error(modules.error)
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-io-'))
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const program = path.join(folder, 'io-guest')
  execFileSync('gcc', ['-O2', '-static', '-o', program, path.join(root, 'test/bench/io-guest.c')])
  const ramdisk = ramdiskWith(guest.value, [
    ...modules.value,
    { path: 'io-guest', content: fs.readFileSync(program) },
    { path: 'bench-init', content: Buffer.from(INIT) },
  ])
  const { kernel, commandLine } = guest.value
  const image = (format: string): string => path.join(folder, `disk.${format}`)
  const options = 'quiet rdinit=/bench-init'
  const machines = [
    {
      machine: 'ours',
      program: process.execPath,
      args: [
        ...[path.join(root, 'out/main/guest.cjs'), '--kernel', kernel, '--ramdisk', ramdisk],
        ...FORMATS.flatMap((format) => ['--disk', `${image(format)},format=${format}`]),
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
              ...FORMATS.flatMap((format) => ['-drive', `file=${image(format)},format=${format},if=virtio`]),
            ],
          },
        ]),
  ]
  const results: GuestResult[] = []
  try {
    for (let run = 0; run < runs; run++) {
      for (const { machine, program, args } of machines) {
        for (const format of FORMATS) {
          fs.rmSync(image(format), { force: true })
          execFileSync('qemu-img', ['create', '-q', '-f', format, image(format), `${SIZE_MIB}M`])
        }
        const output = await outputOf(program, args, TIMEOUT_MS)
        if (!output.includes('BENCH END')) throw new Error(`the guest did not come to its end:\n${output.slice(-1500)}`)
        for (const format of FORMATS) {
          for (const { name } of MEASURES)
            results.push({ machine, format, measure: name, figure: figureOf(output, format, name) })
        }
      }
    }
  } finally {
    fs.rmSync(folder, { recursive: true, force: true })
  }
  return results
}

/** A kernel or firmware may have said something on the same line, without a space before it. */
function figureOf(output: string, format: string, measure: string): number {
  const [, bytes, seconds] = new RegExp(`${format}-${measure} (\\d+) ([\\d.]+)`).exec(output) ?? []
  const unit = measure.startsWith('random') ? RANDOM_BYTES : 1e6
  return Number(bytes) / unit / Number(seconds)
}
