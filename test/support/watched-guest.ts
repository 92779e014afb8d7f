// The headless runner as a process that a test talks with while it runs: its output as it comes, what it prints awaited.
// Runs in: vitest, plain Node.
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { expect } from 'vitest'
import { children } from './supervised'

const ROOT = process.env['RINGMASTER_ROOT'] ?? path.resolve(import.meta.dirname, '../..')

export class WatchedGuest {
  private readonly child: ChildProcess
  output = ''
  errors = ''
  readonly ended: Promise<number | null>

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, ['--enable-source-maps', path.join(ROOT, 'out/main/guest.cjs'), ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    this.child.stdout?.on('data', (bytes: Buffer) => {
      this.output = (this.output + bytes.toString('latin1')).slice(-1_000_000)
    })
    this.child.stderr?.on('data', (bytes: Buffer) => {
      this.errors += bytes.toString('utf8')
    })
    this.ended = new Promise((resolve) => this.child.on('close', resolve))
  }

  /** SIGKILL for its domain 0; the runner makes another. */
  async killDomain0(): Promise<void> {
    const pids = () => children(this.child.pid ?? -1, 'dom0')
    await expect.poll(pids).toHaveLength(1)
    process.kill(pids()[0] ?? -1, 'SIGKILL')
  }

  kill(): void {
    this.child.kill()
  }
}
