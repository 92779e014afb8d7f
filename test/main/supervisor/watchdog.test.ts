// Which silence makes a process a hung one: by rows of what its main thread did at each look, with a clock of our own; and that
// /proc tells these states apart. Runs in: vitest, plain Node.
import { type ChildProcess, spawn } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { mainThreadActivity, type ThreadActivity } from '../../../src-main/supervisor/process-usage'
import { Watchdog } from '../../../src-main/supervisor/watchdog'

const EVERY = 2000

/** One look: how much time passed since the one before, what the thread does, and the processor time it got meanwhile. */
type Look = readonly [passedMs: number, state: ThreadActivity['state'] | 'unknown', cpuMs: number]

async function reported(looks: readonly Look[], answersAt = Number.POSITIVE_INFINITY): Promise<number[]> {
  let now = 0
  let cpuSeconds = 0
  let state: Look[1] = 'running'
  const hung: number[] = []
  const answers: (() => void)[] = []
  const watchdog = new Watchdog({
    limitMs: 30_000,
    everyMs: EVERY,
    now: () => now,
    activity: async () => (state === 'unknown' ? undefined : { state, cpuSeconds }),
  })
  watchdog.watch({
    pid: () => 1,
    ping: () => new Promise<void>((resolve) => answers.push(resolve)),
    hung: (seconds) => hung.push(seconds),
  })
  await watchdog.look()
  for (const [at, [passedMs, doing, cpuMs]] of looks.entries()) {
    now += passedMs
    cpuSeconds += cpuMs / 1000
    state = doing
    if (at === answersAt) for (const answer of answers) answer()
    await Promise.resolve()
    await watchdog.look()
  }
  return hung
}

const looks = (count: number, ...look: Look): Look[] => Array.from({ length: count }, () => look)

describe('a process that owes a sign of life', () => {
  const rows: [what: string, looks: Look[], hung: number[]][] = [
    ['and sleeps is hung after the limit, and told once', looks(40, EVERY, 'sleeping', 0), [30]],
    ['and sleeps is not hung before the limit', looks(14, EVERY, 'sleeping', 0), []],
    ['and computes is hung', looks(20, EVERY, 'running', EVERY), [30]],
    ['and is starved is not: it got no processor', looks(100, EVERY, 'running', 20), []],
    ['and is stopped or swapped is not', looks(1000, EVERY, 'held', 0), []],
    ['is not while we stood still ourselves', looks(100, 3_600_000, 'sleeping', 0), []],
    [
      'gets its whole time again after the computer slept',
      [...looks(14, EVERY, 'sleeping', 0), [86_400_000, 'sleeping', 0], ...looks(14, EVERY, 'sleeping', 0)],
      [],
    ],
    ['is not where the system does not tell', looks(100, EVERY, 'unknown', 0), []],
  ]
  for (const [what, seen, hung] of rows) it(what, async () => expect(await reported(seen)).toEqual(hung))

  it('begins anew with each answer', async () => {
    expect(await reported(looks(28, EVERY, 'sleeping', 0), 14)).toEqual([])
    expect(await reported(looks(32, EVERY, 'sleeping', 0), 14)).toEqual([30])
  })
})

describe.skipIf(process.platform !== 'linux')('/proc', () => {
  let child: ChildProcess | undefined
  afterEach(() => child?.kill('SIGKILL'))

  const start = async (program: string): Promise<number> => {
    child = spawn(process.execPath, ['-e', `console.log(1); ${program}`], { stdio: ['ignore', 'pipe', 'ignore'] })
    await new Promise((resolve) => child?.stdout?.once('data', resolve))
    return child.pid ?? -1
  }
  const state = (pid: number) => async () => (await mainThreadActivity(pid))?.state

  it('tells a computing, a waiting and a stopped main thread apart, and nothing of a process that is not', async () => {
    const computing = await start('for (;;) {}')
    await expect.poll(state(computing)).toBe('running')
    process.kill(computing, 'SIGSTOP')
    await expect.poll(state(computing)).toBe('held')
    process.kill(computing, 'SIGCONT')
    await expect.poll(state(computing)).toBe('running')
    child?.kill('SIGKILL')
    await expect.poll(async () => [undefined, 'held'].includes(await state(computing)())).toBe(true)
    const waiting = await start('Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)')
    await expect.poll(state(waiting)).toBe('sleeping')
  })
})
