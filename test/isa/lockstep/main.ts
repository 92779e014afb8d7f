// The lockstep checker: `npm run -s lockstep -- [--programs N | --states N] [--seed S] [--only TEXT] [--set NAME] [--show N]`.
// `--x87`: all programs compute with x87. Programs are shared out: `--processes N` starts N of these, `--shard I/N` (from 1) is one of N on any machine.
// Whole guests: `--kernel NAME` one of our micro-kernels (test/guest), `--boot` Debian's cloud kernel; with `--millions N`
// instructions, `--slice N` to find a difference's place, `--period N --threshold N` for what is translated.
// Of a difference (of forms: the first) the guest's code and the code generated of it are shown.
// Exit status 0: no difference, 1: differences, 2: bad arguments.
// Runs in: plain Node, bundled by resources/tooling/run.mjs.
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { TRANSLATOR_EAGER } from '../../../src-engine/jit/translator'
import { debianGuest } from '../../support/debian-guest'
import { buildMicroKernel } from '../../support/micro-kernel'
import { randomFrom } from '../../support/random'
import { random } from '../fp/states'
import { describe } from '../fuzz/compare'
import { type Form, integerForms, pairForms, sequenceForms, sseForms, x87Forms } from '../fuzz/forms'
import { makeCase } from '../fuzz/generate'
import { seedOf } from '../fuzz/sweep'
import { type GuestFiles, GuestPair } from './guest-pair'
import { Pair } from './pair'
import { programOf } from './programs'

const USAGE = `lockstep: translated code against interpreted, up to the first difference
  --programs N [--processes N | --shard I/N] [--seed S] [--x87]
      generated programs of 5 to 200 instructions; shared out over processes of this machine, or shard I (from 1) of N;
      with --x87 a third of each program's instructions are x87's
  --kernel NAME | --boot [--millions N] [--slice N] [--period N --threshold N] [--verbose]
      a whole guest: a micro-kernel of test/guest, Debian's cloud kernel; --slice to find a difference's place
  [--states N] [--seed S] [--only TEXT] [--set integer|sse|x87|sequence|pair] [--show N]
      each form of instructions, this many start states of each
Exit status 0: no difference, 1: a difference, 2: bad arguments.
`
/** Between two lines on stderr that tell how far programs are. */
const PROGRESS_MS = 60_000

const args = process.argv.slice(2)
function option(name: string): string | undefined {
  const i = args.indexOf(`--${name}`)
  return i < 0 ? undefined : args[i + 1]
}

/** The same once more in this many processes, each with its share; the worst status. */
async function inProcesses(count: number): Promise<number> {
  const own = args.filter((arg, i) => arg !== '--processes' && args[i - 1] !== '--processes')
  const statuses = Array.from(
    { length: count },
    (_, i) =>
      new Promise<number>((resolve, reject) => {
        const child = spawn(
          process.execPath,
          [...process.execArgv, process.argv[1] ?? '', ...own, '--shard', `${i + 1}/${count}`],
          {
            stdio: 'inherit',
          },
        )
        child.on('error', reject)
        child.on('close', (status) => resolve(status ?? 1))
      }),
  )
  return Math.max(...(await Promise.all(statuses)))
}

async function guestFiles(): Promise<GuestFiles | undefined> {
  const name = option('kernel')
  if (name) return { kernel: readFileSync(buildMicroKernel(name)), commandLine: '', memoryMiB: 64 }
  if (!args.includes('--boot')) return undefined
  const guest = await debianGuest('cloud')
  if (!guest.ok) throw new Error(guest.error)
  const { kernel, ramdisk } = guest.value
  const commandLine = 'earlyprintk=xen,keep console=ttyS0'
  return { kernel: readFileSync(kernel), ramdisk: readFileSync(ramdisk), commandLine, memoryMiB: 256 }
}

