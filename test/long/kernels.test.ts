// Debian's kernels that no other test boots, fetched through apt: the real-time one and the 32-bit one, which has PAE and starts from
// PVH's entry too. Each comes up to a shell with one and two processors and powers off. Runs in: vitest, plain Node, long tier.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { missingAptProgram, PrivateApt } from '../../src-main/toolstack/apt'
import { makeInitramfs } from '../../src-main/toolstack/initramfs'
import { headlessGuest } from '../support/headless-guest'

const INIT = `#!/bin/busybox sh
/bin/busybox --install -s /bin
mount -t proc proc /proc
mount -t sysfs sys /sys
mount -t devtmpfs dev /dev
exec setsid cttyhack sh
`

const KERNELS = [
  { metapackage: 'linux-image-rt-amd64', architecture: 'amd64', machine: 'x86_64', says: 'PREEMPT_RT' },
  { metapackage: 'linux-image-686-pae', architecture: 'i386', machine: 'i686', says: '686-pae' },
] as const

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-kernels-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

describe.each(KERNELS)('$metapackage', ({ metapackage, architecture, machine, says }) => {
  const own = path.join(folder, architecture)
  const [kernel, ramdisk] = [path.join(own, 'vmlinuz'), path.join(own, 'initrd')]
  let cannot: string | undefined

  beforeAll(async () => {
    cannot = await fetchInto(own, metapackage, architecture)
  }, 600_000)

  it.for([1, 2])('comes up with %i processors', { timeout: 900_000 }, async (vcpus, { skip }) => {
    if (cannot !== undefined) return skip(cannot)
    const run = await headlessGuest(
      ...['--kernel', kernel, '--ramdisk', ramdisk, '--extra', 'console=hvc0 quiet', '--memory', '512', '--vcpus', `${vcpus}`],
      ...['--expect', '/ # ', '--send', 'uname -mv -r; nproc; poweroff -f', '--timeout', '800'],
    )
    expect(run.status, run.output.slice(-2000) + run.errors).toBe(0)
    const [, told] = run.output.split('poweroff -f')
    expect(told).toContain(says)
    expect(told).toMatch(new RegExp(`${machine}\\s+${vcpus}\\s`))
  })
})

/** Why it cannot be had here. */
async function fetchInto(own: string, metapackage: string, architecture: string): Promise<string | undefined> {
  const missing = await missingAptProgram()
  if (missing !== undefined) return `${missing} is not here`
  const apt = new PrivateApt(path.join(own, 'apt'), AbortSignal.timeout(500_000), architecture)
  const updated = await apt.update(() => {})
  if (!updated.ok) return updated.error
  const name = await apt.dependency(metapackage, 'linux-image-')
  if (!name.ok) return name.error
  const files: Buffer[] = []
  for (const [from, wanted] of [
    [name.value, /^boot\/vmlinuz-/],
    ['busybox-static', /^(usr\/)?bin\/busybox$/],
  ] as const) {
    const downloaded = await apt.download(from, () => {})
    const file = downloaded.ok ? await apt.extract(downloaded.value, (entry) => wanted.test(entry)) : downloaded
    if (!file.ok) return file.error
    files.push(file.value.content)
  }
  const [kernel, busybox] = files
  if (!kernel || !busybox) return 'nothing was fetched'
  mkdirSync(own, { recursive: true })
  writeFileSync(path.join(own, 'vmlinuz'), kernel)
  const archive = makeInitramfs([
    ...['bin', 'dev', 'proc', 'sys'].map((name) => ({ kind: 'folder', path: name }) as const),
    { kind: 'device', path: 'dev/console', mode: 0o600, major: 5, minor: 1 },
    { kind: 'file', path: 'bin/busybox', mode: 0o755, content: busybox },
    { kind: 'file', path: 'init', mode: 0o755, content: Buffer.from(INIT) },
  ])
  writeFileSync(path.join(own, 'initrd'), archive)
  return undefined
}
