// Programs of a BusyBox userland on Debian's cloud kernel, timed by the guest's own clock: translated, interpreted and under
// qemu-system-x86_64 -accel tcg, the same kernel and ramdisk. No disk, no network, no XenStore traffic after the boot.
// Runs in: plain Node, on the bundles in out/main.
import path from 'node:path'
import { debianGuest, ramdiskWith } from '../support/debian-guest'
import { cannotRunOurs, cannotRunQemu } from '../support/micro-kernel'
import { outputOf, secondsOf } from './guest-output'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'

const TIMEOUT_MS = 600_000

/** Name and what the guest's shell does; each about a second on QEMU here, since the guest's clock shows hundredths. */
export const USERLAND = [
  ['sha256sum', 'sha256sum /tmp/zeros'],
  ['gzip', 'gzip -c /tmp/text >/tmp/text.gz'],
  ['gunzip', 'for i in 1 2 3 4 5 6; do gunzip -c /tmp/text.gz >/dev/null; done'],
  ['sort', 'sort -k 2 /tmp/text >/dev/null'],
  ['awk', `awk '{ n[$2 % 997] += length($0) } END { for (i in n) s += n[i]; print s }' /tmp/text`],
  ['sed', `sed -e 's/line \\([0-9]*\\)/\\1 enil/' -e '/77/d' /tmp/text >/dev/null`],
  ['forks', 'i=0; while [ $i -lt 400 ]; do /bin/busybox true; i=$((i+1)); done'],
  ['pipes', 'i=0; while [ $i -lt 60 ]; do echo $i | cat | cat | cat >/dev/null; i=$((i+1)); done'],
  ['shell', 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done'],
  ['dd', 'dd if=/dev/zero of=/tmp/zeros2 bs=64k count=1500; rm /tmp/zeros2'],
] as const

/** Process 1. `only`: names of USERLAND. */
export function userlandInit(only: readonly string[] = USERLAND.map(([name]) => name)): string {
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /tmp
mount -t proc proc /proc; mount -t devtmpfs devtmpfs /dev; mount -t tmpfs tmpfs /tmp
now() { read up rest </proc/uptime; echo "$1 $up"; }
dd if=/dev/zero of=/tmp/zeros bs=1M count=24 2>/dev/null
awk 'BEGIN { for (i = 0; i < 60000; i++) print i * 7919 % 60013, "line", i * 31 % 1009, "of some text" }' >/tmp/text
gzip -c /tmp/text >/tmp/text.gz
${USERLAND.filter(([name]) => only.includes(name))
  .map(([name, command]) => `now ${name}-from; { ${command}; } >/dev/null 2>&1; now ${name}-to`)
  .join('\n')}
echo BENCH END
poweroff -f
`
}

export async function benchUserland(options: BenchOptions): Promise<BenchReport> {
  const guest = await debianGuest('cloud')
  if (!guest.ok) throw new Error(guest.error)
  const { kernel, commandLine } = guest.value
  const ramdisk = ramdiskWith(guest.value, [{ path: 'bench-init', content: Buffer.from(userlandInit()) }])
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const words = 'quiet rdinit=/bench-init'
  const ours = (translator: 'on' | 'off') => ({
    name: translator === 'on' ? 'ours' : 'interpreter',
    cannot: cannotRunOurs(),
    program: process.execPath,
    args: [
      ...[path.join(root, 'out/main/guest.cjs'), '--kernel', kernel, '--ramdisk', ramdisk, '--memory', '256'],
      ...['--extra', `${commandLine} ${words}`, '--timeout', String(TIMEOUT_MS / 1000), '--translator', translator],
    ],
    outputs: [] as string[],
  })
  const machines = [
    ours('off'),
    ours('on'),
    {
      name: 'qemu tcg',
      cannot: cannotRunQemu(),
      program: 'qemu-system-x86_64',
      args: [
        ...['-accel', 'tcg', '-m', '256', '-kernel', kernel, '-initrd', ramdisk, '-nographic', '-no-reboot'],
        ...['-append', `console=ttyS0 cryptomgr.notests ${words}`],
      ],
      outputs: [] as string[],
    },
  ]
  for (let run = 0; run < options.runs; run++) {
    for (const machine of machines) {
      // once is enough for what nobody waits for
      if (machine.cannot || (machine.name === 'interpreter' && run > 0)) continue
      machine.outputs.push(await outputOf(machine.program, machine.args, TIMEOUT_MS))
    }
  }
  const programs = USERLAND.map(([name]) => {
    const [interpreter, translated, qemu] = machines.map(({ outputs }) =>
      outputs.length > 0 ? median(outputs.map((output) => secondsOf(output, name))) : undefined,
    )
    return {
      name,
      interpreter: interpreter ?? null,
      ours: translated ?? null,
      qemu: qemu ?? null,
      speed: translated && qemu ? qemu / translated : null,
    }
  })
  const speeds = programs.flatMap(({ speed }) => speed ?? [])
  const mean = speeds.length > 0 ? Math.exp(speeds.reduce((sum, speed) => sum + Math.log(speed), 0) / speeds.length) : null
  const shown = (value: number | null): string => (value === null ? '-' : value.toFixed(2))
  const text = [
    `BusyBox userland, seconds by the guest's clock, median of ${options.runs} runs`,
    ...machines.flatMap(({ name, cannot }) => (cannot ? [`${name}: ${cannot}`] : [])),
    table([
      ['program', 'interpreter', 'ours', 'qemu tcg', 'speed of qemu'],
      ...programs.map((row) => [row.name, shown(row.interpreter), shown(row.ours), shown(row.qemu), shown(row.speed)]),
    ]),
    `geometric mean ${shown(mean)} of QEMU's speed`,
  ].join('\n')
  return { text, json: { bench: 'userland', runs: options.runs, programs, mean } }
}
