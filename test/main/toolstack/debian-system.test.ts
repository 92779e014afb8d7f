// A Debian system for a disk image: with a script that plays the real one here; the real one is run by
// test/long/debian-system.test.ts. Runs in: vitest, plain Node.
import { spawnSync } from 'node:child_process'
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DebianSystemMaker } from '../../../src-main/toolstack/debian-system'
import { groupAlive } from '../../support/alive'
import { missingProgram } from '../../support/programs'

const missing = missingProgram('mmdebstrap', 'mke2fs', 'unshare', 'cp', 'sh')
let folder = ''
const at = (...names: string[]): string => path.join(folder, ...names)
const kept = (): string[] => readdirSync(at('kept')).sort()

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-debian-'))
})
afterEach(() => rmSync(folder, { recursive: true }))

function maker(script: string): DebianSystemMaker {
  writeFileSync(at('script.sh'), script)
  return new DebianSystemMaker({ script: at('script.sh'), folder: at('kept') })
}

const GOOD = `
echo run >> "$1/../runs"
echo "step packages"; echo "step ramdisk"; echo "step image"
truncate -s 64M "$1/debian.img"; printf 'disk' | dd of="$1/debian.img" bs=1 seek=1024 conv=notrunc 2>/dev/null
echo kernel > "$1/vmlinuz"; echo ramdisk > "$1/initrd.img"
echo "step done"`

async function make(debian: DebianSystemMaker, image: string, signal = new AbortController().signal) {
  const steps: string[] = []
  const shares: string[] = []
  const report = (share: number): void => {
    shares.push(`${steps.at(-1)} ${Math.round(share * 100)}`)
  }
  const made = await debian.make(image, { step: (step) => steps.push(step), report, signal })
  return { made, steps, shares }
}

/** As mmdebstrap, apt and dpkg say it on their other output; a package that is set up again later moves nothing back. */
const SAID = `
echo "step packages"
(echo 'I: running apt-get update...'
echo 'I: downloading packages with apt...'; echo '0 upgraded, 2 newly installed, 0 to remove and 0 not upgraded.'
echo 'I: extracting archives...'
echo 'I: installing essential packages...'
for one in libc6 dpkg; do echo "Unpacking $one (1.2) ..."; done; for one in libc6 dpkg libc6; do echo "Setting up $one (1.2) ..."; done
echo 'I: installing remaining packages inside the chroot...'; echo '0 upgraded, 1 newly installed, 0 to remove and 0 not upgraded.'
echo 'Unpacking kmod (30) ...'; echo 'Setting up kmod (30) ...'; echo 'I: extracting archives...') >&2
sleep 0.2`