async function lockstepGuest(core: string, files: GuestFiles): Promise<number> {
  const translator = {
    ...TRANSLATOR_EAGER,
    period: Number(option('period') ?? TRANSLATOR_EAGER.period),
    threshold: Number(option('threshold') ?? TRANSLATOR_EAGER.threshold),
  }
  const pair = await GuestPair.make(core, files, { translator, slice: Number(option('slice') ?? 0) })
  const millions = Number(option('millions') ?? 200)
  const text = pair.run(millions * 1e6, (retired) => {
    if (args.includes('--verbose')) process.stderr.write(`${(retired / 1e6).toFixed(0)} million\n`)
  })
  if (args.includes('--verbose')) process.stderr.write(pair.text)
  const share = `${(pair.share * 100).toFixed(0)} % translated, ${pair.traced} regions of what was seen to run`
  process.stdout.write(`${(pair.retired / 1e6).toFixed(1)} million instructions, ${share}: ${text || 'no difference'}\n`)
  if (text !== '') process.stdout.write(`${await pair.disassembly()}\n`)
  return text === '' ? 0 : 1
}

async function main(): Promise<number> {
  const processes = Number(option('processes') ?? 1)
  const [shard = Number.NaN, shards = Number.NaN] = (option('shard') ?? '1/1').split('/').map(Number)
  const states = Number(option('states') ?? 20)
  const programs = Number(option('programs') ?? 0)
  const seed = Number(option('seed') ?? 1)
  const only = option('only')
  const set = option('set')
  const show = Number(option('show') ?? 20)
  const sets: Record<string, readonly Form[]> = {
    integer: integerForms(),
    sse: sseForms(),
    x87: x87Forms(),
    sequence: sequenceForms(),
    pair: pairForms(),
  }
  const forms = Object.entries(sets)
    .filter(([name]) => set === undefined || name === set)
    .flatMap(([, list]) => list)
    .filter((form) => only === undefined || form.name.includes(only))
  const shared = shard >= 1 && shard <= shards && processes >= 1 && processes <= 64
  if (args.includes('--help')) {
    process.stdout.write(USAGE)
    return 0
  }
  if (forms.length === 0 || !(states > 0) || Number.isNaN(seed) || !shared) {
    process.stderr.write(USAGE)
    return 2
  }
  if (processes > 1 && programs > 0) return inProcesses(processes)
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const core = path.join(root, 'src-engine/assembly/build/core.wasm')
  const files = await guestFiles()
  if (files) return lockstepGuest(core, files)
  const pair = await Pair.create(core)
  let cases = 0
  let checked = 0
  let told = performance.now()
  for (let i = shard - 1; i < programs; i += shards) {
    if (performance.now() - told > PROGRESS_MS) {
      told = performance.now()
      process.stderr.write(
        `${checked} of ${Math.ceil((programs - shard + 1) / shards)} programs of shard ${shard}, no difference\n`,
      )
    }
    checked++
    const c = programOf(seed + i, randomFrom(seed + i), args.includes('--x87'))
    const text = pair.runProgram(c)
    if (text === '') continue
    process.stdout.write(`program of seed ${seed + i}: ${text}\n  ${describe(c)}\n${await pair.disassembly(c)}\n`)
    return 1
  }
  if (programs > 0) {
    process.stdout.write(
      `${checked} programs, no difference; ${(pair.share() * 100).toFixed(0)} % of the instructions translated, ${pair.translator.statistics.traced} regions of what was seen to run\n`,
    )
    return 0
  }
  let bad = 0
  for (const form of forms) {
    const r = random(seedOf(form.name, seed))
    for (let i = 0; i < states; i++) {
      const c = makeCase(form, r)
      const text = pair.run(form, c)
      cases++
      if (text === '') continue
      if (bad < show) process.stdout.write(`${form.name}: ${text}\n  ${describe(c)}\n`)
      if (bad++ === 0) process.stdout.write(`${await pair.disassembly(c)}\n`)
      break
    }
  }
  const { regions, milliseconds, bytes, blocks } = pair.translator.statistics
  process.stdout.write(
    `${forms.length} forms, ${cases} cases, ${bad} forms differ; ${regions} regions of ${blocks} blocks, ${bytes} bytes, ${milliseconds.toFixed(0)} ms\n`,
  )
  return bad > 0 ? 1 : 0
}

main().then(
  (status) => {
    process.exitCode = status
  },
  (error: unknown) => {
    process.stderr.write(`lockstep: ${error instanceof Error ? error.stack : String(error)}\n`)
    process.exitCode = 1
  },
)
