// The installer as a Debian user meets it: built by `npm run dist`, installed by apt, started, removed, nothing left.
// Needs root and apt (it changes the machine), so elsewhere it is skipped.
// Runs in: vitest, plain Node, in the long tier.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { _electron } from 'playwright-core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'

const ROOT = path.resolve(__dirname, '../..')
const able = process.getuid?.() === 0 && fs.existsSync('/usr/bin/apt-get') && process.arch === 'x64'
const work = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-deb-'))

function run(command: string, args: readonly string[], env: Record<string, string> = {}): string {
  const done = spawnSync(command, args, { cwd: ROOT, encoding: 'utf8', env: { ...process.env, ...env } })
  if (done.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${done.status}:\n${done.stdout}${done.stderr}`)
  return done.stdout
}
const apt = (...args: string[]) =>
  run('apt-get', ['-y', '-qq', '-o', 'DPkg::Lock::Timeout=300', ...args], { DEBIAN_FRONTEND: 'noninteractive' })

describe.skipIf(!able)('the Debian package', () => {
  let deb = ''

  beforeAll(() => {
    const options = ['--linux', 'deb', `--config.directories.output=${work}`]
    run(process.execPath, ['resources/tooling/run.mjs', 'dist', '--', ...options], { FPM_DEB_LEVEL: '1' })
    const found = fs.readdirSync(work).find((name) => name.endsWith('.deb'))
    deb = path.join(work, found ?? '')
  }, 600_000)

  afterAll(() => {
    spawnSync('dpkg', ['--purge', 'ringmaster'])
    fs.rmSync(work, { recursive: true, force: true })
  })

  it('holds the bundles and the core, and no node_modules', () => {
    const listing = run('dpkg-deb', ['--contents', deb])
    expect(listing).toContain('/opt/Ringmaster/resources/app.asar')
    expect(listing).not.toContain('default_app.asar')
    expect(listing).not.toContain('node_modules')
  })

  it('installs, opens its window, and removes without a trace', async () => {
    apt('update')
    apt('install', '--no-install-recommends', deb)
    expect(fs.existsSync('/usr/bin/ringmaster')).toBe(true)
    const desktop = fs.readFileSync('/usr/share/applications/ringmaster.desktop', 'utf8')
    expect(desktop).toContain('Name=Ringmaster')

    const home = fs.mkdtempSync(path.join(work, 'home-'))
    const app = await _electron.launch({
      executablePath: '/usr/bin/ringmaster',
      args: ['--disable-gpu', `--user-data-dir=${home}`],
      timeout: 60_000,
    })
    try {
      expect(await app.evaluate(({ app: electron }) => electron.isPackaged)).toBe(true)
      const page = await app.firstWindow()
      await page.waitForFunction(() => document.body.innerText.trim().length > 0, undefined, { timeout: 30_000 })
      await expect
        .poll(() => spawnSync('ringmaster-xm', ['list'], { encoding: 'utf8' }).stdout, { timeout: 60_000 })
        .toMatch(/^Domain-0 +0 /m)
      fs.mkdirSync(path.join(ROOT, 'test-output'), { recursive: true })
      await page.screenshot({ path: path.join(ROOT, 'test-output/deb-installed.png') })
    } finally {
      // Not app.close(): what Quit asks belongs to the end-to-end tests.
      const gone = new Promise((resolve) => app.process().once('exit', resolve))
      await app.evaluate(({ app: electron }) => electron.exit(0)).catch(() => {})
      await gone
    }

    apt('remove', 'ringmaster')
    for (const left of [
      '/opt/Ringmaster',
      '/usr/bin/ringmaster',
      '/usr/bin/ringmaster-xm',
      '/usr/share/applications/ringmaster.desktop',
    ]) {
      expect(fs.existsSync(left), left).toBe(false)
    }
  }, 600_000)
})
