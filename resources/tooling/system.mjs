// What the machine must have before Electron runs: shared libraries, and where there is no display a virtual one.
// As root on a Debian-like system it installs what is missing; otherwise it names the one command that does.
// Runs in: plain Node, node builtins only.
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { isFresh, writeStamp } from './stamp.mjs'

export const isRoot = process.platform === 'linux' && process.getuid?.() === 0
const log = (message) => process.stderr.write(`[system] ${message}\n`)

// Library name prefix → package names to try (Debian 12 / Ubuntu 22.04, then the t64 names of later releases).
const LIBRARIES = {
  'libgtk-3': ['libgtk-3-0', 'libgtk-3-0t64'],
  'libgdk-3': ['libgtk-3-0', 'libgtk-3-0t64'],
  libnss3: ['libnss3'],
  libnssutil3: ['libnss3'],
  libsmime3: ['libnss3'],
  libnspr4: ['libnspr4'],
  libgbm: ['libgbm1'],
  libasound: ['libasound2', 'libasound2t64'],
  libdrm: ['libdrm2'],
  'libatk-bridge-2.0': ['libatk-bridge2.0-0', 'libatk-bridge2.0-0t64'],
  'libatk-1.0': ['libatk1.0-0', 'libatk1.0-0t64'],
  libatspi: ['libatspi2.0-0', 'libatspi2.0-0t64'],
  libcups: ['libcups2', 'libcups2t64'],
  libdbus: ['libdbus-1-3'],
  libxkbcommon: ['libxkbcommon0'],
  libX11: ['libx11-6'],
  libXcomposite: ['libxcomposite1'],
  libXdamage: ['libxdamage1'],
  libXext: ['libxext6'],
  libXfixes: ['libxfixes3'],
  libXrandr: ['libxrandr2'],
  libXss: ['libxss1'],
  libxcb: ['libxcb1'],
  libexpat: ['libexpat1'],
  'libpango-1.0': ['libpango-1.0-0'],
  libcairo: ['libcairo2'],
  'libglib-2.0': ['libglib2.0-0', 'libglib2.0-0t64'],
  'libgio-2.0': ['libglib2.0-0', 'libglib2.0-0t64'],
  'libgobject-2.0': ['libglib2.0-0', 'libglib2.0-0t64'],
}

const has = (command) =>
  (process.env.PATH ?? '').split(path.delimiter).some((dir) => dir && fs.existsSync(path.join(dir, command)))
const output = (command, args, env = process.env) => spawnSync(command, args, { encoding: 'utf8', env }).stdout ?? ''

/** Packages (alternatives joined by |) without which `exec` does not start; with `needX` also Xvfb and a font. */
function missingPackages(exec, needX) {
  if (process.platform !== 'linux') return []
  const wanted = new Set()
  for (const [, name] of output('ldd', [exec], { ...process.env, LC_ALL: 'C' }).matchAll(/^\s*(\S+) => not found$/gm)) {
    if (name === 'libffmpeg.so') continue // ships with Electron
    const key = Object.keys(LIBRARIES).find((prefix) => name.startsWith(`${prefix}.`) || name.startsWith(`${prefix}-`))
    if (key) wanted.add(LIBRARIES[key].join('|'))
    else log(`no package known for ${name}`)
  }
  if (needX && !has('Xvfb')) wanted.add('xvfb')
  // A machine without any font shows empty boxes; fontconfig itself comes with GTK.
  if (needX && has('fc-list') && !output('fc-list', []).trim()) wanted.add('fonts-dejavu-core')
  return [...wanted]
}

/** What says that libraries came or went: the loader's cache is written anew whenever a package brings or takes some. */
function libraryState(exec, needX) {
  const words = [exec, '/etc/ld.so.cache'].map((file) => {
    const stat = fs.statSync(file, { throwIfNoEntry: false })
    return `${file} ${stat?.size} ${stat?.mtimeMs} ${stat?.ino}`
  })
  return [...words, needX].join(' ')
}

/** Makes sure that Electron's libraries (and Xvfb where asked for) are there, or throws naming the command to run. */
export function ensureSystem(exec, needX) {
  // Asking the loader takes longer than all else a warm start does here.
  const state = () => libraryState(exec, needX)
  const fresh = isFresh('system', state(), [exec, ...(process.platform === 'linux' ? ['/etc/ld.so.cache'] : [])])
  if (fresh && (!needX || has('Xvfb'))) return
  install(exec, needX)
  writeStamp('system', state())
}

function install(exec, needX) {
  let missing = missingPackages(exec, needX)
  if (missing.length === 0) return
  if (!has('apt-get') || !isRoot) {
    const names = missing.map((alternatives) => alternatives.split('|')[0]).join(' ')
    throw new Error(`system packages are missing. Install them and run this again:\n\n  sudo apt-get install -y ${names}\n`)
  }
  const apt = (args) =>
    spawnSync('apt-get', args, { stdio: ['ignore', 2, 2], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } })
  apt(['update', '-qq'])
  const known = (name) => /Candidate: (?!\(none\))/.test(output('apt-cache', ['policy', name]))
  // A library just installed can show that the next one is missing.
  for (let round = 0; round < 3 && missing.length > 0; round++) {
    const names = missing.map((alternatives) => alternatives.split('|').find(known) ?? alternatives.split('|')[0])
    log(`installing system packages: ${names.join(' ')}`)
    apt(['install', '-y', '-qq', '--no-install-recommends', ...names])
    missing = missingPackages(exec, needX)
  }
  if (missing.length > 0) throw new Error(`still missing after apt-get: ${missing.join(' ')}`)
}

/** Starts a private Xvfb on a display number it picks itself (-displayfd): no races, no xauth, no xvfb-run. */
export function startXvfb(size = '1440x900x24') {
  return new Promise((resolve, reject) => {
    const args = ['-displayfd', '3', '-screen', '0', size, '-nolisten', 'tcp', '-noreset']
    const server = spawn('Xvfb', args, { stdio: ['ignore', 'ignore', 'ignore', 'pipe'] })
    const stop = () => server.kill()
    process.on('exit', stop)
    server.once('error', reject)
    server.once('exit', (code) => reject(new Error(`Xvfb ended with ${code}`)))
    server.stdio[3].once('data', (line) => resolve({ display: `:${String(line).trim()}`, stop }))
  })
}
