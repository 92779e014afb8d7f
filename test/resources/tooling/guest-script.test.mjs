// `npm run -s guest` as a script meets it: quick when warm, exit codes and output passed through, and no process left
// when npm is told to end.
// Runs in: vitest, plain Node; the engine's bundles are current (build.setup.mjs).
import { spawn, spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { expect, it } from 'vitest'

const ROOT = path.resolve(__dirname, '../../../')
const NPM = ['run', '-s', 'guest', '--']
const built = fs.existsSync(path.join(ROOT, 'out/main/guest.cjs'))

it.skipIf(!built)('starts within a second when nothing has to be built, and passes the exit code on', () => {
  const seconds = [1, 2, 3, 4, 5].map(() => {
    const start = performance.now()
    const { status, stdout, stderr } = spawnSync('npm', [...NPM, '--kernel', '/nonexistent/kernel'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    expect(status, stderr).toBe(2)
    expect(stdout).toBe('')
    return (performance.now() - start) / 1000
  })
  // A promise about the machine left alone: with other work on its processors only the order of size is checked.
  const busy = os.loadavg()[0] > os.availableParallelism() * 0.75
  expect(Math.min(...seconds)).toBeLessThan(busy ? 5 : 1)
})

it.skipIf(!built)('reads file names as meant in the folder where the user is', () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-guest-'))
  try {
    fs.writeFileSync(path.join(dir, 'kernel'), 'no kernel at all')
    const env = { ...process.env, INIT_CWD: undefined }
    const { status, stderr } = spawnSync('npm', ['--prefix', ROOT, ...NPM, '--kernel', 'kernel'], {
      cwd: dir,
      encoding: 'utf8',
      env,
    })
    expect(status, stderr).toBe(2)
    expect(stderr).not.toMatch(/ENOENT|no such file/i)
  } finally {
    fs.rmSync(dir, { recursive: true, force: true })
  }
})

const alive = (pid) => {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
const childrenOf = (pid) =>
  fs
    .readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .flatMap((child) => [Number(child), ...childrenOf(Number(child))])

it.skipIf(!built || process.platform !== 'linux')('leaves no process when npm is told to end', async () => {
  const npm = spawn('npm', [...NPM, '--kernel', '/dev/stdin', '--timeout', '60'], {
    cwd: ROOT,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  const wait = (ms) => new Promise((wake) => setTimeout(wake, ms))
  try {
    let family = []
    for (let i = 0; i < 50 && family.length < 3; i++) {
      await wait(100)
      family = childrenOf(npm.pid) // the shell, run.mjs, the guest
    }
    expect(family.length).toBeGreaterThanOrEqual(3)
    npm.kill('SIGTERM')
    for (let i = 0; i < 50 && family.some(alive); i++) await wait(100)
    expect(family.filter(alive)).toEqual([])
  } finally {
    npm.kill('SIGKILL')
  }
})
