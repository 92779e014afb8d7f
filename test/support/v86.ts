// v86, a PC emulator in WebAssembly, to compare with: fetched from the npm registry into the user's cache when a benchmark wants it,
// never a dependency of ours. Its licence is BSD-2-Clause. It emulates 32-bit processors, so it runs micro-kernels built for 32 bits.
// Runs in: the benchmarks, plain Node.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pathToFileURL } from 'node:url'
import type { Result } from '../../src-engine/public/result'
import { fields, text } from '../../src-engine/public/shape'
import { type GuestRun, readGuestOutput } from './micro-kernel'

const VERSION = '0.5.462'
const INTEGRITY = 'sha512-aKPX7DdzqAKFRv2omDkqSju0uEzlOxzo+II82J5UT7+tZNsboA6kyaNq9NKAnxvo9hzpJ8dQj7vcvcz0J7I2QA=='
const FOLDER = path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'ringmaster', `v86-${VERSION}`)

interface Emulator {
  add_listener(event: 'serial0-output-byte', listener: (byte: number) => void): void
  destroy(): Promise<void>
}
type MakeEmulator = new (options: {
  readonly wasm_path: string
  /** Bytes. */
  readonly memory_size: number
  readonly multiboot: { readonly buffer: ArrayBuffer }
  readonly autostart: boolean
  readonly disable_speaker: boolean
}) => Emulator

/** The folder of its package, or one sentence why it cannot be had. */
export function fetchV86(): Result<string, string> {
  const build = path.join(FOLDER, 'package/build')
  if (existsSync(build)) return { ok: true, value: build }
  mkdirSync(path.dirname(FOLDER), { recursive: true })
  const work = mkdtempSync(`${FOLDER}-`)
  try {
    const told = execFileSync('npm', ['pack', `v86@${VERSION}`, '--json', '--pack-destination', work], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    const shape = fields({ filename: text, integrity: text })
    const packed: unknown = JSON.parse(told)[0]
    if (!shape.is(packed) || packed.integrity !== INTEGRITY)
      return { ok: false, error: 'v86 from the registry is another than expected' }
    execFileSync('tar', ['-xzf', path.join(work, packed.filename), '-C', work])
    renameSync(work, FOLDER)
    return { ok: true, value: build }
  } catch {
    return { ok: false, error: 'v86 cannot be fetched from the npm registry' }
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

/** A Multiboot kernel, in this process, until it says that it has ended. Throws when it does not in time. */
export async function runInV86(build: string, kernel: string, timeoutSeconds: number): Promise<GuestRun> {
  const { V86 }: { V86: MakeEmulator } = await import(pathToFileURL(path.join(build, 'libv86.mjs')).href)
  const start = performance.now()
  const emulator = new V86({
    wasm_path: path.join(build, 'v86.wasm'),
    memory_size: 64 << 20,
    multiboot: { buffer: new Uint8Array(readFileSync(kernel)).buffer },
    autostart: true,
    disable_speaker: true,
  })
  let output = ''
  let timer: NodeJS.Timeout | undefined
  try {
    await new Promise<void>((resolve, reject) => {
      timer = setTimeout(() => reject(new Error(`v86 did not come to the end; it said:\n${output}`)), timeoutSeconds * 1000)
      emulator.add_listener('serial0-output-byte', (byte) => {
        output += String.fromCharCode(byte)
        if (byte === 10 && readGuestOutput(output).ended) resolve()
      })
    })
  } finally {
    clearTimeout(timer)
    await emulator.destroy()
  }
  return { output, ...readGuestOutput(output), status: 0, seconds: (performance.now() - start) / 1000 }
}
