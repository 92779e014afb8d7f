// Programs of this machine for a guest: a small ext4 image with them and the libraries they are linked with, at the paths they have
// here, to be mounted and run in with chroot. Only copies of what apt installed; nothing of it is kept in the repo.
// Runs in: tests, plain Node.
import { execFileSync } from 'node:child_process'
import { copyFileSync, mkdirSync, realpathSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import path from 'node:path'

const MIB = 1024 * 1024

/** The loader and the libraries of a program, as the loader itself lists them. */
function libraries(program: string): string[] {
  const listed = execFileSync('ldd', [program], { encoding: 'utf8' })
  return [...listed.matchAll(/(?:=> |^\s+)(\/\S+)/gm)].map((match) => match[1] ?? '').filter((file) => file !== '')
}

/** Writes `image`, and uses `image`.tree meanwhile. Throws where a program is not installed. */
export function makeProgramsDisk(image: string, programs: readonly string[]): void {
  const tree = `${image}.tree`
  const files = new Set<string>()
  for (const name of programs) {
    const place = execFileSync('sh', ['-c', 'command -v "$1"', 'sh', name], { encoding: 'utf8' }).trim()
    files.add(place)
    for (const library of libraries(place)) files.add(library)
  }
  let bytes = 0
  for (const file of files) {
    const target = path.join(tree, file)
    mkdirSync(path.dirname(target), { recursive: true })
    copyFileSync(realpathSync(file), target)
    bytes += statSync(target).size
  }
  for (const folder of ['dev', 'proc', 'sys', 'tmp']) mkdirSync(path.join(tree, folder), { recursive: true })
  writeFileSync(image, '')
  truncateSync(image, Math.ceil((bytes * 1.1) / MIB + 8) * MIB)
  execFileSync('mke2fs', ['-q', '-F', '-t', 'ext4', '-O', '^has_journal', '-d', tree, image])
  rmSync(tree, { recursive: true, force: true })
}

/** For the demo shell, once the disk's driver is loaded: `in_programs ethtool …` then runs one. */
export const mountPrograms = (device: string): string =>
  `mkdir -p /programs-disk; mount -t ext4 -o ro /dev/${device} /programs-disk; mount -t tmpfs tmpfs /programs-disk/tmp; ` +
  'for f in dev proc sys; do mount -o bind /$f /programs-disk/$f; done; in_programs() { chroot /programs-disk "$@"; }'
