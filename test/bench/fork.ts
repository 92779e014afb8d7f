// How soon a running copy of a running guest answers: the app in a window on a (virtual) display, our own engine, the demo guest of 256 MiB,
// once as booted and once with 128 MiB of noise in its memory. Timed in the window: from the order until the list has the copy as running,
// and until its shell has answered at its console; then the original's shell. Processor time is that of the whole app meanwhile.
// Runs in: plain Node; Electron and display were prepared by resources/tooling/run.mjs.
import os from 'node:os'
import type { Page } from 'playwright-core'
import { launch } from '../e2e/app'
import { demoFolder } from '../support/debian-guest'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'
import { cpuSeconds, processTree } from './processes'

const BOOT_MS = 240_000
const PROMISED_MS = 1000
const NOISE = 'dd if=/dev/urandom of=/noise bs=1M count=128 2>/dev/null; echo filled=$((6*7))\r'

interface Fork {
  readonly runningMs: number
  readonly answersMs: number
  readonly originMs: number
  readonly cpuMs: number
}

/** In the page: what a window does to type at a console, without a terminal. */
function installConsoles(): void {
  const ports = new Map<number, MessagePort>()
  window.addEventListener('message', ({ data, ports: [port] }) => {
    if (port && typeof data?.stream === 'number') ports.set(data.stream, port)
  })
  const call = (name: string, params: object) => Reflect.get(window, 'ringmaster').call(name, params)
  /** Types a line once the guest's side is there; gives the time at which the console has shown `mark`. */
  const ask = async (uuid: string, line: string, mark: string): Promise<number> => {
    const opened = await call('consoleOpen', { uuid })
    let port: MessagePort | undefined
    while (!port) {
      await new Promise((resolve) => setTimeout(resolve, 1))
      port = ports.get(opened.value.stream)
    }
    const stream = port
    const text = new TextDecoder()
    let said = ''
    let asked = false
    return new Promise((resolve) => {
      stream.onmessage = ({ data }) => {
        if (data.kind === 'state' && data.state === 'connected' && !asked) {
          asked = true
          stream.postMessage({ kind: 'input', bytes: new TextEncoder().encode(line) })
        }
        if (data.kind !== 'output') return
        stream.postMessage({ kind: 'ack', offset: data.offset + data.bytes.length })
        said = (said + text.decode(data.bytes, { stream: true })).slice(-20_000)
        if (!said.includes(mark)) return
        stream.close()
        resolve(performance.now())
      }
    })
  }
  const fork = async (uuid: string, name: string): Promise<object> => {
    const began = performance.now()
    const seen: Promise<{ uuid: string; at: number }> = new Promise((resolve) => {
      const leave = Reflect.get(window, 'ringmaster').subscribe(
        'domainChanged',
        ({ domain }: { domain: { uuid: string; name: string; state: string } }) => {
          if (domain.name !== name || domain.state !== 'running') return
          leave()
          resolve({ uuid: domain.uuid, at: performance.now() })
        },
      )
    })
    await call('domainFork', { uuid, name })
    const copy = await seen
    const answered = await ask(copy.uuid, `echo ${name}=$((6*7))\r`, `${name}=42`)
    const asked = performance.now()
    const origin = await ask(uuid, `echo origin-${name}=$((6*7))\r`, `origin-${name}=42`)
    return { uuid: copy.uuid, runningMs: copy.at - began, answersMs: answered - began, originMs: origin - asked }
  }
  Object.assign(window, { benchAsk: ask, benchFork: fork })
}

function evaluate<T>(page: Page, expression: string): Promise<T> {
  return page.evaluate(expression)
}

async function forks(page: Page, pid: number, uuid: string, label: string, runs: number): Promise<Fork[]> {
  const times: Fork[] = []
  for (let run = 0; run < runs; run++) {
    const before = cpuSeconds(processTree(pid))
    const name = `${label}-${run}`
    const timed = await evaluate<Fork & { uuid: string }>(page, `benchFork(${JSON.stringify(uuid)}, ${JSON.stringify(name)})`)
    times.push({ ...timed, cpuMs: (cpuSeconds(processTree(pid)) - before) * 1000 })
    await evaluate(page, `ringmaster.call('domainDestroy', { uuid: ${JSON.stringify(timed.uuid)} })`)
    await page.waitForTimeout(3000)
  }
  return times
}

export async function benchFork({ runs }: BenchOptions): Promise<BenchReport> {
  const load = os.loadavg()[0] ?? 0
  const app = await launch({ driver: 'embedded', env: { RINGMASTER_DEMO_FOLDER: demoFolder } })
  try {
    const manager = await app.manager()
    const domain = await app.domain(() => manager.pressDemoGuest())
    await domain.waitForText('demo:~#', BOOT_MS)
    await domain.page.close()
    const { page } = manager
    await page.evaluate(installConsoles)
    const uuid = await evaluate<string>(
      page,
      `ringmaster.call('domainList', {}).then(({ value }) => value.find(({ kind }) => kind !== 'domain0').uuid)`,
    )
    const pid = app.electron.process().pid ?? 0
    const booted = await forks(page, pid, uuid, 'booted', runs)
    await evaluate(page, `benchAsk(${JSON.stringify(uuid)}, ${JSON.stringify(NOISE)}, 'filled=42')`)
    const filled = await forks(page, pid, uuid, 'filled', runs)
    const row = (name: string, times: readonly Fork[]) => [
      name,
      ...(['runningMs', 'answersMs', 'originMs', 'cpuMs'] as const).map((key) => {
        const values = times.map((each) => each[key])
        return `${median(values).toFixed(0)} (${Math.min(...values).toFixed(0)}-${Math.max(...values).toFixed(0)})`
      }),
    ]
    const text = [
      `a running copy of the demo guest, ${runs} each: milliseconds, median and range; load ${load.toFixed(1)} before`,
      table([
        ['', 'running', 'answers', 'original answers', 'processor time'],
        row('as booted', booted),
        row('128 MiB of noise', filled),
      ]),
      `promised: answers within ${PROMISED_MS}`,
    ].join('\n')
    return { text, json: { bench: 'fork', load, booted, filled } }
  } finally {
    await app.close()
  }
}
