// Programs of two userlands on Debian's cloud kernel, BusyBox in a ramdisk and Debian's own on a disk, timed by the guest's own clock:
// translated, BusyBox interpreted too, and under qemu-system-x86_64 -accel tcg, the same kernel and files. No network, no XenStore traffic after
// the boot. `--only busybox` or `--only debian`. A guest goes through its programs several times: the first time is shown by itself, as a
// translator has everything before it then, and a machine's time for a program is the median of all times.
// Runs in: plain Node, on the bundles in out/main.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { debianGuest, ramdiskWith } from '../support/debian-guest'
import { debianSystem, ownImage, scriptDisk, scriptWords } from '../support/debian-system'
import { cannotRunOurs, cannotRunQemu } from '../support/micro-kernel'
import { outputOf, QEMU_WORDS, secondsOf } from './guest-output'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'

const TIMEOUT_MS = 900_000

/** How often a guest goes through its programs. */
const ROUNDS = 3

type Programs = readonly (readonly [name: string, command: string])[]

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

/** GNU's programs, mawk and dash; all linked dynamically. */
const DEBIAN = [
  ['sha256sum', 'sha256sum /tmp/zeros /tmp/zeros'],
  ['gzip', 'gzip -c /tmp/text /tmp/text >/tmp/text.gz'],
  ['sort', 'sort -k 2 /tmp/text >/dev/null'],
  ['awk', `awk '{ n[$2 % 997] += length($0) } END { for (i in n) s += n[i]; print s }' /tmp/text /tmp/text /tmp/text`],
  ['forks', 'i=0; while [ $i -lt 200 ]; do /bin/true; i=$((i+1)); done'],
  ['shell', 'i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done'],
  ['python3', 'for i in 1 2 3; do python3 -c pass; done'],
] as const satisfies Programs

/** The word of a program's marks in a round, counted from 1. */
export const markOf = (name: string, round: number): string => `${name}-${round}`

const roundsOf = (count: number): readonly number[] => Array.from({ length: count }, (_, index) => index + 1)

/** Shell: makes the input and, in each round, runs each program between two marks. */
function timedScript(programs: Programs, rounds: number): string {
  const timed = ([name, command]: Programs[number], round: number): string =>
    `now ${markOf(name, round)}-from; { ${command}; } >/dev/null 2>&1; now ${markOf(name, round)}-to`
  return `now() { read up rest </proc/uptime; echo "$1 $up"; }
dd if=/dev/zero of=/tmp/zeros bs=1M count=24 2>/dev/null
awk 'BEGIN { for (i = 0; i < 60000; i++) print i * 7919 % 60013, "line", i * 31 % 1009, "of some text" }' >/tmp/text
gzip -c /tmp/text >/tmp/text.gz
${roundsOf(rounds)
  .flatMap((round) => programs.map((program) => timed(program, round)))
  .join('\n')}
echo BENCH END
`
}

/** Process 1 of the BusyBox guest. `only`: names of USERLAND. */
export function userlandInit(only: readonly string[] = USERLAND.map(([name]) => name), rounds = 1): string {
  return `#!/bin/busybox sh
/bin/busybox --install -s /bin
mkdir -p /proc /sys /dev /tmp
mount -t proc proc /proc; mount -t devtmpfs devtmpfs /dev; mount -t tmpfs tmpfs /tmp
${timedScript(
  USERLAND.filter(([name]) => only.includes(name)),
  rounds,
)}poweroff -f
`
}

const DEBIAN_INIT = `mount -t proc proc /proc; mount -t tmpfs tmpfs /tmp; export LC_ALL=C
${timedScript(DEBIAN, ROUNDS)}busybox poweroff -f`

interface Userland {
  readonly name: string
  readonly programs: Programs
  /** The interpreter too, which goes through the programs once. */
  readonly interpreted: boolean
  /** Arguments of each machine for one run; our disks are written, so they are made for it. */
  ours(folder: string, rounds: number): readonly string[]
  qemu(folder: string): readonly string[]
}

async function busybox(): Promise<Userland> {
  const guest = await debianGuest('cloud')
  if (!guest.ok) throw new Error(guest.error)
  const { kernel, commandLine } = guest.value
  const ramdisk = (rounds: number): string =>
    ramdiskWith(guest.value, [{ path: 'bench-init', content: Buffer.from(userlandInit(undefined, rounds)) }])
  const words = 'quiet rdinit=/bench-init'
  return {
    name: 'BusyBox',
    programs: USERLAND,
    interpreted: true,
    ours: (_, rounds) => [
      ...['--kernel', kernel, '--ramdisk', ramdisk(rounds), '--memory', '256', '--extra', `${commandLine} ${words}`],
    ],
    qemu: () => [
      '-m',
      '256',
      '-kernel',
      kernel,
      '-initrd',
      ramdisk(ROUNDS),
      '-append',
      `${QEMU_WORDS} cryptomgr.notests ${words}`,
    ],
  }
}

