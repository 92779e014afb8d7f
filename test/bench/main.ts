// `npm run -s bench -- boot|cpu|userland|coverage|fork|latency|net|image|io|screen|start|ui|window [--runs N] [--only NAMES] [--json FILE]`: how long our engine takes beside QEMU (its translator, TCG),
// and the app beside a bare Electron window, for the same work on the same machine. Runs alternate, so that a busy moment hits
// both; medians and their ratio are printed.
// Runs in: plain Node, bundled by resources/tooling/run.mjs.
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { benchBoot } from './boot'
import { benchCoverage } from './coverage'
import { benchCpu } from './cpu'
import { benchFork } from './fork'
import { benchImage } from './image'
import { benchIo } from './io'
import { benchLatency } from './latency'
import { benchNet } from './net'
import { benchScreen } from './screen'
import { benchStart } from './start'
import { benchUi } from './ui'
import { benchUserland } from './userland'
import { benchWindow } from './window'

export interface BenchOptions {
  readonly runs: number
  /** Names of parts of the bench, with commas; where a bench has parts. */
  readonly only?: string | undefined
}

/** A result for --json; `text` is what people read. */
export interface BenchReport {
  readonly text: string
  readonly json: unknown
}

const BENCHES: Record<
  string,
  { readonly runs: number; readonly what: string; run(options: BenchOptions): Promise<BenchReport> }
> = {
  boot: {
    runs: 5,
    what: "Debian's cloud kernel to the demo ramdisk's marker, and a Debian system to its login",
    run: benchBoot,
  },
  cpu: { runs: 3, what: 'twenty-one loops and programs as micro-kernels, beside QEMU, v86 and the host', run: benchCpu },
  userland: {
    runs: 3,
    what: 'programs of a BusyBox and of a Debian guest: sha256sum, gzip, sort, awk, forks, python3',
    run: benchUserland,
  },
  coverage: { runs: 1, what: 'share of instructions run translated, and what kept the others from it', run: benchCoverage },
  fork: { runs: 5, what: 'how soon a running copy of a 256 MiB guest answers at its console', run: benchFork },
  latency: { runs: 3, what: 'how late timers, events and interrupts reach a vcpu that computes or halts', run: benchLatency },
  net: { runs: 3, what: 'bulk TCP of a synthetic guest beside plain node:net, then of a guest beside QEMU', run: benchNet },
  image: { runs: 3, what: 'disk images beside qemu-io: in order and at random, read and written', run: benchImage },
  start: { runs: 7, what: 'from npm start to a manager window that can be used', run: benchStart },
  ui: { runs: 1, what: 'the manager window with 1 to 1,000 domains, beside virt-manager', run: benchUi },
  screen: { runs: 3, what: "a guest's screen to a window and to a VNC viewer: frames and share of a core", run: benchScreen },
  window: {
    runs: 3,
    what: "a guest's screen in the real window: frames, share of a core, from pixel and key to canvas",
    run: benchWindow,
  },
  io: { runs: 3, what: 'disks of a guest: ring, link and service without a processor, then a guest beside QEMU', run: benchIo },
}

async function main(args: readonly string[]): Promise<number> {
  const bench = BENCHES[args[0] ?? '']
  if (!bench) {
    process.stderr.write(`usage: npm run -s bench -- ${Object.keys(BENCHES).join('|')} [--runs N] [--json FILE]\n`)
    for (const [name, row] of Object.entries(BENCHES)) process.stderr.write(`  ${name}  ${row.what}\n`)
    return 2
  }
  let runs = bench.runs
  let json: string | undefined
  let only: string | undefined
  for (let at = 1; at < args.length; at += 2) {
    const value = args[at + 1]
    if (args[at] === '--runs' && /^[1-9]\d{0,3}$/.test(value ?? '')) runs = Number(value)
    else if (args[at] === '--only' && value) only = value
    else if (args[at] === '--json' && value) json = value
    else {
      process.stderr.write(`bench: ${args[at]} ${value ?? ''} is not understood\n`)
      return 2
    }
  }
  const report = await bench.run({ runs, only })
  process.stdout.write(`${report.text}\n`)
  if (json) writeFileSync(path.resolve(json), `${JSON.stringify(report.json, null, 2)}\n`)
  return 0
}

main(process.argv.slice(2)).then(
  (status) => {
    process.exitCode = status
  },
  (error: unknown) => {
    process.stderr.write(`bench: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  },
)
