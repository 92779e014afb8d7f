// Writes src-engine/assembly/generated from the tables of isa. Run by resources/tooling/build-wasm.mjs; `--check` writes
// nothing and fails when a file is not what the tables say (test/house).
// Runs in: build, with the repository as working directory.
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dispatchSource, numberUops } from './dispatch'
import { layoutSource } from './layout'
import { generateSseDispatch } from './sse-dispatch'
import { endingFamilies, familyNames, tablesSource } from './tables'

const DIR = 'src-engine/assembly/generated'

/** All generated files by name. */
export function generatedFiles(): Record<string, string> {
  const numbering = numberUops(familyNames())
  return {
    'layout.ts': layoutSource(),
    'tables.ts': tablesSource(numbering),
    'dispatch.ts': dispatchSource(numbering, endingFamilies()),
    'sse-dispatch.ts': generateSseDispatch(),
    'dispatch-info.json': `${JSON.stringify({ function: 'run', cases: numbering.hot.length + numbering.pairs.length, families: numbering.families.length })}\n`,
  }
}

let stale = 0
mkdirSync(DIR, { recursive: true })
for (const [name, text] of Object.entries(generatedFiles())) {
  const file = `${DIR}/${name}`
  if (existsSync(file) && readFileSync(file, 'utf8') === text) continue
  if (process.argv.includes('--check')) {
    process.stderr.write(`${file} is not what the tables say: run the build\n`)
    stale++
  } else writeFileSync(file, text)
}
process.exitCode = stale ? 1 : 0
