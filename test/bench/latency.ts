// How late a vcpu hears of a timer, an event or an interrupt while it computes in translated loops or halts (test/guest/kernel/latency.c).
// Twice: by the processor time of a vcpu's thread that is ours, which a busy host does not change; and two vcpus by the guest's own
// clock, where a host that gives its processors to others makes everything late. The promise is 1 ms at the 99th percentile.
// Runs in: plain Node, on the bundles in out/main. The first part on Linux alone: it reads /proc.
import { readFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { TRANSLATOR_DEFAULTS } from '../../src-engine/jit/translator'
import { buildMicroKernel, cannotBuild, cannotRunOurs, type GuestRun, runInOurs } from '../support/micro-kernel'
import { SteppedGuest } from '../support/stepped-guest'
import type { BenchOptions, BenchReport } from './main'
import { median, table } from './median'
import { ownThread } from './thread-time'

const ROUNDS = 1000

interface Latency {
  readonly what: string
  /** Microseconds. */
  readonly p50: number
  readonly p99: number
  readonly most: number
}

function latencies(output: string): Latency[] {
  return [...output.matchAll(/LATENCY (\d+) (\d+) (\d+) ([\w, ]+)/g)].map(([, p50, p99, most, what]) => ({
    what: what?.trim() ?? '',
    p50: Number(p50) / 1000,
    p99: Number(p99) / 1000,
    most: Number(most) / 1000,
  }))
}

const quantile = (sorted: readonly number[], part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? 0

/** Timers of a guest whose clock is its thread's processor time, and how long the thread runs between two looks for events. */
async function byProcessorTime(kernel: string): Promise<Latency[]> {
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const guest = await SteppedGuest.make({
    core: path.join(root, 'src-engine/assembly/build/core.wasm'),
    kernel: readFileSync(kernel),
    commandLine: `rounds=${ROUNDS} alone=1`,
    clock: { now: () => BigInt(Math.round(ownThread() * 1e6)), wall: () => 1_700_000_000_000_000_000n },
    translator: TRANSLATOR_DEFAULTS,
  })
  const steps: number[] = []
  for (let from = ownThread(); !guest.stopped; ) {
    guest.step()
    const to = ownThread()
    steps.push((to - from) * 1000)
    from = to
  }
  if (!/END \d+ succeeded, 0 failed/.test(guest.text)) throw new Error(`the guest failed:\n${guest.text}`)
  steps.sort((a, b) => a - b)
  return [
    ...latencies(guest.text),
    { what: 'between two looks for events', p50: quantile(steps, 0.5), p99: quantile(steps, 0.99), most: quantile(steps, 1) },
  ]
}

function right(run: GuestRun): GuestRun {
  if (run.ended && run.lines.every(({ result }) => result === 'SUCCESS')) return run
  throw new Error(`the guest failed (status ${run.status}):\n${run.output.slice(-2000)}`)
}

export async function benchLatency(options: BenchOptions): Promise<BenchReport> {
  const cannot = cannotBuild() ?? cannotRunOurs()
  if (cannot) throw new Error(cannot)
  const kernel = buildMicroKernel('latency')
  const [own, runs]: [Latency[][], Latency[][]] = [[], []]
  for (let run = 0; run < options.runs; run++) {
    if (process.platform === 'linux') own.push(await byProcessorTime(kernel))
    const { output } = right(await runInOurs(kernel, { vcpus: 2, commandLine: `rounds=${ROUNDS}`, timeoutSeconds: 600 }))
    runs.push(latencies(output))
  }
  const medians = (all: readonly Latency[][]): Latency[] =>
    (all[0] ?? []).map(({ what }, i) => {
      const of = (part: 'p50' | 'p99' | 'most'): number => median(all.map((each) => each[i]?.[part] ?? Number.NaN))
      return { what, p50: of('p50'), p99: of('p99'), most: of('most') }
    })
  const rows = (list: readonly Latency[]): string[][] =>
    list.map(({ what, p50, p99, most }) => [what, ...[p50, p99, most].map((value) => value.toFixed(0))])
  const head = ['', 'half', '99 %', 'longest']
  const [thread, guest] = [medians(own), medians(runs)]
  const text = [
    `microseconds, ${ROUNDS} times, median of ${options.runs} runs`,
    'by the processor time of the vcpu’s thread',
    table([head, ...rows(thread)]),
    `two vcpus by the guest's clock; load of the host ${os.loadavg()[0]?.toFixed(1)} on ${os.cpus().length} processors`,
    table([head, ...rows(guest)]),
  ].join('\n')
  return { text, json: { bench: 'latency', runs: options.runs, thread, guest } }
}
