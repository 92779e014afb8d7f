// The headless runner as people and tests use it: arguments, exit statuses, reports, saves; kernels of a few instructions.
// Runs in: vitest; starts out/main/guest.cjs.
import { type ChildProcess, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { parseGuestOptions } from '../../../src-engine/process/guest-options'
import { ConsoleWatch } from '../../../src-engine/process/guest-watch'
import { alive } from '../../support/alive'
import { TINY, tinyKernel } from '../../support/tiny-kernel'

const GUEST = path.resolve('out/main/guest.cjs')

interface Run {
  readonly status: number | null
  readonly out: string
  readonly err: string
}

function guest(...args: string[]): Promise<Run> {
  return runGuest(args, () => undefined)
}

/** Interrupted, as by Ctrl-C, once that many bytes have come on standard output. */
function interrupted(bytes: number, ...args: string[]): Promise<Run> {
  return runGuest(args, (child, out) => {
    if (out.length >= bytes) child.kill('SIGINT')
  })
}

/** `heard` is called with all of standard output whenever more has come. */
function runGuest(args: readonly string[], heard: (child: ChildProcess, out: string) => void): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [GUEST, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.on('data', (bytes: Buffer) => {
      out += bytes.toString('latin1')
      heard(child, out)
    })
    child.stderr.on('data', (bytes: Buffer) => {
      err += bytes.toString('latin1')
    })
    child.on('error', reject)
    child.on('close', (status) => resolve({ status, out, err }))
  })
}

let folder = ''
const file = (name: string): string => path.join(folder, name)
beforeAll(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'guest-test-'))
  for (const name of Object.keys(TINY) as (keyof typeof TINY)[]) fs.writeFileSync(file(name), tinyKernel(name))
  fs.writeFileSync(file('random'), Buffer.alloc(5000, 0x5a))
  fs.writeFileSync(file('truncated'), tinyKernel('spin').subarray(0, 40))
})
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const small = (name: string): string[] => ['--kernel', file(name), '--memory', '16', '--timeout', '60']

describe('the headless runner', () => {
  it('lets a guest read through FS and GS before it has loaded them', async () => {
    expect(await guest(...small('flatSegments'))).toEqual({ status: 0, out: 'FS and GS\n', err: '' })
  })

  it('ends with 0 when the guest powers off, with its bytes on standard output', async () => {
    const run = await guest(...small('poweroff'), '--json', file('json'), '--dmesg', file('dmesg'))
    expect(run).toEqual({ status: 0, out: 'hello from a tiny kernel\n', err: '' })
    const report = JSON.parse(fs.readFileSync(file('json'), 'utf8'))
    expect(report.exits.halt).toBe(1)
    expect(report.instructions).toBeGreaterThan(50)
    expect(fs.readFileSync(file('dmesg'), 'utf8')).toContain('SHUTDOWN_poweroff')
  })

  it('ends with 0 as soon as what is expected has come', async () => {
    expect((await guest(...small('spin'), '--expect', 'spinning')).status).toBe(0)
  })

  it('ends with 5 when the guest stops first, 3 for a triple fault, 6 for a reboot, 4 at the timeout', async () => {
    expect((await guest(...small('poweroff'), '--expect', 'never')).status).toBe(5)
    const fault = await guest(...small('tripleFault'))
    expect([fault.status, fault.out]).toEqual([3, 'going\n'])
    expect(fault.err).toMatch(/^guest: the guest crashed: triple fault at RIP 0x1000\w\w\n$/)
    expect((await guest(...small('reboot'))).status).toBe(6)
    expect((await guest('--kernel', file('spin'), '--memory', '16', '--timeout', '2')).status).toBe(4)
  })

  it('ends with 2 and one line for bad arguments and unusable images', async () => {
    const rows: [string[], RegExp][] = [
      [[], /either --kernel or --restore/],
      [['--kernel'], /needs a value/],
      [['--frobnicate', '1'], /not an option/],
      [['--kernel', file('nothing')], /cannot be read/],
      [['--kernel', file('random')], /neither a bzImage nor an ELF/],
      [['--kernel', file('truncated')], /./],
      [['--kernel', file('spin'), '--memory', '0'], /too little/],
      [['--kernel', file('spin'), '--memory', '4096'], /beyond the limit/],
      [['--kernel', file('spin'), '--vcpus', '9'], /at most 8 vcpus/],
      [['--kernel', file('spin'), '--ramdisk', file('nothing')], /cannot be read/],
      [['--kernel', file('spin'), '--expect', '('], /regular expression/],
      [['--restore', file('random')], /not a save file/],
    ]
    for (const [args, message] of rows) {
      const run = await guest(...args)
      expect([args.join(' '), run.status, run.out]).toEqual([args.join(' '), 2, ''])
      expect(run.err.split('\n')[0]).toMatch(message)
      if (args.length > 0) expect(run.err.trimEnd().split('\n')).toHaveLength(1)
    }
  })

  it('stays in charge of a guest that floods its console or makes hypercalls without end', async () => {
    const flood = await interrupted(1000, ...small('flood'))
    expect(flood).toMatchObject({ status: 130, out: expect.stringMatching(/^(flood flood flood flood\n){10}/) })
    expect(await interrupted(8, ...small('hypercalls'))).toMatchObject({ status: 130, out: 'calling\n' })
  })

  it('ends at its timeout while a guest floods its console or makes hypercalls without end', async () => {
    const first = { flood: 'flood', hypercalls: 'calling' }
    for (const name of ['flood', 'hypercalls'] as const) {
      // How long a start takes is the machine's affair: longer, until the guest has run before the timeout.
      let run: Run
      let seconds = 2
      do {
        run = await guest('--kernel', file(name), '--memory', '16', '--timeout', `${seconds}`)
        seconds *= 2
      } while (run.status === 4 && run.out === '' && seconds <= 64)
      expect([name, run.status, run.out.startsWith(first[name])]).toEqual([name, 4, true])
    }
  })

  it('saves a computing guest and restores it where it was', async () => {
    const saved = await guest(
      '--kernel',
      file('count'),
      '--memory',
      '16',
      '--timeout',
      '60',
      '--save',
      file('save'),
      '--save-after',
      '\\.',
    )
    expect(saved.status).toBe(0)
    const restored = await guest('--restore', file('save'), '--timeout', '60', '--expect', '\\.\\.', '--json', file('json'))
    expect(restored.status).toBe(0)
    expect(restored.out.startsWith('.')).toBe(true)
    expect(JSON.parse(fs.readFileSync(file('json'), 'utf8')).instructions).toBeGreaterThan(3 * 0x1000000)
    const damaged = fs.readFileSync(file('save'))
    damaged[damaged.length >> 1] = (damaged[damaged.length >> 1] ?? 0) ^ 4
    fs.writeFileSync(file('damaged'), damaged)
    const refused = await guest('--restore', file('damaged'))
    expect([refused.status, refused.out]).toEqual([2, ''])
    expect(refused.err).toMatch(/is damaged/)
  })

  it('takes its children along when it is interrupted', async () => {
    const child = spawn(process.execPath, [GUEST, ...small('spin')], { stdio: ['ignore', 'pipe', 'ignore'] })
    await new Promise((resolve) => child.stdout.once('data', resolve))
    const children = fs.readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'latin1').trim().split(' ')
    expect(children.length).toBe(2)
    for (const pid of children) expect(fs.readFileSync(`/proc/${pid}/cmdline`, 'latin1')).toContain('--v8-pool-size=')
    child.kill('SIGINT')
    expect(await new Promise((resolve) => child.on('close', resolve))).toBe(130)
    await expect.poll(() => children.map(Number).filter(alive), { timeout: 60_000 }).toEqual([])
  })
})

