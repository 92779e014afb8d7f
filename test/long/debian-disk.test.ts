// A Debian 12 system on a disk image, made by resources/debian/make-debian-image.sh with this machine's package sources: it boots from
// its disk to the login, root logs in and writes with fsync, it powers off; twice, and the file system is clean after each.
// Minutes to make and minutes to run. Runs in: vitest (long tier), on the bundles in out/main.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { headlessGuest } from '../support/headless-guest'
import { missingProgram } from '../support/programs'

const ROOT = process.env['RINGMASTER_ROOT'] ?? path.resolve(import.meta.dirname, '../..')
const missing = missingProgram('mmdebstrap', 'mke2fs', 'unshare', 'e2fsck')
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-debian-'))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

describe('a Debian system on a disk', () => {
  it('boots, is worked in, powers off and boots again, its file system clean', ({ skip }) => {
    if (missing) return skip(`${missing} is not installed`)
    try {
      execFileSync('sh', [path.join(ROOT, 'resources/debian/make-debian-image.sh'), folder], { stdio: 'pipe' })
    } catch (error) {
      return skip(`no Debian system could be made here: ${error instanceof Error ? error.message.slice(-500) : error}`)
    }
    return bootTwice()
  }, 3_600_000)
})

async function bootTwice(): Promise<void> {
  const image = path.join(folder, 'debian.img')
  for (const boot of [1, 2]) {
    const run = await headlessGuest(
      ...['--kernel', path.join(folder, 'vmlinuz'), '--ramdisk', path.join(folder, 'initrd.img'), '--memory', '512'],
      ...['--extra', 'root=/dev/xvda ro console=hvc0 cryptomgr.notests', '--disk', image, '--timeout', '1200'],
      ...['--expect', 'login: ', '--send', 'root', '--expect', '# '],
      '--send',
      `dd if=/dev/urandom of=/root/file${boot} bs=64k count=32 conv=fsync && md5sum /root/file*; systemctl is-system-running`,
      ...['--expect', `[0-9a-f]{32}  /root/file${boot}\\s+running[^]*# `, '--send', 'poweroff'],
    )
    expect(run.status, run.output.slice(-3000) + run.errors).toBe(0)
    expect(run.errors).toBe('')
    expect(run.output).not.toMatch(/I\/O error|Kernel panic|BUG:|EXT4-fs error/)
    execFileSync('e2fsck', ['-fn', image], { stdio: 'pipe' })
  }
}
