// Runs the headless runner as its users do, as a process, and collects all it says.
import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'

const ROOT = process.env['RINGMASTER_ROOT'] ?? path.resolve(import.meta.dirname, '../..')

export interface HeadlessRun {
  readonly status: number | null
  readonly output: string
  readonly errors: string
  readonly dmesg: string
  readonly json:
    | {
        readonly instructions: number
        readonly translated: number
        readonly wallSeconds: number
        readonly hypercalls: Record<string, number>
      }
    | undefined
}

/** `npm run -s guest -- ...args` without the build step, which the tests' set-up did. */
export async function headlessGuest(...args: readonly string[]): Promise<HeadlessRun> {
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-guest-'))
  const json = path.join(folder, 'json')
  const dmesg = path.join(folder, 'dmesg')
  try {
    const child = spawn(
      process.execPath,
      ['--enable-source-maps', path.join(ROOT, 'out/main/guest.cjs'), ...args, '--json', json, '--dmesg', dmesg],
      { stdio: ['ignore', 'pipe', 'pipe'] },
    )
    let output = ''
    let errors = ''
    child.stdout.on('data', (bytes: Buffer) => {
      output = (output + bytes.toString('utf8')).slice(-1_000_000)
    })
    child.stderr.on('data', (bytes: Buffer) => {
      errors += bytes.toString('utf8')
    })
    const status = await new Promise<number | null>((resolve, reject) => {
      child.on('error', reject)
      child.on('close', resolve)
    })
    return {
      status,
      output,
      errors,
      dmesg: existsSync(dmesg) ? readFileSync(dmesg, 'utf8') : '',
      json: existsSync(json) ? JSON.parse(readFileSync(json, 'utf8')) : undefined,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
