// Boots of Debian's cloud kernel, with a BusyBox ramdisk to the line its init prints and of a Debian system with systemd to its
// login, both from the start of the process: our headless runner and qemu-system-x86_64 -accel tcg, the same files, 512 MiB each.
// `--only kernel` or `--only system`.
// Runs in: plain Node.
import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { DEMO_MARKER } from '../../src-main/toolstack/demo-guest'
import { debianGuest } from '../support/debian-guest'
import { debianSystem, ownImage } from '../support/debian-system'
import { cannotRunOurs, cannotRunQemu } from '../support/micro-kernel'
import { QEMU_WORDS } from './guest-output'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'

const MEMORY_MIB = 512
const TIMEOUT = 600_000

interface Machine {
  readonly name: string
  readonly cannot: string | undefined
  readonly program: string
  args(folder: string): readonly string[]
  readonly seconds: number[]
}

interface Boot {
  readonly what: string
  readonly marker: string
  /** The interpreter too. */
  readonly interpreted: boolean
  ours(folder: string): readonly string[]
  qemu(): readonly string[]
}

async function kernelBoot(): Promise<Boot> {
  const guest = await debianGuest('cloud')
  if (!guest.ok) throw new Error(guest.error)
  const { kernel, ramdisk, release } = guest.value
  return {
    what: release,
    marker: DEMO_MARKER,
    interpreted: true,
    ours: () => ['--kernel', kernel, '--ramdisk', ramdisk, '--extra', 'console=hvc0 quiet'],
    qemu: () => ['-kernel', kernel, '-initrd', ramdisk, '-append', `${QEMU_WORDS} quiet`],
  }
}

async function systemBoot(): Promise<Boot> {
  const system = debianSystem()
  if (!system.ok) throw new Error(system.error)
  const { kernel, ramdisk, image } = system.value
  const words = (disk: string): string => `root=/dev/${disk} ro cryptomgr.notests`
  return {
    what: 'a Debian system with systemd on a disk',
    marker: 'debian login: ',
    interpreted: false,
    ours: (folder) => [
      ...['--kernel', kernel, '--ramdisk', ramdisk, '--extra', `console=hvc0 ${words('xvda')}`],
      ...['--disk', ownImage(system.value, path.join(folder, 'root.img'))],
    ],
    qemu: () => [
      ...['-kernel', kernel, '-initrd', ramdisk, '-append', `${QEMU_WORDS} ${words('vda')}`],
      ...['-drive', `file=${image},if=virtio,format=raw,snapshot=on`],
    ],
  }
}

export async function benchBoot({ runs, only }: BenchOptions): Promise<BenchReport> {
  const boots = []
  for (const [name, make] of Object.entries({ kernel: kernelBoot, system: systemBoot })) {
    if (only === undefined || only.split(',').includes(name)) boots.push(await compare(await make(), runs))
  }
  return { text: boots.map(({ text }) => text).join('\n\n'), json: { bench: 'boot', memoryMiB: MEMORY_MIB, boots } }
}

async function compare({ what, marker, interpreted, ours, qemu }: Boot, runs: number) {
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const engine = (translator: 'on' | 'off'): Machine => ({
    name: translator === 'on' ? 'ours' : 'interpreter',
    cannot: cannotRunOurs(),
    program: process.execPath,
    args: (folder) => [
      ...[path.join(root, 'out/main/guest.cjs'), ...ours(folder), '--memory', String(MEMORY_MIB)],
      ...['--expect', marker, '--timeout', String(TIMEOUT / 1000), '--translator', translator],
    ],
    seconds: [],
  })
  const machines: Machine[] = [
    ...(interpreted ? [engine('off')] : []),
    engine('on'),
    {
      name: 'qemu tcg',
      cannot: cannotRunQemu(),
      program: 'qemu-system-x86_64',
      args: () => ['-accel', 'tcg', '-m', String(MEMORY_MIB), ...qemu(), '-nographic', '-no-reboot'],
      seconds: [],
    },
  ]
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-boot-'))
  try {
    for (let run = 0; run < runs; run++) {
      for (const machine of machines) {
        if (!machine.cannot) machine.seconds.push(await secondsToMarker(machine, machine.args(folder), marker))
      }
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
  const rows = machines.map((machine) => [
    machine.name,
    machine.cannot ?? `${median(machine.seconds).toFixed(2)} s`,
    machine.seconds.map((value) => value.toFixed(2)).join(' '),
  ])
  const secondsOf = (wanted: string): number => median(machines.find(({ name }) => name === wanted)?.seconds ?? [])
  const ratio = secondsOf('ours') / secondsOf('qemu tcg')
  const gain = secondsOf('interpreter') / secondsOf('ours')
  const text = [
    `boot of ${what}, ${MEMORY_MIB} MiB, to "${marker}", ${runs} runs each`,
    table([['', 'median', 'runs (s)'], ...rows]),
    Number.isNaN(ratio) ? 'no ratio' : `ours to QEMU ${ratio.toFixed(2)}`,
    ...(Number.isNaN(gain) ? [] : [`interpreter to ours ${gain.toFixed(2)}`]),
  ].join('\n')
  return {
    what,
    machines: machines.map(({ name, cannot, seconds }) => ({ name, cannot, seconds, median: cannot ? null : median(seconds) })),
    ratio: Number.isNaN(ratio) ? null : ratio,
    text,
  }
}

/** From spawn to the marker on its standard output; then the process is ended. */
function secondsToMarker(machine: Machine, args: readonly string[], marker: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(machine.program, args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let seconds: number | undefined
    let errors = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT)
    child.stdout.on('data', (bytes: Buffer) => {
      output = (output + bytes.toString('latin1')).slice(-65536)
      if (seconds !== undefined || !output.includes(marker)) return
      seconds = (performance.now() - start) / 1000
      // Ours ends by itself, its expectation met; QEMU would go on.
      if (machine.program !== process.execPath) child.kill()
    })
    child.stderr.on('data', (bytes: Buffer) => {
      errors = (errors + bytes.toString('latin1')).slice(-2000)
    })
    child.on('error', reject)
    child.on('close', (status) => {
      clearTimeout(timer)
      if (seconds !== undefined) resolve(seconds)
      else
        reject(
          new Error(`${machine.name} ended (status ${status}) before the marker; it said:\n${errors || output.slice(-2000)}`),
        )
    })
  })
}
