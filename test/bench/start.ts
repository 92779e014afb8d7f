// From `npm start` (the process) to a manager window that can be used: its list is on the screen and its page has told so. Beside
// it a bare window of the same Electron, started directly, with a line of text, and npm with a script that does nothing: npm start
// is both, so the ratio is to the sum of the two. Alternating, on one private display that is there before, with a folder of its own
// each; warm, so the first of each is not counted.
// Runs in: plain Node; Electron and display were prepared by resources/tooling/run.mjs.
import { type ChildProcess, spawn } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'

const TIMEOUT_MS = 60_000
const PROMISED_SECONDS = 1.5

const BARE = `
const { app, BrowserWindow } = require('electron')
app.whenReady().then(() => {
  const window = new BrowserWindow({ width: 980, height: 640, show: false, webPreferences: { sandbox: true } })
  window.once('ready-to-show', () => { window.show(); console.error('DRAWN') })
  window.loadURL('data:text/html,<p>A window</p>')
})
`

interface Start {
  readonly name: string
  command(folder: string): readonly [program: string, args: readonly string[]]
  /** What it writes when it is there. */
  readonly mark: string
  readonly seconds: number[]
}

export async function benchStart(options: BenchOptions): Promise<BenchReport> {
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const electron = process.env['ELECTRON_EXEC_PATH']
  if (electron === undefined) throw new Error('no Electron was prepared')
  const home = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-start-'))
  const bare = path.join(home, 'bare')
  mkdirSync(bare)
  writeFileSync(path.join(bare, 'package.json'), '{ "name": "bare", "main": "main.js" }')
  writeFileSync(path.join(bare, 'main.js'), BARE)
  const idle = path.join(home, 'idle')
  mkdirSync(idle)
  writeFileSync(
    path.join(idle, 'package.json'),
    '{ "name": "idle", "scripts": { "start": "node -e \\"console.log(\'NOTHING\')\\"" } }',
  )
  const flags = ['--disable-gpu', ...(process.getuid?.() === 0 ? ['--no-sandbox'] : [])]
  const starts: Start[] = [
    {
      name: 'npm start',
      command: () => npm(root, ['start', '--', ...flags]),
      mark: 'The window was there after',
      seconds: [],
    },
    {
      name: 'bare window',
      command: (folder) => [electron, [bare, `--user-data-dir=${folder}`, ...flags]],
      mark: 'DRAWN',
      seconds: [],
    },
    { name: 'npm alone', command: () => npm(idle, ['start']), mark: 'NOTHING', seconds: [] },
  ]
  try {
    for (let run = 0; run <= options.runs; run++) {
      for (const start of starts) {
        const seconds = await secondsToMark(start, path.join(home, `${start.name}-${run}`), root)
        if (run > 0) start.seconds.push(seconds)
      }
    }
  } finally {
    rmSync(home, { recursive: true, force: true })
  }
  const [ours = Number.NaN, bareWindow = Number.NaN, npmAlone = Number.NaN] = starts.map(({ seconds }) => median(seconds))
  const ratio = ours / (bareWindow + npmAlone)
  const rows = starts.map(({ name, seconds }) => [
    name,
    `${median(seconds).toFixed(2)} s`,
    seconds.map((value) => value.toFixed(2)).join(' '),
  ])
  const text = [
    `from the start of the process to a window that can be used, ${options.runs} runs each`,
    table([['', 'median', 'runs (s)'], ...rows]),
    `ratio ${ratio.toFixed(2)}; promised on a quiet machine: ${PROMISED_SECONDS} s`,
  ].join('\n')
  const json = {
    bench: 'start',
    starts: starts.map(({ name, seconds }) => ({ name, seconds, median: median(seconds) })),
    ratio,
  }
  return { text, json }
}

function npm(root: string, args: readonly string[]): [string, readonly string[]] {
  const script = process.env['npm_execpath']
  const inRoot = ['--prefix', root, ...args]
  return script?.endsWith('.js') || script?.endsWith('.cjs') ? [process.execPath, [script, ...inRoot]] : ['npm', inRoot]
}

async function secondsToMark(start: Start, folder: string, root: string): Promise<number> {
  mkdirSync(folder)
  const env = { ...process.env, RINGMASTER_FOLDER: folder }
  // What a run of ours inside of npm would hand down.
  for (const name of Object.keys(env)) if (/^(npm_|RINGMASTER_STARTED|ELECTRON_)/.test(name)) Reflect.deleteProperty(env, name)
  const [program, args] = start.command(folder)
  const began = performance.now()
  // A group of its own, so that the end takes npm, its shell, the script and Electron.
  const child = spawn(program, args, { cwd: root, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  const gone = new Promise((resolve) => child.once('close', resolve))
  try {
    return await new Promise((resolve, reject) => {
      let said = ''
      const timer = setTimeout(() => reject(new Error(`${start.name}: no window; it said:\n${said.slice(-2000)}`)), TIMEOUT_MS)
      const hear = (bytes: Buffer): void => {
        said += bytes.toString('latin1')
        if (!said.includes(start.mark)) return
        clearTimeout(timer)
        resolve((performance.now() - began) / 1000)
      }
      child.stdout.on('data', hear)
      child.stderr.on('data', hear)
      child.once('error', reject)
      child.once('close', () => reject(new Error(`${start.name} ended before its window; it said:\n${said.slice(-2000)}`)))
    })
  } finally {
    end(child)
    await gone
  }
}

function end(child: ChildProcess): void {
  try {
    process.kill(-(child.pid ?? 0), 'SIGKILL')
  } catch {
    child.kill('SIGKILL')
  }
}
