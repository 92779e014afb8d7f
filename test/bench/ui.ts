// The manager window on the test driver with 1, 100, 500 and 1,000 running domains and every graph shown: until the window is there,
// until its first row is there, processor time at rest, memory, gaps between frames while 40 rows are scrolled, and how long a letter
// in the filter takes to be on the screen. `--only 500x2` is 500 domains in each of two connections. Beside it virt-manager with as many domains, where it is installed.
// A busy machine makes gaps of its own: the processor time a frame takes is printed with them, and the load.
// Runs in: plain Node; Electron and display were prepared by resources/tooling/run.mjs.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { Page } from 'playwright-core'
import { LOCAL_CONNECTION } from '../../src-main/public/connection'
import { launch } from '../e2e/app'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'
import { cpuSeconds, cpuShare, processTree, pssMiB } from './processes'
import { hasVirtManager, type Neighbour, runVirtManager } from './virt-manager'

const COUNTS = ['1', '100', '500', '1000']
const SETTLE_MS = 6000
const IDLE_MS = 10_000
const FRAMES = 240
const VISIBLE_ROWS = 40
const ROW_HEIGHT = 28

interface Measured {
  readonly windowSeconds: number
  readonly rowSeconds: number
  readonly idleShare: number
  readonly pssMiB: number
  readonly gapMs: number
  readonly cpuMsPerFrame: number
  readonly filterMs: number
  readonly filterWorstMs: number
}

function numbers(value: unknown): readonly number[] {
  return Array.isArray(value) ? value.map(Number) : []
}

function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
}

/** Gaps between frames while the list moves by two rows a frame. */
async function scroll(page: Page): Promise<readonly number[]> {
  const gaps: unknown = await page.evaluate(
    ({ frames, step }) =>
      new Promise((done) => {
        const list = document.querySelector('.domain-list')
        const gaps: number[] = []
        let last = performance.now()
        const frame = (now: number) => {
          gaps.push(now - last)
          last = now
          if (list !== null) {
            list.scrollTop += step
            if (list.scrollTop + list.clientHeight >= list.scrollHeight - 1) list.scrollTop = 0
          }
          if (gaps.length < frames) requestAnimationFrame(frame)
          else done(gaps.slice(2))
        }
        requestAnimationFrame(frame)
      }),
    { frames: FRAMES, step: 2 * ROW_HEIGHT },
  )
  return numbers(gaps)
}

/** From a letter to the end of the frame that shows what it found. */
async function filter(page: Page): Promise<readonly number[]> {
  await page.locator('.filter input').focus()
  await page.evaluate(() => {
    const times: number[] = []
    Object.assign(window, { filterTimes: times })
    document.querySelector('.filter input')?.addEventListener(
      'beforeinput',
      () => {
        const began = performance.now()
        requestAnimationFrame(() => {
          const drawn = new MessageChannel()
          drawn.port1.onmessage = () => times.push(performance.now() - began)
          drawn.port2.postMessage(null)
        })
      },
      true,
    )
  })
  for (const letter of 'web-0') {
    await page.keyboard.press(letter)
    await page.waitForTimeout(300)
  }
  for (let count = 0; count < 5; count++) {
    await page.keyboard.press('Backspace')
    await page.waitForTimeout(300)
  }
  return numbers(await page.evaluate(() => Reflect.get(window, 'filterTimes')))
}

/** Domains of each connection, and connections: `500x2`. */
function parseCount(wanted: string): { readonly domains: number; readonly connections: number } {
  const [domains = 1, connections = 1] = wanted.split('x').map(Number)
  return { domains, connections }
}

/** Connections beside the first, opened with the app. */
function writeConnections(folder: string, count: number): void {
  const more = Array.from({ length: count - 1 }, (_, index) => ({
    connection: `${index + 1}0000000-0000-4000-8000-000000000000`,
    name: `Connection ${index + 2}`,
    driver: 'test',
    autoconnect: true,
  }))
  const first = { connection: LOCAL_CONNECTION, name: null, driver: 'test', autoconnect: true }
  writeFileSync(path.join(folder, 'connections.json'), JSON.stringify({ version: 1, connections: [first, ...more] }))
}

