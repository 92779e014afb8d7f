// Builds the micro-kernels of test/guest with the system's gcc and runs them: under QEMU's emulator and under ours, the
// same file; the programs of `bench -- cpu` on the host too. Their SUCCESS, FAILURE and SKIP lines are the result; a run
// without its END line counts as failed.
// Built files are kept in the user's cache folder under a name made from the sources.

import { spawn } from 'node:child_process'
import { createHash, randomUUID } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { missingProgram, runProgram } from './programs'

const ROOT = process.env['RINGMASTER_ROOT'] ?? path.resolve(import.meta.dirname, '../..')
const SOURCES = path.join(ROOT, 'test/guest')
const LIBRARY = path.join(SOURCES, 'lib')
const CACHE = path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'ringmaster', 'micro-kernel')

const FLAGS = [
  ...['-O2', '-std=gnu11', '-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib', '-static'],
  ...[
    '-fno-pie',
    '-no-pie',
    '-mno-red-zone',
    '-mno-80387',
    '-mno-mmx',
    '-mno-sse',
    '-fno-stack-protector',
    '-fcf-protection=none',
  ],
  ...['-fno-asynchronous-unwind-tables', '-Wl,--build-id=none', '-Wl,--no-warn-rwx-segments', '-Wl,-z,noexecstack'],
]

/** What single kernels are built with besides: gcc knows no pragma for x87. */
const MORE: Readonly<Record<string, readonly string[]>> = { 'cpu-x87': ['-m80387'] }

export interface GuestRun {
  /** Console text. */
  readonly output: string
  readonly lines: readonly { readonly result: 'SUCCESS' | 'FAILURE' | 'SKIP'; readonly text: string }[]
  /** The kernel came to its end. */
  readonly ended: boolean
  readonly status: number | null
  readonly seconds: number
}

/** Why micro-kernels cannot be built here; undefined when they can. */
export function cannotBuild(): string | undefined {
  if (process.arch !== 'x64') return 'micro-kernels are built with the gcc of an x86-64 system'
  return missingProgram('gcc', 'ld') ? 'gcc is not installed' : undefined
}

export function cannotRunQemu(): string | undefined {
  return missingProgram('qemu-system-x86_64') ? 'qemu-system-x86_64 is not installed' : undefined
}

/** Why our engine cannot run a guest here; undefined when it can. */
export function cannotRunOurs(): string | undefined {
  return existsSync(path.join(ROOT, 'out/main/guest.cjs')) ? undefined : 'the headless runner is not built'
}

/** Why programs of the host (test/guest/native) cannot be run here; undefined when they can. */
export function cannotRunNative(): string | undefined {
  return process.platform === 'linux' ? undefined : 'programs that are built as programs of the host call Linux'
}

/**
 * Path of test/guest/kernel/<name>.c as an ELF file: for PVH and 64 bits, or the programs of `bench -- cpu` as a Multiboot kernel of
 * 32 bits. `flags`: gcc's, beside those of all.
 */
export function buildMicroKernel(name: string, bits: 64 | 32 = 64, flags: readonly string[] = []): string {
  const atTwoMiB = `-Wl,-T,${path.join(LIBRARY, 'link.ld')}`
  return bits === 64
    ? build(name, LIBRARY, [atTwoMiB, ...flags])
    : build(name, path.join(SOURCES, 'lib32'), [atTwoMiB, '-m32', ...flags])
}

/** The same of a program of `bench -- cpu` that needs no kernel, as a program of the host. */
export function buildNative(name: string, flags: readonly string[] = []): string {
  return build(name, path.join(SOURCES, 'native'), ['-DNATIVE', ...flags])
}

function build(name: string, own: string, more: readonly string[]): string {
  const files = (folder: string): string[] => readdirSync(folder).map((file) => path.join(folder, file))
  const compiled = [...files(own), path.join(SOURCES, 'kernel', `${name}.c`)].filter((source) => /\.[cS]$/.test(source))
  const sources = [...new Set([...files(LIBRARY), ...compiled])]
  const flags = [...FLAGS, ...(MORE[name] ?? []), ...more]
  const hash = createHash('sha256').update(flags.join(' '))
  for (const source of sources.sort()) hash.update(readFileSync(source))
  const file = path.join(CACHE, `${name}-${hash.digest('hex').slice(0, 16)}.elf`)
  if (existsSync(file)) return file
  mkdirSync(CACHE, { recursive: true })
  const beside = `${file}.${process.pid}-${randomUUID()}`
  runProgram('gcc', [...flags, ...compiled, '-o', beside], new Uint8Array(0))
  renameSync(beside, file)
  return file
}

