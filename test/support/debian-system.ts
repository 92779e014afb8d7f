// A Debian 12 system on a disk image for benchmarks and long tests, made once by resources/debian/make-debian-image.sh into the user's
// cache folder: the cloud kernel, systemd, and packages that guests are timed and tested with. Minutes the first time.
// Runs in: plain Node.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Result } from '../../src-engine/public/result'
import { missingProgram } from './programs'

const ROOT = process.env['RINGMASTER_ROOT'] ?? path.resolve(import.meta.dirname, '../..')
const CACHE = path.join(process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'), 'ringmaster')
const SIZE_MIB = 3072
const PACKAGES = 'linux-image-cloud-amd64,python3-minimal,stress-ng'

export interface DebianSystem {
  readonly kernel: string
  readonly ramdisk: string
  /** ext4, raw; the root file system. Never written: each guest gets a copy. */
  readonly image: string
}

/** The files, or one sentence why they cannot be had. */
export function debianSystem(): Result<DebianSystem, string> {
  const script = path.join(ROOT, 'resources/debian/make-debian-image.sh')
  const hash = createHash('sha256').update(readFileSync(script)).update(PACKAGES).digest('hex').slice(0, 16)
  const folder = path.join(CACHE, `debian-system-${hash}`)
  if (!existsSync(folder)) {
    const missing = missingProgram('mmdebstrap', 'mke2fs', 'unshare')
    if (missing) return { ok: false, error: `${missing} is not installed` }
    const beside = `${folder}.${process.pid}`
    try {
      mkdirSync(CACHE, { recursive: true })
      execFileSync('sh', [script, beside, String(SIZE_MIB), PACKAGES], { stdio: 'pipe' })
      renameSync(beside, folder)
    } catch (error) {
      return {
        ok: false,
        error: `no Debian system could be made here: ${error instanceof Error ? error.message.slice(-300) : error}`,
      }
    } finally {
      rmSync(beside, { recursive: true, force: true })
    }
  }
  const file = (name: string): string => path.join(folder, name)
  return { ok: true, value: { kernel: file('vmlinuz'), ramdisk: file('initrd.img'), image: file('debian.img') } }
}

/** A copy of the image that a guest may write. */
export function ownImage({ image }: DebianSystem, target: string): string {
  execFileSync('cp', ['--sparse=always', '--reflink=auto', image, target])
  return target
}

const SECTOR = 512

/** A disk that is a shell script: `init=/bin/sh` of a guest reads it from there, whatever bus the disk is on. */
export function scriptDisk(target: string, script: string): string {
  const text = `${script}\nexit\n`
  writeFileSync(target, text.padEnd(Math.ceil(text.length / SECTOR) * SECTOR, '\n'))
  return target
}

/** The kernel's words to do so, in place of systemd. `bus` is xvd or vd. */
export function scriptWords(bus: string): string {
  return `root=/dev/${bus}a rw init=/bin/sh -- -c "until [ -b /dev/${bus}b ]; do sleep 0.1; done; . /dev/${bus}b"`
}