async function measure(wanted: string): Promise<Measured> {
  const { domains, connections } = parseCount(wanted)
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-ui-'))
  if (connections > 1) writeConnections(folder, connections)
  const columns = ['cpu', 'host', 'memory', 'disk', 'network'].map((id) => ({ id, width: 150, shown: true }))
  const layout = { columns: [{ id: 'name', width: 220, shown: true }, ...columns] }
  writeFileSync(path.join(folder, 'list.json'), JSON.stringify(layout))
  const began = performance.now()
  const app = await launch({ folder, env: { RINGMASTER_TEST_SCRIPT: JSON.stringify({ domains }) } })
  try {
    const page = await app.electron.firstWindow()
    await page.locator('.status-bar').waitFor()
    const windowSeconds = (performance.now() - began) / 1000
    await page.locator('.row.domain').nth(Math.min(1, domains)).waitFor()
    const rowSeconds = (performance.now() - began) / 1000
    await app.electron.evaluate(
      ({ BrowserWindow }, height) => BrowserWindow.getAllWindows()[0]?.setContentBounds({ x: 0, y: 0, width: 1200, height }),
      VISIBLE_ROWS * ROW_HEIGHT + 28 + 42 + 26,
    )
    await page.waitForTimeout(SETTLE_MS)
    const pid = app.electron.process().pid ?? 0
    const idleShare = await cpuShare(pid, IDLE_MS)
    const pids = processTree(pid)
    const memory = pssMiB(pids)
    const before = cpuSeconds(pids)
    const gaps = await scroll(page)
    const cpuMsPerFrame = ((cpuSeconds(pids) - before) * 1000) / FRAMES
    const times = await filter(page)
    return {
      windowSeconds,
      rowSeconds,
      idleShare,
      pssMiB: memory,
      gapMs: percentile(gaps, 0.95),
      cpuMsPerFrame,
      filterMs: median(times),
      filterWorstMs: Math.max(...times),
    }
  } finally {
    await app.close()
    rmSync(folder, { recursive: true, force: true })
  }
}

async function neighbour(domains: number): Promise<Neighbour | null> {
  if (!hasVirtManager()) return null
  const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-ui-'))
  try {
    return await runVirtManager(domains, folder, SETTLE_MS, IDLE_MS)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

export async function benchUi(options: BenchOptions): Promise<BenchReport> {
  const wanted = options.only === undefined ? COUNTS : options.only.split(',')
  const runs: { ours: Measured[]; theirs: Neighbour[] }[] = wanted.map(() => ({ ours: [], theirs: [] }))
  for (let run = 0; run < options.runs; run++) {
    for (const [index, count] of wanted.entries()) {
      runs[index]?.ours.push(await measure(count))
      const { domains, connections } = parseCount(count)
      const beside = await neighbour(domains * connections)
      if (beside !== null) runs[index]?.theirs.push(beside)
    }
  }
  const of = <T>(values: readonly T[], pick: (value: T) => number, digits: number, unit: string): string =>
    values.length === 0 ? '–' : `${median(values.map(pick)).toFixed(digits)} ${unit}`
  const rows = wanted.map((domains, index) => {
    const { ours = [], theirs = [] } = runs[index] ?? {}
    return [
      domains,
      of(ours, ({ windowSeconds }) => windowSeconds, 2, 's'),
      of(ours, ({ rowSeconds }) => rowSeconds, 2, 's'),
      of(ours, ({ idleShare }) => idleShare * 100, 1, '%'),
      of(ours, (each) => each.pssMiB, 0, 'MiB'),
      of(ours, ({ gapMs }) => gapMs, 1, 'ms'),
      of(ours, ({ cpuMsPerFrame }) => cpuMsPerFrame, 1, 'ms'),
      of(ours, ({ filterMs }) => filterMs, 0, 'ms'),
      of(ours, ({ filterWorstMs }) => filterWorstMs, 0, 'ms'),
      of(theirs, ({ windowSeconds }) => windowSeconds, 2, 's'),
      of(theirs, ({ idleShare }) => idleShare * 100, 1, '%'),
      of(theirs, (each) => each.pssMiB, 0, 'MiB'),
    ]
  })
  const head = ['domains', 'window', 'first row', 'at rest', 'PSS', 'gap p95', 'CPU/frame', 'filter', 'worst']
  const text = [
    `manager window, every graph live, ${VISIBLE_ROWS} rows, ${options.runs} run(s); load ${os.loadavg()[0]?.toFixed(1)} on ${os.cpus().length} CPUs`,
    table([[...head, 'v-m window', 'at rest', 'PSS'], ...rows]),
    hasVirtManager() ? '' : 'virt-manager is not installed (apt install virt-manager x11-utils dbus): nothing beside it',
    'promised on a quiet machine: window 1.5 s, 500 rows 1.5 s, at rest 10 %, gap 20 ms, filter of 1,000 rows 50 ms',
  ]
  return { text: text.filter(Boolean).join('\n'), json: { bench: 'ui', load: os.loadavg()[0], counts: wanted, runs } }
}