describe('the runner’s words', () => {
  it('pair each --send with the --expect before it', () => {
    const parsed = parseGuestOptions(['--kernel', 'k', '--expect', 'a', '--send', 'x\\t', '--expect', 'b', '--send', 'y\\n'])
    expect(parsed.ok && parsed.value.expectations.map(({ send }) => send)).toEqual(['x\t\r', 'y\n'])
    expect(parseGuestOptions(['--kernel', 'k', '--send', 'x']).ok).toBe(false)
  })
  it('give a screen, its viewers and its keys', () => {
    const words = (...more: string[]) => parseGuestOptions(['--kernel', 'k', ...more])
    const screen = words('--vfb', '1024x768', '--screenshot', 's.png', '--vnc', '5901', '--expect', 'a', '--type', 'ls')
    expect(screen.ok && screen.value).toMatchObject({
      display: { kind: 'vfb', width: 1024, height: 768 },
      devices: [{ kind: 'vfb' }],
      screenshot: 's.png',
      vnc: { port: 5901, passwordFile: undefined },
      commandLine: 'console=tty0 console=hvc0',
    })
    expect(screen.ok && screen.value.expectations).toMatchObject([{ send: undefined, keys: 'ls\r' }])
    expect(words('--vfb', '800x600', '--vnc', 'a.sock')).toMatchObject({ ok: true, value: { vnc: { path: 'a.sock' } } })
    for (const [bad, message] of [
      [['--vfb', '800'], /a size like 1024x768/],
      [['--vfb', '320x200'], /640 to 1920/],
      [['--vfb', '800x600', '--vfb', '800x600'], /there is a vfb\/0 already/],
      [['--screenshot', 's.png'], /--screenshot needs a --vfb/],
      [['--vnc', '5900'], /--vnc needs a --vfb/],
      [['--expect', 'a', '--type', 'b'], /--type needs a --vfb/],
      [['--vfb', '800x600', '--vnc', '70000'], /a port is at most 65535/],
      [['--vfb', '800x600', '--vnc', 'path', '--vnc-password', 'f'], /--vnc-password needs a --vnc PORT/],
      [['--vfb', '800x600', '--expect', 'a', '--send', 'b', '--type', 'c'], /--type stands after the --expect/],
    ] as const) {
      const parsed = words(...bad)
      expect(parsed.ok ? 'understood' : parsed.error).toMatch(message)
    }
  })

  it('are met in order, across pieces, and not by what came before something was typed', () => {
    const watch = new ConsoleWatch([
      { pattern: /log.n:/, send: 'root\r' },
      { pattern: /# $/, send: undefined },
    ])
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text)
    expect(watch.add(bytes('lo'))).toEqual([])
    expect(watch.add(bytes('gin: # '))).toEqual(['root\r'])
    expect(watch.met).toBe(false)
    expect(watch.add(bytes('demo# '))).toEqual([undefined])
    expect(watch.met).toBe(true)
  })
})
