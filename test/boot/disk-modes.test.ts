// How a disk is cached and whether it takes discards, as an unmodified kernel sees it: Debian's cloud kernel with its own
// xen-blkfront. What the guest discards is given back to the host, or stays. Runs in: vitest, on the bundles in out/main.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest, insmods, kernelModules, ramdiskWith } from '../support/debian-guest'
import { headlessGuest } from '../support/headless-guest'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-modes-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const MIB = 1024 * 1024
const PROMPT = DEMO_PROMPT.replace(/[~#$]/g, '\\$&')
/** What of a disk Linux knows: bytes it may discard at once, and whether there is a cache to be flushed. */
const ask = (dev: string) =>
  `echo ${dev}: $(cat /sys/block/${dev}/queue/discard_max_bytes) $(cat /sys/block/${dev}/queue/write_cache) .`

/** A whole file without holes. */
function filled(name: string): string {
  const file = path.join(folder, name)
  fs.writeFileSync(file, Buffer.alloc(16 * MIB, 'x'))
  return file
}

const taken = (file: string): number => fs.statSync(file).blocks * 512
/** Whether the host can make holes in files at all. */
const holes = spawnSync('fallocate', ['--version']).status === 0

describe('a disk of an unmodified kernel', () => {
  it('is written back or through, and gives back what is discarded unless it is told to ignore it', async ({ skip }) => {
    const debian = await debianGuest('cloud')
    if (!debian.ok) return skip(debian.error)
    const modules = await kernelModules(debian.value, ['xen-blkfront'])
    if (!modules.ok) return skip(modules.error)
    const [usual, ignored, through] = ['usual.raw', 'ignored.raw', 'through.raw'].map(filled)
    if (usual === undefined || ignored === undefined || through === undefined) throw new Error('no disks')
    const { kernel, commandLine } = debian.value
    const run = await headlessGuest(
      ...['--kernel', kernel, '--ramdisk', ramdiskWith(debian.value, modules.value), '--memory', '128', '--timeout', '280'],
      ...['--extra', `${commandLine} quiet`, '--disk', usual, '--disk', `${ignored},discard=ignore,cache=unsafe`],
      ...['--disk', `${through},cache=writethrough`, '--expect', PROMPT],
      ...['--send', `${insmods(modules.value)}; sleep 1; ${['xvda', 'xvdb', 'xvdc'].map(ask).join('; ')}`],
      ...['--expect', `xvdc: [^]*${PROMPT}`],
      ...['--send', 'for d in a b c; do blkdiscard /dev/xvd$d && echo gone $d; done; echo z | dd of=/dev/xvdc conv=fsync'],
      ...['--expect', `records out[^]*${PROMPT}`, '--send', 'poweroff'],
    )
    expect(run.status, run.output + run.errors).toBe(0)
    expect(run.output).toMatch(/xvda: [1-9]\d+ write back \./)
    expect(run.output).toMatch(/xvdb: 0 write back \./)
    expect(run.output).toMatch(/xvdc: [1-9]\d+ write through \./)
    expect(run.output.match(/^gone \w/gm)).toEqual(['gone a', 'gone c'])
    expect(taken(ignored)).toBeGreaterThanOrEqual(16 * MIB)
    expect(fs.readFileSync(through).subarray(0, 2).toString()).toBe('z\n')
    if (holes) for (const file of [usual, through]) expect(taken(file), file).toBeLessThan(MIB)
  }, 300_000)
})
