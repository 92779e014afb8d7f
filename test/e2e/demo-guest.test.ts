// The whole path in the real Electron on our own engine: the demo guest to its prompt, a command, the charts, Save from the
// context menu, quit, start again, Restore, and the shell's variable is still there, so after Quit, which saves; then, in one
// app, a disk and an interface attached, and each kind of process killed.
// Skipped where Debian's kernel cannot be fetched. Runs in: plain Node; starts the real Electron on a virtual display.
import { type ChildProcess, execFileSync } from 'node:child_process'
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { alive } from '../support/alive'
import { debianGuest, demoFolder } from '../support/debian-guest'
import { type LaunchOptions, launch, type RunningApp } from './app'
import type { DomainPage } from './domain-page'
import type { ManagerPage } from './manager-page'

const DEMO = 'Debian demo'
const PROMPT = 'demo:~#'
const BOOT_MS = 120_000

const files = await debianGuest('cloud')
const boots = it.skipIf(!files.ok)

let running: RunningApp | undefined
/** Playwright forgets the process of an app that has ended. */
let child: ChildProcess | undefined
const folders: string[] = []

function newFolder(): string {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-e2e-'))
  folders.push(folder)
  return folder
}

async function start(options: LaunchOptions = {}): Promise<{ app: RunningApp; manager: ManagerPage }> {
  const env = { RINGMASTER_DEMO_FOLDER: demoFolder, ...options.env }
  const app = await launch({ driver: 'embedded', keepFolder: true, ...options, env })
  running = app
  child = app.electron.process()
  return { app, manager: await app.manager() }
}

async function bootDemo(folder: string): Promise<{ app: RunningApp; manager: ManagerPage; domain: DomainPage }> {
  const { app, manager } = await start({ folder })
  const domain = await app.domain(() => manager.pressDemoGuest())
  await domain.waitForText(PROMPT, BOOT_MS)
  return { app, manager, domain }
}

/** Quits as the menu does; resolves when the process is gone. */
async function quit(app: RunningApp): Promise<void> {
  const gone = new Promise((resolve) => app.electron.process().once('exit', resolve))
  await app.electron.evaluate(({ app: electron }) => setImmediate(() => electron.quit())).catch(() => undefined)
  await gone
}

/** Process ids of the app's utility processes whose name, as Electron shows it, contains the text. */
async function utilityProcesses(app: RunningApp, name: string): Promise<number[]> {
  const metrics = await app.electron.evaluate(({ app: electron }) =>
    electron.getAppMetrics().map((each) => [each.pid, each.name ?? '']),
  )
  return metrics.flatMap(([pid, label]) => (typeof pid === 'number' && String(label).includes(name) ? [pid] : []))
}

function childProcesses(pid: number): number[] {
  const listed = execFileSync('ps', ['-o', 'pid=,ppid=', '-e'], { encoding: 'utf8' }).trim().split('\n')
  const pairs = listed.map((line) => line.trim().split(/\s+/).map(Number))
  const direct = pairs.flatMap(([child = 0, parent = 0]) => (parent === pid ? [child] : []))
  return direct.flatMap((child) => [child, ...childProcesses(child)])
}

/** Its own kernel's drivers are there: a disk and an interface of Details are the guest's. */
async function seesWhatIsAttached(app: RunningApp, domain: DomainPage): Promise<void> {
  for (const [kind, part] of [
    ['Disk', 'Disk xvda'],
    ['Network interface', 'Network interface 0'],
  ] as const) {
    await domain.tab('Details').click()
    await domain.addDevice(kind)
    await domain.dialog().getByRole('button', { name: 'Add', exact: true }).click()
    await domain.part(part).waitFor()
  }
  await domain.tab('Text console').click()
  await domain.type('clear; until [ -b /dev/xvda ] && [ -d /sys/class/net/eth0 ]; do sleep 1; done; echo both=$((6*7))\r')
  await domain.waitForText('both=42', 30_000)
  await domain.type('udhcpc && ping -c 1 10.0.2.1; echo pinged=$((6*7))\r')
  await domain.waitForText('pinged=42', 30_000)
  expect(await domain.screen()).toMatch(/lease of 10\.0\.2\.\d+ obtained(.*\n)*.*1 packets received/)
  await app.picture(domain.page, 'engine-attached')
}

afterEach(async () => {
  const app = running
  running = undefined
  if (app && child?.exitCode === null && child.signalCode === null) await app.close()
  for (const folder of folders.splice(0)) fs.rmSync(folder, { recursive: true, force: true })
  expect(app?.errors ?? []).toEqual([])
})

