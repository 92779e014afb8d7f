// The demo guest where apt is, where it is not, cancelled, and from what is kept. apt itself is played by scripts here; the
// real one is used by every test that boots Debian (test/support/debian-guest.ts).
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DEMO_MARKER, type DemoStep, demoGuestAvailable, makeDemoGuest } from '../../../src-main/toolstack/demo-guest'
import { missingProgram } from '../../support/programs'

const realPath = process.env['PATH'] ?? ''
let folder = ''
let programs = ''

beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-demo-'))
  programs = path.join(folder, 'programs')
  mkdirSync(programs)
})
afterEach(() => {
  process.env['PATH'] = realPath
  rmSync(folder, { recursive: true })
})

function script(name: string, text: string): void {
  const file = path.join(programs, name)
  writeFileSync(file, `#!/bin/sh\n${text}\n`)
  chmodSync(file, 0o755)
}

/** An apt that knows two packages, whose files are tar archives with one file of a few bytes. */
function playApt(): void {
  process.env['PATH'] = `${programs}:${realPath}`
  script(
    'apt-get',
    [
      'for word; do last=$word; case $word in Dir::State::lists=*) lists=$(echo "$word" | cut -d= -f2);; esac; done',
      'echo "dlstatus:1:50.0:Half" >&3',
      'case $last in',
      '  update) touch "$lists/some_Packages";;',
      '  linux-image-9.9-cloud-amd64) mkdir boot lib; echo kernel > boot/vmlinuz-9.9-cloud-amd64',
      '    echo disks > lib/xen-blkfront.ko; echo nets > lib/xen-netfront.ko.xz; echo other > lib/other.ko; tar -cf kernel.deb ./boot ./lib;;',
      '  busybox-static) mkdir bin; echo busybox > bin/busybox; tar -cf busybox.deb ./bin;;',
      '  *) echo "E: no $last" >&2; exit 100;;',
      'esac',
    ].join('\n'),
  )
  script('apt-cache', 'echo "linux-image-cloud-amd64"; echo "  Depends: linux-image-9.9-cloud-amd64"')
  script('dpkg-deb', 'cat "$2"')
}

const make = (signal = new AbortController().signal, steps: Set<DemoStep> = new Set()): ReturnType<typeof makeDemoGuest> =>
  makeDemoGuest(path.join(folder, 'kept'), { report: (_fraction, step) => steps.add(step), signal })

describe('the demo guest', () => {
  it('is fetched, its ramdisk made, and nothing else is left in the folder', async ({ skip }) => {
    if (missingProgram('tar', 'sh')) return skip('no tar or sh here')
    playApt()
    const steps = new Set<DemoStep>()
    const guest = await make(undefined, steps)
    if (!guest.ok) throw new Error(JSON.stringify(guest.error))
    expect(guest.value.release).toBe('9.9-cloud-amd64')
    expect(readFileSync(guest.value.kernel, 'utf8')).toBe('kernel\n')
    const archive = gunzipSync(readFileSync(guest.value.ramdisk)).toString('latin1')
    expect(archive).toContain(DEMO_MARKER)
    expect(archive).toContain('busybox\n')
    for (const [name, content] of [
      ['xen-blkfront.ko', 'disks'],
      ['xen-netfront.ko.xz', 'nets'],
    ])
      expect(archive).toMatch(new RegExp(`drivers/${name}\\0+${content}\\n`))
    expect(archive).not.toContain('other')
    expect([...steps]).toEqual(['package lists', 'kernel', 'BusyBox', 'ramdisk'])
    expect(readdirSync(path.join(folder, 'kept')).filter((name) => name.startsWith('fetch-'))).toEqual([])
  })

  it('needs no apt when all is kept', async ({ skip }) => {
    if (missingProgram('tar', 'sh')) return skip('no tar or sh here')
    playApt()
    const first = await make()
    process.env['PATH'] = programs
    rmSync(path.join(programs, 'apt-get'))
    expect(await make()).toEqual(first)
  })

  it('kept by a version that had no drivers is completed, and without apt serves as it is', async ({ skip }) => {
    if (missingProgram('tar', 'sh')) return skip('no tar or sh here')
    playApt()
    const whole = await make()
    rmSync(path.join(folder, 'kept', 'cloud', 'drivers-9.9-cloud-amd64'), { recursive: true })
    process.env['PATH'] = path.join(folder, 'no-programs')
    const without = await make()
    if (!whole.ok || !without.ok) throw new Error('it was not made')
    expect(without.value).toMatchObject({ kernel: whole.value.kernel })
    expect(gunzipSync(readFileSync(without.value.ramdisk)).toString('latin1')).not.toContain('xen-blkfront.ko')
    process.env['PATH'] = `${programs}:${realPath}`
    expect(await make()).toEqual(whole)
  })

  it('where there is no apt says so and what to provide', async () => {
    process.env['PATH'] = programs
    for (const result of [await demoGuestAvailable(), await make()]) {
      expect(result).toMatchObject({ ok: false, error: { reason: 'demo-unavailable' } })
      if (!result.ok) expect(result.error.values['detail']).toMatch(/apt-get was not found; a Linux kernel with a PVH entry/)
    }
  })

  it('with a package that apt does not know says which', async ({ skip }) => {
    if (missingProgram('tar', 'sh')) return skip('no tar or sh here')
    playApt()
    script('apt-cache', 'exit 100')
    const guest = await make()
    expect(guest.ok ? '' : guest.error.values['detail']).toMatch(/knows no package linux-image-cloud-amd64/)
  })

  it('with a download that fails says what apt said', async ({ skip }) => {
    if (missingProgram('tar', 'sh')) return skip('no tar or sh here')
    playApt()
    script('apt-cache', 'echo "  Depends: linux-image-0"')
    const guest = await make()
    expect(guest.ok ? '' : guest.error.values['detail']).toBe('no linux-image-0')
    expect(readdirSync(path.join(folder, 'kept'))).toEqual([])
  })

  it('cancelled in the middle says so and leaves nothing', async ({ skip }) => {
    if (missingProgram('tar', 'sh')) return skip('no tar or sh here')
    playApt()
    script('apt-get', 'exec sleep 30')
    const abort = new AbortController()
    const made = make(abort.signal)
    setTimeout(() => abort.abort(), 200)
    expect(await made).toMatchObject({ ok: false, error: { reason: 'cancelled', code: 'OPERATION_ABORTED' } })
    expect(readdirSync(path.join(folder, 'kept'))).toEqual([])
  })

  it('in a folder that cannot be written says why', async () => {
    writeFileSync(path.join(folder, 'kept'), 'a file')
    const guest = await make()
    expect(guest).toMatchObject({ ok: false, error: { reason: 'demo-unavailable' } })
  })
})
