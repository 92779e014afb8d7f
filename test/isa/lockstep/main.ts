// The lockstep checker: `npm run -s lockstep -- [--programs N | --states N] [--seed S] [--only TEXT] [--set NAME] [--show N]`.
// Exit status 0: no difference, 1: differences, 2: bad arguments.
// Runs in: plain Node, bundled by resources/tooling/run.mjs.
import path from 'node:path'
import { randomFrom } from '../../support/random'
import { random } from '../fp/states'
import { describe } from '../fuzz/compare'
import { type Form, integerForms, sequenceForms, sseForms, x87Forms } from '../fuzz/forms'
import { makeCase } from '../fuzz/generate'
import { seedOf } from '../fuzz/sweep'
import { Pair } from './pair'
import { randomProgram } from './programs'

const args = process.argv.slice(2)
function option(name: string): string | undefined {
  const i = args.indexOf(`--${name}`)
  return i < 0 ? undefined : args[i + 1]
}

async function main(): Promise<number> {
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
  }
  const forms = Object.entries(sets)
    .filter(([name]) => set === undefined || name === set)
    .flatMap(([, list]) => list)
    .filter((form) => only === undefined || form.name.includes(only))
  if (forms.length === 0 || !(states > 0) || Number.isNaN(seed)) {
    process.stderr.write(
      'lockstep: --programs N | --states N, --seed S, --only TEXT, --set integer|sse|x87|sequence, --show N\n',
    )
    return 2
  }
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  const pair = await Pair.create(path.join(root, 'src-engine/assembly/build/core.wasm'))
  let cases = 0
  for (let i = 0; i < programs; i++) {
    const c = randomProgram(randomFrom(seed + i))
    const text = pair.runProgram(c)
    if (text === '') continue
    process.stdout.write(`program of seed ${seed + i}: ${text}\n  ${describe(c)}\n`)
    return 1
  }
  if (programs > 0) {
    process.stdout.write(
      `${programs} programs, no difference; ${(pair.share() * 100).toFixed(0)} % of the instructions translated\n`,
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
      if (bad++ < show) process.stdout.write(`${form.name}: ${text}\n  ${describe(c)}\n`)
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
