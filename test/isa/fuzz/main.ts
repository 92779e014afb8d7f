// The fuzzer: compares random instructions with the host CPU for some minutes, or each form a number of times.
//   npm run -s fuzz -- [--minutes N | --states N] [--seed S] [--only TEXT] [--set integer|integer-32|sse|x87|sequence|pair] [--show N]
//   npm run -s fuzz -- --record [--seed S]     writes test/fixture/isa/recorded.bin.gz anew
// Exit status 0: no mismatch, 1: mismatches (printed with the seed that repeats them), 2: bad arguments or no gcc.
// Runs in: plain Node, bundled by resources/tooling/run.mjs.
import fs from 'node:fs'
import path from 'node:path'
import { random } from '../fp/states'
import { type Form, integerForms, pairForms, sequenceForms, sseForms, x87Forms } from './forms'
import { makeCase } from './generate'
import { Machine } from './machine'
import { answerable, buildOracle, hasNative } from './native'
import { pack } from './recorded'
import { seedOf, sweep } from './sweep'

const args = process.argv.slice(2)
function option(name: string): string | undefined {
  const i = args.indexOf(`--${name}`)
  return i < 0 ? undefined : args[i + 1]
}
/** Two states of each integer form, one of the others: a file of some hundred KiB. */
function record(root: string, forms: readonly Form[], seed: number): number {
  const oracle = buildOracle()
  try {
    const list = forms.flatMap((form) => {
      const r = random(seedOf(form.name, seed))
      const cases = Array.from({ length: form.set === 'integer' ? 2 : 1 }, () => makeCase(form, r, true))
      // one process each: a recorded case must not depend on another
      return cases.flatMap((c) => oracle.run([c]).map((answer) => ({ form: form.name, case: c, answer })))
    })
    const folder = path.join(root, 'test/fixture/isa')
    fs.mkdirSync(folder, { recursive: true })
    fs.writeFileSync(path.join(folder, 'recorded.bin.gz'), pack(list))
    console.log(`${list.length} cases recorded`)
  } finally {
    oracle.dispose()
  }
  return 0
}

async function main(): Promise<number> {
  if (!hasNative) {
    console.error('fuzz: needs gcc on x86-64 Linux')
    return 2
  }
  const minutes = Number(option('minutes') ?? 1)
  const states = option('states')
  let seed = Number(option('seed') ?? Date.now() % 1_000_000)
  const only = option('only')
  const set = option('set')
  const show = Number(option('show') ?? 3)
  const sets: Record<string, readonly Form[]> = {
    integer: integerForms(),
    'integer-32': integerForms(32),
    sse: sseForms(),
    x87: x87Forms(),
    sequence: sequenceForms(),
    pair: pairForms(),
  }
  const forms = answerable(
    Object.entries(sets)
      .filter(([name]) => set === undefined || name === set)
      .flatMap(([, list]) => list)
      .filter((form) => only === undefined || form.name.includes(only)),
  )
  if (forms.length === 0 || Number.isNaN(minutes) || Number.isNaN(seed)) {
    console.error('fuzz: --minutes N | --states N, --seed S, --only TEXT, --set integer|integer-32|sse|x87|sequence|pair')
    return 2
  }
  const root = process.env['RINGMASTER_ROOT'] ?? process.cwd()
  if (args.includes('--record'))
    return record(
      root,
      forms.filter((form) => form.set !== 'sequence'),
      Number(option('seed') ?? 1),
    )
  const machine = await Machine.create(path.join(root, 'src-engine/assembly/build/core.wasm'))
  const oracle = buildOracle()
  const end = performance.now() + minutes * 60_000
  let cases = 0
  const bad = new Map<string, number>()
  try {
    do {
      const per = states ? Number(states) : 40
      for (let i = 0; i < forms.length && (states !== undefined || performance.now() < end); i += 50) {
        for (const outcome of sweep(forms.slice(i, i + 50), per, seed, oracle, machine, show)) {
          cases += outcome.cases
          if (outcome.badCount === 0) continue
          if (!bad.has(outcome.form.name)) {
            console.log(`${outcome.form.name}: ${outcome.badCount} of ${outcome.cases} (seed ${seed})`)
            for (const b of outcome.bad) console.log(`  ${b.text}\n    ${b.start}`)
          }
          bad.set(outcome.form.name, (bad.get(outcome.form.name) ?? 0) + outcome.badCount)
        }
      }
      seed++
    } while (states === undefined && performance.now() < end)
  } finally {
    oracle.dispose()
  }
  const total = [...bad.values()].reduce((a, b) => a + b, 0)
  console.log(`${cases} cases of ${forms.length} forms: ${total} mismatches in ${bad.size} forms`)
  return total === 0 ? 0 : 1
}
main().then((status) => process.exit(status))
