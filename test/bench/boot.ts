// Boot of Debian's cloud kernel with a BusyBox ramdisk, from the start of the process to the line its init prints:
// our headless runner and qemu-system-x86_64 -accel tcg, the same two files, 512 MiB each.
// Runs in: plain Node.
import { spawn } from 'node:child_process'
import path from 'node:path'
import { DEMO_MARKER } from '../../src-main/toolstack/demo-guest'
import { debianGuest } from '../support/debian-guest'
import { cannotRunOurs, cannotRunQemu } from '../support/micro-kernel'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'

const MEMORY_MIB = 512
const TIMEOUT = 180_000

interface Machine {
  readonly name: string
  readonly cannot: string | undefined
  readonly program: string
  readonly args: readonly string[]
  readonly seconds: number[]
}

export async function benchBoot(options: BenchOptions): Promise<BenchReport> {
  const guest = await debianGuest('cloud')
  if (!guest.ok) throw new Error(guest.error)
  const { kernel, ramdisk, release } = guest.value
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const machines: Machine[] = [
    ...(['off', 'on'] as const).map((translator) => ({
      name: translator === 'on' ? 'ours' : 'interpreter',
      cannot: cannotRunOurs(),
      program: process.execPath,
      args: [
        ...[path.join(root, 'out/main/guest.cjs'), '--kernel', kernel, '--ramdisk', ramdisk, '--extra', 'console=hvc0 quiet'],
        ...['--memory', String(MEMORY_MIB), '--expect', DEMO_MARKER, '--timeout', String(TIMEOUT / 1000)],
        ...['--translator', translator],
      ],
      seconds: [],
    })),
    {
      name: 'qemu tcg',
      cannot: cannotRunQemu(),
      program: 'qemu-system-x86_64',
      args: [
        ...['-accel', 'tcg', '-m', String(MEMORY_MIB), '-kernel', kernel, '-initrd', ramdisk],
        ...['-append', 'console=ttyS0 quiet', '-nographic', '-no-reboot'],
      ],
      seconds: [],
    },
  ]
  for (let run = 0; run < options.runs; run++) {
    for (const machine of machines) {
      if (!machine.cannot) machine.seconds.push(await secondsToMarker(machine))
    }
  }
  const rows = machines.map((machine) => [
    machine.name,
    machine.cannot ?? `${median(machine.seconds).toFixed(2)} s`,
    machine.seconds.map((value) => value.toFixed(2)).join(' '),
  ])
  const [interpreter, ours, qemu] = machines.map((machine) => median(machine.seconds))
  const ratio = ours !== undefined && qemu !== undefined ? ours / qemu : Number.NaN
  const text = [
    `boot of ${release}, ${MEMORY_MIB} MiB, to "${DEMO_MARKER}", ${options.runs} runs each`,
    table([['', 'median', 'runs (s)'], ...rows]),
    Number.isNaN(ratio)
      ? 'no ratio'
      : `ours to QEMU ${ratio.toFixed(2)}, interpreter to ours ${((interpreter ?? Number.NaN) / (ours ?? 1)).toFixed(2)}`,
  ].join('\n')
  const json = {
    bench: 'boot',
    kernel: release,
    memoryMiB: MEMORY_MIB,
    machines: machines.map(({ name, cannot, seconds }) => ({ name, cannot, seconds, median: cannot ? null : median(seconds) })),
    ratio: Number.isNaN(ratio) ? null : ratio,
  }
  return { text, json }
}

/** From spawn to the marker on its standard output; then the process is ended. */
function secondsToMarker(machine: Machine): Promise<number> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(machine.program, machine.args, { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let seconds: number | undefined
    let errors = ''
    const timer = setTimeout(() => child.kill('SIGKILL'), TIMEOUT)
    child.stdout.on('data', (bytes: Buffer) => {
      output = (output + bytes.toString('latin1')).slice(-65536)
      if (seconds !== undefined || !output.includes(DEMO_MARKER)) return
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