export interface GuestOptions {
  readonly memoryMiB?: number
  readonly vcpus?: number
  readonly timeoutSeconds?: number
  readonly commandLine?: string
  readonly extra?: readonly string[]
  readonly environment?: Readonly<Record<string, string>>
}

/**
 * Under qemu-system-x86_64, its own translator (TCG), no disk. COM1 goes to a file: what waits for a slow pipe is lost
 * when QEMU is told to exit.
 */
export async function runInQemu(kernel: string, options: GuestOptions = {}): Promise<GuestRun> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-qemu-'))
  const serial = path.join(folder, 'serial')
  try {
    const ran = await run(
      'qemu-system-x86_64',
      [
        // Several processors take turns: its threads sometimes go on running code that another has changed.
        ...[
          '-accel',
          'tcg,thread=single',
          '-m',
          String(options.memoryMiB ?? 64),
          '-kernel',
          kernel,
          '-no-reboot',
          '-nic',
          'none',
        ],
        ...[
          '-smp',
          String(options.vcpus ?? 1),
          '-display',
          'none',
          '-monitor',
          'none',
          '-serial',
          `file:${serial}`,
          '-device',
          'isa-debug-exit,iobase=0xf4',
        ],
        ...(options.commandLine ? ['-append', options.commandLine] : []),
        ...(options.extra ?? []),
      ],
      options,
    )
    const output = (existsSync(serial) ? readFileSync(serial, 'latin1') : '') + ran.output
    return { ...ran, ...readGuestOutput(output), output }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Under our headless runner. */
export function runInOurs(kernel: string, options: GuestOptions = {}): Promise<GuestRun> {
  return run(
    process.execPath,
    [
      ...['--enable-source-maps', path.join(ROOT, 'out/main/guest.cjs'), '--kernel', kernel],
      ...[
        '--memory',
        String(options.memoryMiB ?? 64),
        '--vcpus',
        String(options.vcpus ?? 1),
        '--timeout',
        String(options.timeoutSeconds ?? 60),
      ],
      ...(options.commandLine ? ['--extra', options.commandLine] : []),
      ...(options.extra ?? []),
    ],
    options,
  )
}

/** A program of the host that buildNative() has made. */
export function runNative(program: string, options: GuestOptions = {}): Promise<GuestRun> {
  return run(program, [], options)
}

function run(program: string, args: readonly string[], options: GuestOptions): Promise<GuestRun> {
  return new Promise((resolve, reject) => {
    const start = performance.now()
    const child = spawn(program, args, {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, ...options.environment },
    })
    const timer = setTimeout(() => child.kill('SIGKILL'), ((options.timeoutSeconds ?? 60) + 10) * 1000)
    let output = ''
    child.stdout.on('data', (bytes: Buffer) => {
      output += bytes.toString('latin1')
    })
    child.stderr.on('data', (bytes: Buffer) => {
      output += bytes.toString('latin1')
    })
    child.on('error', reject)
    child.on('close', (status) => {
      clearTimeout(timer)
      resolve({ ...readGuestOutput(output), output, status, seconds: (performance.now() - start) / 1000 })
    })
  })
}

export function readGuestOutput(output: string): Pick<GuestRun, 'lines' | 'ended'> {
  const lines: { result: 'SUCCESS' | 'FAILURE' | 'SKIP'; text: string }[] = []
  // QEMU's firmware writes escape sequences and no line end before the first line.
  for (const match of output.matchAll(/(SUCCESS|FAILURE|SKIP) ([^\r\n]*)/g)) {
    const [, result, text] = match
    if (result === 'SUCCESS' || result === 'FAILURE' || result === 'SKIP') lines.push({ result, text: text ?? '' })
  }
  return { lines, ended: /END \d+ succeeded/.test(output) }
}

/** Removes built files; for a clean start when a compiler was changed. */
export function forgetBuilt(): void {
  rmSync(CACHE, { recursive: true, force: true })
}
