// A file system of the host that runs full under an unmodified kernel. With enospace=stop the guest stands, goes on by itself when
// there is room, and nothing is lost; without it the guest sees an I/O error. The file system is a small tmpfs, mounted in a namespace of its
// own. Runs in: vitest, on the bundles in out/main.
import { execFileSync, spawn } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-full-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))
const PROMPT = DEMO_PROMPT.replace(/[~#$]/g, '\\$&')
// By its whole name: the runner reads others in the folder where npm was called.
const DISK = path.join(folder, 'disk.raw')
const GUEST = path.join(__dirname, '../../out/main/guest.cjs')

function cannotMount(): string | undefined {
  try {
    execFileSync('unshare', ['-rm', 'mount', '-t', 'tmpfs', 'none', folder], { stdio: 'pipe' })
    return undefined
  } catch {
    return 'a tmpfs cannot be mounted in a namespace here'
  }
}

/**
 * Runs a guest whose disk is on a file system of 12 MiB, 4 of them taken by a file that goes as soon as `goes` stands in what runner and
 * guest print; it must come. Its whole output, and the md5 sum of the disk afterwards.
 */
function run(args: readonly string[], goes: RegExp): Promise<string> {
  const script = [
    'mount -t tmpfs -o size=12m none "$0"; cd "$0"',
    'head -c 4194304 /dev/zero >ballast; truncate -s 16M disk.raw',
    '{ read _; rm ballast; } <&3 & "$@" </dev/null 3<&-',
    'md5sum disk.raw',
  ].join('; ')
  const child = spawn('unshare', ['-rm', 'sh', '-c', script, folder, process.execPath, GUEST, ...args], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
  })
  const signal = child.stdio[3]
  // The other end goes when it has read.
  signal?.on('error', () => {})
  let output = ''
  const add = (bytes: Buffer): void => {
    output += bytes.toString('latin1')
    if (goes.test(output) && signal && 'write' in signal) signal.write('\n')
  }
  // Without the words the ballast would never go, and the one who waits for them holds the output open.
  child.on('exit', () => signal?.destroy())
  child.stdout?.on('data', add)
  child.stderr?.on('data', add)
  return new Promise((resolve) => child.on('close', () => resolve(output)))
}

async function options(disk: string, command: string, expected: string): Promise<string[] | string> {
  const debian = await debianGuest('cloud')
  if (!debian.ok) return debian.error
  const modules = await kernelModules(debian.value, ['xen-blkfront'])
  if (!modules.ok) return modules.error
  const { kernel, commandLine } = debian.value
  return [
    ...['--kernel', kernel, '--ramdisk', ramdiskWith(debian.value, modules.value), '--memory', '128', '--timeout', '200'],
    ...['--extra', `${commandLine} quiet`, '--disk', disk, '--expect', PROMPT],
    ...['--send', `${insmods(modules.value)}; sleep 1; head -c 1000000 /dev/urandom >/tmp/data; ${command}`],
    ...['--expect', expected, '--send', 'poweroff'],
  ]
}

const WRITE = 'for i in 0 1 2 3 4 5 6 7 8 9; do cat /tmp/data; done | dd of=/dev/xvda bs=64k conv=fsync'

describe.skipIf(cannotMount())('a host that runs full', () => {
  it('has the guest stand until there is room, with enospace=stop', async ({ skip }) => {
    const args = await options(
      `${DISK},enospace=stop`,
      `${WRITE}; echo 3 >/proc/sys/vm/drop_caches; md5sum /dev/xvda`,
      '[0-9a-f]{32}  /dev/xvda',
    )
    if (typeof args === 'string') return skip(args)
    const output = await run(args, /paused: xvda has no room on the host/)
    expect(output).toMatch(/paused: xvda has no room on the host\. It goes on when there is room\./)
    expect(output).toMatch(/goes on: there is room/)
    expect(output).not.toMatch(/I\/O error|Input\/output error/)
    const seen = /([0-9a-f]{32}) {2}\/dev\/xvda/.exec(output)?.[1]
    expect(output).toContain(`${seen}  disk.raw`)
  }, 240_000)

  it('gives it an I/O error without', { tags: 'long', timeout: 240_000 }, async ({ skip }) => {
    const args = await options(DISK, `${WRITE}; echo status ""$?`, 'status 1')
    if (typeof args === 'string') return skip(args)
    const output = await run(args, /status 1/)
    expect(output).toMatch(/I\/O error, dev xvda/)
    expect(output).not.toMatch(/paused/)
  })
})
