// What the build steps share: a hash over source trees, stamps that say what an output was made from, a lock between
// processes, and whole-file writes. Node builtins only: it must work before node_modules exists.
// Invariant: a stamp is written last, so a step that was killed half-way is done again.
// Runs in: plain Node, from the scripts beside it and from tests.
import { createHash } from 'node:crypto'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

/** The checkout: resources/tooling is two levels below it. */
export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..', '..')
/** Stamps and locks live with node_modules: `npm ci` throws them away together with what they speak of. */
export const cacheDir = path.join(root, 'node_modules', '.cache', 'ringmaster')

const SKIP = new Set(['node_modules', 'build', '.git'])

/** Files below `dir` (relative to the root, sorted); folders named build are outputs and left out. */
export function listFiles(dir) {
  const found = []
  const walk = (relative) => {
    const absolute = path.join(root, relative)
    const stat = fs.statSync(absolute, { throwIfNoEntry: false })
    if (!stat) return
    if (stat.isFile()) return void found.push(relative)
    for (const name of fs.readdirSync(absolute).sort()) if (!SKIP.has(name)) walk(path.join(relative, name))
  }
  walk(dir)
  return found
}

/** A file whose time is as young as this may change again within the same tick of the clock. */
const YOUNG_MS = 2000

/**
 * One hash over the names and contents of everything below `paths`, plus any extra words. Contents are read only when a name,
 * size, time or inode is another than when they were read last: a warm start looks at every file and reads none.
 */
export function hashSources(paths, ...extra) {
  const files = paths.flatMap((dir) => listFiles(dir))
  const seen = createHash('sha256')
  let youngest = 0
  for (const file of files) {
    const { size, mtimeMs, ctimeMs, ino } = fs.statSync(path.join(root, file))
    youngest = Math.max(youngest, mtimeMs, ctimeMs)
    seen.update(`${file} ${size} ${mtimeMs} ${ctimeMs} ${ino}\0`)
  }
  for (const word of extra) seen.update(`${word}\0`)
  const key = createHash('sha256')
    .update([...paths, ...extra].join('\0'))
    .digest('hex')
    .slice(0, 16)
  const [looks, memory] = [seen.digest('hex'), path.join(cacheDir, `contents-${key}`)]
  const [knownLooks, known] = readWords(memory)
  if (knownLooks === looks && known !== undefined) return known
  const hash = createHash('sha256')
  for (const file of files)
    hash
      .update(`${file}\0`)
      .update(fs.readFileSync(path.join(root, file)))
      .update('\0')
  for (const word of extra) hash.update(`${word}\0`)
  const contents = hash.digest('hex')
  if (youngest < Date.now() - YOUNG_MS) writeAtomic(memory, `${looks} ${contents}`)
  return contents
}

function readWords(file) {
  try {
    return fs.readFileSync(file, 'utf8').split(' ')
  } catch {
    return []
  }
}

/** Writes the whole file or nothing: readers see the old content or the new one. */
export function writeAtomic(file, content) {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  const temporary = `${file}.${process.pid}.tmp`
  fs.writeFileSync(temporary, content)
  fs.renameSync(temporary, file)
}

const stampFile = (name) => path.join(cacheDir, `${name}.stamp`)

export function isFresh(name, hash, outputs) {
  if (outputs.some((file) => !fs.existsSync(file))) return false
  try {
    return fs.readFileSync(stampFile(name), 'utf8') === hash
  } catch {
    return false
  }
}

/** Forgets what the output was made from: somebody else is about to write it. */
export const clearStamp = (name) => fs.rmSync(stampFile(name), { force: true })

export const writeStamp = (name, hash) => writeAtomic(stampFile(name), hash)

function ownerIsGone(lock) {
  try {
    const pid = Number(fs.readFileSync(path.join(lock, 'pid'), 'utf8'))
    process.kill(pid, 0)
    return false
  } catch (error) {
    if (error.code === 'EPERM') return false
    if (error.code === 'ESRCH') return true
    // No pid yet: its maker is between two calls, or died there.
    const stat = fs.statSync(lock, { throwIfNoEntry: false })
    return stat !== undefined && Date.now() - stat.mtimeMs > 5000
  }
}

/** Runs `work` while holding the named lock; waits for other processes, takes over from dead ones. */
export async function withLock(name, work, dir = cacheDir) {
  const lock = path.join(dir, `${name}.lock`)
  fs.mkdirSync(dir, { recursive: true })
  for (;;) {
    try {
      fs.mkdirSync(lock)
      break
    } catch (error) {
      if (error.code !== 'EEXIST') throw error
      if (ownerIsGone(lock)) {
        // Rename first: of several who see the dead owner only one gets to remove the lock.
        const grave = `${lock}.${process.pid}`
        try {
          fs.renameSync(lock, grave)
          fs.rmSync(grave, { recursive: true, force: true })
        } catch {}
      } else await new Promise((wake) => setTimeout(wake, 50))
    }
  }
  try {
    fs.writeFileSync(path.join(lock, 'pid'), String(process.pid))
    return await work()
  } finally {
    fs.rmSync(lock, { recursive: true, force: true })
  }
}