async function debian(): Promise<Userland> {
  const system = debianSystem()
  if (!system.ok) throw new Error(system.error)
  const { kernel, ramdisk, image } = system.value
  const words = 'quiet cryptomgr.notests'
  const script = (folder: string): string => scriptDisk(path.join(folder, 'script.img'), DEBIAN_INIT)
  return {
    name: 'Debian',
    programs: DEBIAN,
    interpreted: false,
    ours: (folder) => [
      ...[
        '--kernel',
        kernel,
        '--ramdisk',
        ramdisk,
        '--memory',
        '512',
        '--extra',
        `console=hvc0 ${words} ${scriptWords('xvd')}`,
      ],
      ...['--disk', ownImage(system.value, path.join(folder, 'root.img')), '--disk', `${script(folder)},ro`],
    ],
    qemu: (folder) => [
      ...['-m', '512', '-kernel', kernel, '-initrd', ramdisk, '-append', `${QEMU_WORDS} ${words} ${scriptWords('vd')}`],
      ...['-drive', `file=${image},if=virtio,format=raw,snapshot=on`],
      ...['-drive', `file=${script(folder)},if=virtio,format=raw,readonly=on`],
    ],
  }
}

async function compare({ name: title, programs: rows, interpreted, ours, qemu }: Userland, runs: number) {
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const engine = (translator: 'on' | 'off') => ({
    name: translator === 'on' ? 'ours' : 'interpreter',
    cannot: cannotRunOurs(),
    program: process.execPath,
    args: (folder: string) => [
      ...[path.join(root, 'out/main/guest.cjs'), ...ours(folder, translator === 'on' ? ROUNDS : 1), '--translator', translator],
      ...['--timeout', String(TIMEOUT_MS / 1000)],
    ],
    outputs: [] as string[],
  })
  const machines = [
    ...(interpreted ? [engine('off')] : []),
    engine('on'),
    {
      name: 'qemu tcg',
      cannot: cannotRunQemu(),
      program: 'qemu-system-x86_64',
      args: (folder: string) => ['-accel', 'tcg', ...qemu(folder), '-nographic', '-no-reboot'],
      outputs: [] as string[],
    },
  ]
  for (let run = 0; run < runs; run++) {
    for (const machine of machines) {
      // once is enough for what nobody waits for
      if (machine.cannot || (machine.name === 'interpreter' && run > 0)) continue
      const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-userland-'))
      try {
        machine.outputs.push(await outputOf(machine.program, machine.args(folder), TIMEOUT_MS))
      } finally {
        rmSync(folder, { recursive: true, force: true })
      }
    }
  }
  const programs = rows.map(([name]) => {
    const of = (wanted: string, rounds: readonly number[], by: '' | 'CPU ' = ''): number | null => {
      const outputs = machines.find((machine) => machine.name === wanted)?.outputs ?? []
      const times = outputs.flatMap((output) => rounds.map((round) => secondsOf(output, markOf(name, round), by)))
      return times.length > 0 ? median(times) || null : null
    }
    const beside = (rounds: readonly number[], by?: 'CPU ') => {
      const [ours, qemu] = [of('ours', rounds, by), of('qemu tcg', rounds, by)]
      return { ours, qemu, speed: ours && qemu ? qemu / ours : null }
    }
    return {
      name,
      interpreter: of('interpreter', [1]),
      first: beside([1]),
      all: beside(roundsOf(ROUNDS)),
      cpu: beside(roundsOf(ROUNDS), 'CPU '),
    }
  })
  const meanOf = (by: 'first' | 'all' | 'cpu'): number | null => {
    const speeds = programs.flatMap((program) => program[by].speed ?? [])
    return speeds.length > 0 ? Math.exp(speeds.reduce((sum, speed) => sum + Math.log(speed), 0) / speeds.length) : null
  }
  const means = { first: meanOf('first'), all: meanOf('all'), cpu: meanOf('cpu') }
  const shown = (value: number | null): string => (value === null ? '-' : value.toFixed(2))
  const text = [
    `${title} userland, seconds by the guest's clock and of all its processes' threads, ${runs} guests of each machine by turns: the first` +
      ` of ${ROUNDS} rounds, and the median of all`,
    ...machines.flatMap(({ name, cannot }) => (cannot ? [`${name}: ${cannot}`] : [])),
    table([
      ['program', 'interpreter', 'first', 'qemu', 'speed', 'median', 'qemu', 'speed', 'cpu', 'qemu', 'by cpu'],
      ...programs.map(({ name, interpreter, first, all, cpu }) => [
        name,
        ...[interpreter, ...[first, all, cpu].flatMap(({ ours, qemu, speed }) => [ours, qemu, speed])].map(shown),
      ]),
    ]),
    `geometric mean ${shown(means.all)} of QEMU's speed, ${shown(means.first)} in first rounds, ${shown(means.cpu)} by processor time`,
  ].join('\n')
  return { title, programs, means, text }
}

export async function benchUserland({ runs, only }: BenchOptions): Promise<BenchReport> {
  const userlands = []
  for (const [name, make] of Object.entries({ busybox, debian })) {
    if (only === undefined || only.split(',').includes(name)) userlands.push(await compare(await make(), runs))
  }
  return { text: userlands.map(({ text }) => text).join('\n\n'), json: { bench: 'userland', runs, userlands } }
}
