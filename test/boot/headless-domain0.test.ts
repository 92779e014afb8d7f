// The headless runner's domain 0 killed under it, in the middle of console output, of transactions and of typing: a new one takes
// over, no byte is lost or doubled either way, and the exit status is the guest's. Runs in: vitest, plain Node, on out/main.
import { type ChildProcess, spawn } from 'node:child_process'
import path from 'node:path'
import { afterEach, beforeAll, describe, expect, it } from 'vitest'
import { buildMicroKernel, cannotBuild } from '../support/micro-kernel'
import { children, delay } from '../support/supervised'
import { count } from '../support/tier'
import { transactionSum, WorkerLines } from '../support/worker-guest'

const cannot = cannotBuild() ?? (process.platform === 'win32' ? 'processes are looked for with ps' : undefined)
const started: ChildProcess[] = []
let kernel = ''
beforeAll(() => {
  if (!cannot) kernel = buildMicroKernel('worker')
})
afterEach(() => {
  for (const child of started.splice(0)) child.kill('SIGTERM')
})

class Runner {
  output = ''
  errors = ''
  readonly ended: Promise<number | null>
  private readonly child: ChildProcess

  constructor(...args: string[]) {
    const program = path.resolve(__dirname, '../../out/main/guest.cjs')
    const child = spawn(process.execPath, [program, '--kernel', kernel, '--memory', '16', '--timeout', '120', ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    started.push(child)
    this.child = child
    child.stdout.on('data', (bytes: Buffer) => {
      this.output += bytes.toString('latin1')
    })
    child.stderr.on('data', (bytes: Buffer) => {
      this.errors += bytes.toString('latin1')
    })
    this.ended = new Promise((resolve) => child.on('close', resolve))
  }

  async kill(): Promise<void> {
    const pids = () => children(this.child.pid ?? -1, 'dom0')
    await expect.poll(pids).toHaveLength(1)
    process.kill(pids()[0] ?? -1, 'SIGKILL')
  }

  end(): void {
    this.child.kill('SIGTERM')
  }

  get deaths(): number {
    return this.errors.split('a new one takes over').length - 1
  }
}

describe.skipIf(cannot)('domain 0 of the headless runner, killed', () => {
  // A runner gives up at the sixth death within a minute, so more deaths take more runners.
  it.each(Array.from({ length: count(1, 3) }, (_, at) => at + 1))(
    'in the middle of output costs no byte of it, runner %i',
    async () => {
      const lines = new WorkerLines()
      const run = new Runner('--extra', 'pulse=1')
      const past = async (line: number): Promise<void> => {
        await expect.poll(() => lines.check(run.output).last, { timeout: 60_000, interval: 5 }).toBeGreaterThan(line)
      }
      for (let round = 1; round <= 4; round++) {
        await past(lines.check(run.output).last + 30)
        await run.kill()
        await expect.poll(() => run.deaths, { timeout: 60_000 }).toBe(round)
      }
      await past(lines.check(run.output).last + 200)
      run.end()
      expect(await run.ended, run.errors).toBe(128 + 15)
      const { wrong, first, last } = lines.check(run.output)
      expect([wrong, first]).toEqual([undefined, 1])
      const expected = Array.from({ length: last }, (_, at) => `${lines.line(at + 1)}\n`).join('')
      expect(run.output.startsWith(expected)).toBe(true)
    },
    400_000,
  )

  it('in the middle of transactions leaves each done once', { tags: 'long', timeout: 150_000 }, async () => {
    const transactions = count(160, 800)
    const run = new Runner('--extra', `store=${transactions}`, '--expect', 'FINISHED')
    for (let round = 1; round <= 3; round++) {
      await expect.poll(() => run.output, { timeout: 60_000, interval: 5 }).toContain(`DONE ${round * 12} `)
      await run.kill()
      await expect.poll(() => run.deaths, { timeout: 60_000 }).toBe(round)
    }
    expect(await run.ended, run.errors).toBe(0)
    expect(run.output).toContain(`FINAL ${transactionSum(transactions)}\n`)
    expect(run.output).not.toContain('FAILURE')
    const done = [...run.output.matchAll(/^DONE (\d+) /gm)].map(([, number]) => Number(number))
    expect(done).toEqual(Array.from({ length: transactions }, (_, at) => at + 1))
  })

  it('while it is typed for loses and doubles nothing that is typed', { tags: 'long', timeout: 150_000 }, async () => {
    const typed = count(400, 800)
    const words = ['--expect', 'READY\\n', '--send', 'line 1']
    for (let line = 2; line <= typed; line++) words.push('--expect', `line ${line - 1}\\n`, '--send', `line ${line}`)
    const run = new Runner('--extra', `echo=${typed}`, ...words, '--expect', 'FINISHED\\n')
    for (let round = 1; round <= 4; round++) {
      await expect.poll(() => run.output, { timeout: 60_000, interval: 5 }).toContain(`line ${20 * round}\n`)
      await delay(7 * round)
      await run.kill()
      await expect.poll(() => run.deaths, { timeout: 60_000 }).toBe(round)
    }
    expect(await run.ended, run.errors + run.output.slice(-300)).toBe(0)
    let bytes = 0
    const expected = Array.from({ length: typed }, (_, at) => {
      bytes += `line ${at + 1}\r`.length
      return `ECHO ${at + 1} ${bytes} line ${at + 1}\n`
    })
    expect(run.output).toBe(`READY\n${expected.join('')}FINISHED\n`)
  })

  it('again and again ends the runner with status 3', async () => {
    const run = new Runner('--extra', 'pulse=10')
    await expect.poll(() => run.output, { timeout: 60_000 }).toContain('LINE 3 ')
    for (let round = 1; round <= 5; round++) {
      await run.kill()
      await expect.poll(() => run.deaths, { timeout: 60_000 }).toBe(round)
    }
    await run.kill()
    expect(await run.ended).toBe(3)
    expect(run.errors.trim().split('\n').at(-1)).toBe('guest: domain 0 ended with SIGKILL')
  }, 180_000)
})