describe('a Debian system', () => {
  it('says how far the packages are, never backwards, and nothing of it in later steps', async ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    const { made, shares } = await make(
      maker(`${SAID}${GOOD.replace('echo "step packages"; ', '')}; echo 'Setting up x (1) ...'`),
      at('a.img'),
    )
    expect(made.ok).toBe(true)
    const told = [0, 6, 10, 35, 43, 50, 57, 65, 65, 65, 83, 100, 100]
    expect(shares).toEqual(told.map((share) => `installing-packages ${share}`))
  })

  it('is made once; each machine gets a copy of the image, sparse as it was', async ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    const debian = maker(GOOD)
    const first = await make(debian, at('disks', 'a.img'))
    // Of blkfront, which asks for little at a time without it.
    const cmdline: unknown = expect.stringContaining(' xen_blkfront.max_indirect_segments=256')
    expect(first.made).toMatchObject({ ok: true, value: { cmdline } })
    expect(first.made).toMatchObject({ ok: true, value: { image: at('disks', 'a.img'), kernel: at('kept', 'vmlinuz') } })
    expect(first.steps).toEqual([
      'installing-packages',
      'building-ramdisk',
      'building-image',
      'building-image',
      'copying-image',
    ])
    const second = await make(debian, at('disks', 'b.img'))
    expect(second.steps).toEqual(['copying-image'])
    expect(readFileSync(at('runs'), 'utf8')).toBe('run\n')
    for (const name of ['a.img', 'b.img']) {
      expect(readFileSync(at('disks', name)).subarray(1024, 1028).toString()).toBe('disk')
      expect(statSync(at('disks', name)).blocks * 512).toBeLessThan(1024 * 1024)
    }
    expect(readdirSync(at('disks')).sort()).toEqual(['a.img', 'b.img'])
  })

  it('never overwrites a file', async ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    writeFileSync(at('mine.img'), 'precious')
    expect((await make(maker(GOOD), at('mine.img'))).made).toMatchObject({ ok: false, error: { reason: 'file-exists' } })
    expect(readFileSync(at('mine.img'), 'utf8')).toBe('precious')
  })

  it('that cannot be made says why in the words of the program that failed', async ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    const debian = maker(
      'echo "I: trying" >&2; echo "E: Unable to locate package x" >&2; echo "E: mmdebstrap failed to run" >&2; exit 25',
    )
    expect((await make(debian, at('a.img'))).made).toMatchObject({
      ok: false,
      error: { reason: 'debian-unavailable', values: { detail: 'Unable to locate package x' } },
    })
    expect(existsSync(at('a.img'))).toBe(false)
  })

  it('that is cancelled takes along what the script has started, and the next one begins anew', { tags: 'long' }, async ({
    skip,
  }) => {
    if (missing) return skip(`${missing} is not installed`)
    const abort = new AbortController()
    const debian = maker(`trap 'rm -f "$1/half"; exit 130' TERM
echo $$ > "$1/../pid"; touch "$1/half"; echo "step packages"; sleep 1000 & wait`)
    const cancelled = await debian.make(at('a.img'), {
      step: () => abort.abort(),
      report: () => undefined,
      signal: abort.signal,
    })
    expect(cancelled).toMatchObject({ ok: false, error: { reason: 'cancelled' } })
    expect(kept()).toEqual([])
    const group = Number(readFileSync(at('pid'), 'utf8'))
    await expect.poll(() => groupAlive(group)).toBe(false)
    expect((await make(maker(GOOD), at('a.img'))).made.ok).toBe(true)
  })

  it('that has to be killed leaves no folder either', async ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    const abort = new AbortController()
    const script = at('stubborn.sh')
    writeFileSync(script, `trap '' TERM; mkdir "$1/making.$$.abc" "$1/making.1.other"; echo "step packages"; sleep 1000`)
    const debian = new DebianSystemMaker({ script, folder: at('kept'), patienceMs: 10 })
    const { signal } = abort
    const steps: string[] = []
    const step = (name: string): void => {
      steps.push(name)
      abort.abort()
    }
    const cancelled = await debian.make(at('a.img'), { step, report: () => undefined, signal })
    expect(steps).toEqual(['installing-packages', 'removing-half'])
    expect(cancelled).toMatchObject({ ok: false, error: { reason: 'cancelled' } })
    // Another app's is not touched.
    expect(kept()).toEqual(['making.1.other'])
  })

  it('is told to be at each step of the script, those of the hook that mmdebstrap runs too', async ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    mkdirSync(at('bin'))
    writeFileSync(at('bin', 'mmdebstrap'), '#!/bin/sh\necho step ramdisk\necho step image\nexit 1\n')
    chmodSync(at('bin', 'mmdebstrap'), 0o755)
    const script = path.resolve(import.meta.dirname, '../../../resources/debian/make-debian-image.sh')
    const { stdout } = spawnSync('sh', [script, at('kept')], {
      encoding: 'utf8',
      env: { ...process.env, PATH: `${at('bin')}:${process.env['PATH'] ?? ''}:/usr/sbin` },
    })
    expect(stdout).toBe('step packages\nstep ramdisk\nstep image\n')
  })

  it('is made with no open file of the app, whose numbers the pipes of mmdebstrap need', ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    mkdirSync(at('bin'))
    writeFileSync(at('bin', 'mmdebstrap'), '#!/bin/sh\nls /proc/$$/fd >&2\nexit 1\n')
    chmodSync(at('bin', 'mmdebstrap'), 0o755)
    const script = path.resolve(import.meta.dirname, '../../../resources/debian/make-debian-image.sh')
    const ran = spawnSync('sh', [script, at('kept')], {
      encoding: 'utf8',
      stdio: Array.from({ length: 16 }, () => 'pipe' as const),
      env: { ...process.env, PATH: `${at('bin')}:${process.env['PATH'] ?? ''}:/usr/sbin` },
    })
    const numbers = ran.stderr.split('\n').filter(Boolean).map(Number)
    expect(ran.status).toBe(1)
    expect(numbers).toEqual(expect.arrayContaining([0, 1, 2, 15]))
    expect(numbers.filter((each) => each > 2 && each < 10)).toEqual([])
  })
})
