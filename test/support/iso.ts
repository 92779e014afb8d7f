// CD images for tests, as xorriso makes them. Runs in: vitest.
import { execFileSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'

/** Options of `xorriso -as mkisofs` for the three kinds of names. */
export const ISO_NAMES = { 'rock-ridge': ['-R'], joliet: ['--norock', '-J'], plain: ['--norock'] } as const

/** Packs files, by path within the image, into `image`. */
export function makeIso(
  image: string,
  label: string,
  files: Readonly<Record<string, Uint8Array>>,
  options: readonly string[] = ISO_NAMES['rock-ridge'],
): void {
  const tree = `${image}.tree`
  for (const [file, bytes] of Object.entries(files)) {
    fs.mkdirSync(path.dirname(path.join(tree, file)), { recursive: true })
    fs.writeFileSync(path.join(tree, file), bytes)
  }
  execFileSync('xorriso', ['-as', 'mkisofs', '-quiet', ...options, '-V', label, '-o', image, tree], { stdio: 'pipe' })
  fs.rmSync(tree, { recursive: true })
}
