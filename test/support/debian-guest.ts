// Debian's kernels and the demo ramdisk, fetched once through apt into the user's cache folder, never into the repo.
// Where they cannot be had, tests that want them are skipped and say why.
import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Result } from '../../src-engine/public/result'
import { explainError } from '../../src-main/public/error-code'
import { PrivateApt } from '../../src-main/toolstack/apt'
import { type DemoGuest, type DemoKernel, makeDemoGuest } from '../../src-main/toolstack/demo-guest'
import { type InitramfsEntry, makeInitramfs } from '../../src-main/toolstack/initramfs'

export const demoFolder = path.join(
  process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'),
  'ringmaster',
  'demo-guest',
)
const TIMEOUT = 120_000
const RAMDISK_WITH = 'ramdisk-with-'
const DAY = 24 * 60 * 60 * 1000
const RAMDISKS_KEPT = 3 * DAY

/** The guest's files, or one sentence why they are not there. */
export async function debianGuest(flavour: DemoKernel): Promise<Result<DemoGuest, string>> {
  const signal = AbortSignal.timeout(TIMEOUT)
  const made = await makeDemoGuest(demoFolder, { report: () => undefined, signal }, flavour)
  return made.ok ? made : { ok: false, error: explainError(made.error).cause }
}

/** Modules of a guest's kernel by name (`xen-blkfront`), each after those it needs; or one sentence why they cannot be had. */
export async function kernelModules(guest: DemoGuest, names: readonly string[]): Promise<Result<readonly GuestFile[], string>> {
  const folder = path.join(path.dirname(guest.kernel), `modules-${guest.release}`)
  try {
    if (!existsSync(folder)) await fetchModules(guest.release, folder)
    const files = new Map<string, string>()
    for (const entry of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
      const name = /([^/]+)\.ko(\.xz)?$/.exec(entry)?.[1]
      if (name) files.set(name.replaceAll('_', '-'), path.join(folder, entry))
    }
    const wanted = new Map<string, GuestFile>()
    const add = (name: string): void => {
      const file = files.get(name.replaceAll('_', '-'))
      // Built into the kernel.
      if (!file || wanted.has(name)) return
      const content = unpackedModule(file)
      for (const needed of moduleNeeds(content)) add(needed.replaceAll('_', '-'))
      wanted.set(name, { path: `modules/${name}.ko`, content })
    }
    for (const name of names) add(name.replaceAll('_', '-'))
    return { ok: true, value: [...wanted.values()] }
  } catch (error) {
    return { ok: false, error: error instanceof Error ? error.message : String(error) }
  }
}

export interface GuestFile {
  readonly path: string
  readonly content: Uint8Array
}

async function fetchModules(release: string, folder: string): Promise<void> {
  const work = `${folder}-${process.pid}`
  try {
    const apt = new PrivateApt(work, AbortSignal.timeout(TIMEOUT))
    const updated = await apt.update(() => undefined)
    if (!updated.ok) throw new Error(updated.error)
    const packed = await apt.download(`linux-image-${release}`, () => undefined)
    if (!packed.ok) throw new Error(packed.error)
    const tree = path.join(work, 'tree')
    mkdirSync(tree)
    execFileSync('sh', ['-c', `dpkg-deb --fsys-tarfile "$1" | tar -x -C "$2" --wildcards '*.ko*'`, 'sh', packed.value, tree])
    renameSync(tree, folder)
  } finally {
    rmSync(work, { recursive: true, force: true })
  }
}

function unpackedModule(file: string): Uint8Array {
  const bytes = readFileSync(file)
  if (!file.endsWith('.xz')) return bytes
  return execFileSync('xz', ['-dc', file], { maxBuffer: 64 * 1024 * 1024 })
}

/** The modules that one needs, as its .modinfo section says. */
function moduleNeeds(content: Uint8Array): string[] {
  const text = Buffer.from(content).toString('latin1')
  return (/\0depends=([^\0]*)\0/.exec(text)?.[1] ?? '').split(',').filter((name) => name !== '')
}

/**
 * The demo ramdisk with more files in it: Linux unpacks archives one after another. Kept in the cache by its contents and the day:
 * runs of one day share it, and who makes one removes those of days gone by.
 */
export function ramdiskWith(guest: Pick<DemoGuest, 'ramdisk'>, files: readonly GuestFile[], now = Date.now()): string {
  const folders = new Set<string>()
  const entries: InitramfsEntry[] = []
  for (const file of files) {
    const parts = file.path.split('/').slice(0, -1)
    parts.forEach((_, i) => {
      const folder = parts.slice(0, i + 1).join('/')
      if (!folders.has(folder)) entries.push({ kind: 'folder', path: folder })
      folders.add(folder)
    })
    entries.push({ kind: 'file', path: file.path, mode: 0o755, content: file.content })
  }
  const archive = gzipSync(makeInitramfs(entries), { level: 1 })
  const base = readFileSync(guest.ramdisk)
  const hash = createHash('sha256').update(base).update(archive).digest('hex').slice(0, 16)
  const folder = path.dirname(guest.ramdisk)
  const target = path.join(folder, `${RAMDISK_WITH}${hash}-${Math.floor(now / DAY)}`)
  if (!existsSync(target)) {
    const beside = `${target}.${process.pid}`
    writeFileSync(beside, Buffer.concat([base, Buffer.alloc(-base.length & 3), archive]))
    renameSync(beside, target)
    removeOldRamdisks(folder, now)
  }
  return target
}

/**
 * Their names change with the day: one that was written three days ago was handed to nobody for two, and no run takes that long. So
 * none can be asked for between the look at its age and its end, which a file that is touched on each use could be.
 */
function removeOldRamdisks(folder: string, now: number): void {
  for (const name of readdirSync(folder)) {
    if (!name.startsWith(RAMDISK_WITH)) continue
    const file = path.join(folder, name)
    // Another run may have removed it, or be done with writing one and have given it its name.
    const found = statSync(file, { throwIfNoEntry: false })
    if (found && now - found.mtimeMs > RAMDISKS_KEPT) rmSync(file, { force: true })
  }
}

/** Commands for the demo shell that load the modules of `kernelModules`; some it has loaded itself, which insmod would complain of. */
export function insmods(modules: readonly GuestFile[]): string {
  return modules.map(({ path: file }) => `insmod /${file} 2>/dev/null`).join('; ')
}