describe('the demo guest on the embedded engine', () => {
  boots('boots, answers, is saved, and goes on after the app was closed and opened', { timeout: 5 * BOOT_MS }, async () => {
    const folder = newFolder()
    const { app, manager, domain } = await bootDemo(folder)
    await domain.type('uname -a\r')
    await domain.waitForText(/Linux .* x86_64 GNU\/Linux/)
    await domain.type('kept=$((6*7)) ; cd /tmp\r')
    await domain.type('echo set=$kept\r')
    await domain.waitForText('set=42')
    await app.picture(domain.page, 'engine-console')
    await domain.type('echo begun=$((6*7)); sleep 1000\r')
    await domain.waitForText('begun=42')
    await domain.page.keyboard.press('Control+C')
    await domain.type('echo stopped=$((6*7))\r')
    await domain.waitForText('stopped=42')
    await app.picture(manager.page, 'engine-manager')
    // Chromium goes through a page that animates 60 times a second, so not even a guest makes the cursor blink.
    await domain.type("printf '\\033[1 q'; echo asked=$((6*7))\r")
    await domain.waitForText('asked=42')
    await expect.poll(() => domain.page.evaluate(() => document.getAnimations().length)).toBe(0)

    await domain.tab('Performance').click()
    const chart = domain.chart('CPU usage')
    const before = await chart.getAttribute('aria-label')
    await expect.poll(() => chart.getAttribute('aria-label')).not.toBe(before)
    await app.picture(domain.page, 'engine-performance')
    await domain.tab('Log').click()
    await app.picture(domain.page, 'engine-log')

    const file = path.join(folder, 'demo.rmsave')
    await app.answerFileDialogs(file)
    await manager.choose(DEMO, 'Save…')
    await manager.waitForState(DEMO, 'Shut off')
    expect(fs.statSync(file).size).toBeGreaterThan(1024 * 1024)
    await quit(app)

    const again = await start({ folder })
    await again.manager.waitForState(DEMO, 'Shut off')
    await again.app.answerFileDialogs(file)
    await again.manager.choose(DEMO, 'Restore…')
    await again.manager.waitForState(DEMO, 'Running')
    const restored = await again.app.domain(() => again.manager.row(DEMO).dblclick())
    await restored.type('echo still=$kept in $PWD\r')
    await restored.waitForText('still=42 in /tmp', 30_000)
    await again.app.picture(restored.page, 'engine-restored')

    // Quit while it runs: the dialog saves it by default, and Run goes on from there.
    await restored.type('kept=by-quitting\r')
    const gone = new Promise((resolve) => again.app.electron.process().once('exit', resolve))
    await again.app.electron.evaluate(({ app: electron }) => setImmediate(() => electron.quit())).catch(() => undefined)
    await again.manager.dialog().waitFor()
    await again.manager.page.keyboard.press('Enter')
    await gone
    const last = await start({ folder })
    await last.manager.waitForState(DEMO, 'Saved')
    const continued = await last.app.domain(() => last.manager.row(DEMO).dblclick())
    await last.manager.choose(DEMO, 'Run from saved state')
    await last.manager.waitForState(DEMO, 'Running')
    await continued.type('echo value=$kept\r')
    await continued.waitForText('value=by-quitting', 30_000)
    await last.manager.choose(DEMO, 'Shut down')
    await last.manager.waitForState(DEMO, 'Shut off')
    await quit(last.app)
  })

  boots(
    'goes on when domain 0 is killed; a killed guest is shown as crashed, the other goes on; so is that when main was killed',
    { tags: 'long', timeout: 5 * BOOT_MS },
    async () => {
      const folder = newFolder()
      const { app, manager, domain } = await bootDemo(folder)
      await seesWhatIsAttached(app, domain)
      const [pid] = await utilityProcesses(app, 'domain 0')
      process.kill(pid ?? -1, 'SIGKILL')
      await expect.poll(() => utilityProcesses(app, 'domain 0'), { timeout: 60_000 }).not.toContain(pid)
      await manager.page
        .getByText('Domain 0 ended unexpectedly (its process was killed by signal 9) and was started again.')
        .first()
        .waitFor()
      await manager.waitForState('Domain 0', 'Running')
      await domain.page.locator('[data-testid="console-connection"]', { hasText: 'Connected' }).waitFor()
      await domain.type('echo after=$((40+2))\r')
      await domain.waitForText('after=42', 20_000)
      await manager.waitForState(DEMO, 'Running')
      await app.picture(domain.page, 'engine-domain0-killed')
      await domain.page.close()

      // A guest's process, beside a second guest.
      await manager.button('Application menu').click()
      const second = await app.domain(() => manager.menuItem('Demo guest').click())
      await second.waitForText(PROMPT, BOOT_MS)
      const [guest] = await utilityProcesses(app, `guest ${DEMO}`)
      process.kill(guest ?? -1, 'SIGKILL')
      const inState = async (words: string) => {
        const states = await manager.page.locator('.name-state').allTextContents()
        return states.filter((text) => text.includes(words)).length
      }
      await expect.poll(() => inState('Crashed')).toBe(1)
      await app.picture(manager.page, 'engine-guest-killed')
      expect(await inState('Running')).toBe(2) // domain 0 and the other guest

      const crashed = (await manager.state(DEMO).textContent())?.includes('Crashed')
      const other = crashed ? `${DEMO} 2` : DEMO

      // Main's, which takes all others along.
      const main = app.electron.process().pid ?? -1
      const children = childProcesses(main)
      expect(children.length).toBeGreaterThan(2)
      const gone = new Promise((resolve) => app.electron.process().once('exit', resolve))
      process.kill(main, 'SIGKILL')
      await gone
      await expect.poll(() => children.filter(alive), { timeout: 60_000 }).toEqual([])
      const again = await start({ folder })
      await again.manager.waitForState(other, 'Crashed')
      await again.manager.choose(other, 'Run')
      await again.manager.waitForState(other, 'Running')
      await again.app.picture(again.manager.page, 'engine-main-killed')
    },
  )
})
