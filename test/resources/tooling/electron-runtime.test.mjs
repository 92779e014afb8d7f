// Which Electron is taken: the real one whenever it can be had, the stand-in otherwise, and when the download is tried
// again. A made-up electron package stands in for the real one; no network.
// Runs in: vitest, plain Node.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { asar, binaryName, FALLBACK, resolveElectron } from '../../../resources/tooling/electron-runtime.mjs'

let root = ''
const inRoot = (...parts) => path.join(root, ...parts)
const write = (file, text) => {
  fs.mkdirSync(path.dirname(file), { recursive: true })
  fs.writeFileSync(file, text)
}
const attempts = () => (fs.existsSync(inRoot('attempts')) ? fs.readFileSync(inRoot('attempts'), 'utf8').length : 0)

/** An electron package whose install.js counts its runs and, when the network is up, leaves a binary. */
function electronPackage({ online }) {
  write(
    inRoot('node_modules/electron/install.js'),
    `const fs = require('node:fs'), path = require('node:path')
     fs.appendFileSync(${JSON.stringify(inRoot('attempts'))}, 'x')
     if (!${online}) process.exit(1)
     const dist = path.join(__dirname, 'dist')
     fs.mkdirSync(path.dirname(path.join(dist, ${JSON.stringify(binaryName())})), { recursive: true })
     fs.writeFileSync(path.join(dist, ${JSON.stringify(binaryName())}), '')
     fs.writeFileSync(path.join(dist, 'version'), 'v45.4.1')
     fs.writeFileSync(path.join(__dirname, 'path.txt'), ${JSON.stringify(binaryName())})`,
  )
}

beforeEach(() => {
  root = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-electron-'))
  write(inRoot('package-lock.json'), '{}')
  const cached = inRoot('cache', `electron-${FALLBACK.version}-linux-x64-r${FALLBACK.layout}`)
  write(path.join(cached, 'electron'), '')
  write(path.join(cached, 'version'), FALLBACK.version)
  vi.stubEnv('APP_ELECTRON_CACHE', inRoot('cache'))
  vi.stubEnv('ELECTRON_MIRROR', 'http://mirror.invalid/') // skips the look whether the usual host answers
  vi.stubEnv('ELECTRON_OVERRIDE_DIST_PATH', '')
  vi.stubEnv('ELECTRON_RUNTIME', '')
})
afterEach(() => {
  vi.unstubAllEnvs()
  fs.rmSync(root, { recursive: true, force: true })
})

describe.runIf(process.platform === 'linux' && process.arch === 'x64')('resolveElectron', () => {
  it('takes the real Electron when it can be downloaded, although the stand-in is cached', async () => {
    electronPackage({ online: true })
    expect(await resolveElectron({ root })).toMatchObject({ source: 'npm', version: '45.4.1' })
    expect(await resolveElectron({ root })).toMatchObject({ source: 'npm' })
    expect(attempts()).toBe(1)
  })

  it('does not try a failed download again until the lockfile changes or it is told to', async () => {
    electronPackage({ online: false })
    expect(await resolveElectron({ root })).toMatchObject({ source: 'fallback', version: FALLBACK.version })
    await resolveElectron({ root })
    expect(attempts()).toBe(1)
    await resolveElectron({ root, retry: true })
    expect(attempts()).toBe(2)
    write(inRoot('package-lock.json'), '{"lockfileVersion": 3}')
    await resolveElectron({ root })
    expect(attempts()).toBe(3)
  })

  it('changes over to the real Electron when a later try succeeds', async () => {
    electronPackage({ online: false })
    await resolveElectron({ root })
    electronPackage({ online: true })
    expect(await resolveElectron({ root })).toMatchObject({ source: 'fallback' })
    expect(await resolveElectron({ root, retry: true })).toMatchObject({ source: 'npm' })
    expect(await resolveElectron({ root })).toMatchObject({ source: 'npm' })
  })

  it('refuses the stand-in when ELECTRON_RUNTIME=download says so', async () => {
    electronPackage({ online: false })
    vi.stubEnv('ELECTRON_RUNTIME', 'download')
    await expect(resolveElectron({ root })).rejects.toThrow('forbids the fallback')
  })
})

it('an asar of ours has its files at the offsets its header says', () => {
  const bytes = asar({ 'a.txt': 'alpha', 'b.txt': 'beta' })
  const headerLength = bytes.readUInt32LE(12)
  const { files } = JSON.parse(bytes.subarray(16, 16 + headerLength).toString())
  const start = 8 + bytes.readUInt32LE(4)
  const at = (name) => start + Number(files[name].offset)
  expect(bytes.subarray(at('b.txt'), at('b.txt') + files['b.txt'].size).toString()).toBe('beta')
})
