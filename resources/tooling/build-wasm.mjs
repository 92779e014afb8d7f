#!/usr/bin/env node
// Builds the CPU core: runs the table generator, compiles AssemblyScript to src-engine/assembly/build/core.wasm, and
// checks that the dispatch of `run` really became a br_table (cpu.md: a chain of comparisons would be many times slower).
// What is hardly ever taken is named to V8 (branch-hints.mjs).
// Skipped while the sources are unchanged; safe when several run at once.
//   node resources/tooling/build-wasm.mjs [--force]
// Runs in: plain Node, after npm packages are there.
import { spawnSync } from 'node:child_process'
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { hintColdBranches } from './branch-hints.mjs'
import { cacheDir, hashSources, isFresh, root, withLock, writeAtomic, writeStamp } from './stamp.mjs'

const ASSEMBLY = 'src-engine/assembly'
const ENTRY = `${ASSEMBLY}/index.ts`
const GENERATOR = 'src-engine/isa/generate/main.ts'
const SOURCES = [
  'src-engine/isa',
  ASSEMBLY,
  'node_modules/assemblyscript/package.json',
  'resources/tooling/build-wasm.mjs',
  'resources/tooling/branch-hints.mjs',
]
export const CORE_WASM = path.join(root, ASSEMBLY, 'build/core.wasm')

// --memoryBase: constant tables go above the null page, see MEMORY_MAP in isa/state-layout.ts.
// --maximumMemory: a module that declares less than the memory's maximum refuses the memory.
const FLAGS = [
  '-O3',
  '--runtime',
  'stub',
  '--noAssert',
  '--enable',
  'simd,threads,bulk-memory',
  '--importMemory',
  '--sharedMemory',
  '--noExportMemory',
  '--exportTable', // the translator adds regions to it
  '--initialMemory',
  '1024',
  '--maximumMemory',
  '65536',
  '--memoryBase',
  '65536',
  '--debug',
]

/**
 * Functions called where something is slow and seldom: accesses that miss the TLB (`cold` those of a pair's first) or are staged, conditions
 * that no comparison has set.
 */
const COLD = ['cold', 'readMiss', 'writeMiss', 'updateMiss', 'commit', 'cfSlow', 'lessSlow', 'ofSlow']

const log = (message) => process.stderr.write(`[wasm] ${message}\n`)

/** The sources are at fault: the message says it all, no stack wanted. */
export class BuildError extends Error {
  name = 'BuildError'
}

/** Inside a bundled program every module still finds its neighbours: its folder's name is that of its source. */
const sourceFolders = {
  name: 'source-folders',
  transform(code, id) {
    if (id.includes('node_modules')) return null
    // map null: lines stay where they were
    return { code: code.replace(/\b(import\.meta\.dirname|__dirname)\b/g, JSON.stringify(path.dirname(id))), map: null }
  },
}

/** Bundles a program written in TypeScript to one temporary CommonJS file, which the caller removes. */
export async function bundleProgram(source) {
  const { rolldown } = await import('rolldown')
  const bundle = await rolldown({
    input: path.join(root, source),
    platform: 'node',
    external: ['electron', 'playwright-core', 'assemblyscript/binaryen'],
    plugins: [sourceFolders],
    logLevel: 'warn',
  })
  const { output } = await bundle.generate({ dir: cacheDir, format: 'cjs', codeSplitting: false, sourcemap: 'inline' })
  await bundle.close()
  const file = path.join(cacheDir, `${source.replaceAll('/', '-')}.${process.pid}.cjs`)
  writeAtomic(file, output[0].code)
  return file
}

async function generate() {
  const file = await bundleProgram(GENERATOR)
  try {
    const run = spawnSync(process.execPath, ['--enable-source-maps', file], { cwd: root, stdio: ['ignore', 2, 2] })
    if (run.status !== 0) throw new BuildError(`${GENERATOR} ended with ${run.status ?? run.signal}`)
  } finally {
    fs.rmSync(file, { force: true })
  }
}

/** Target counts of every br_table in a function given as WebAssembly text. */
function tableWidths(text) {
  return [...text.matchAll(/\(br_table((?:\s+\$[^\s()]+)+)/g)].map((match) => match[1].trim().split(/\s+/).length - 1)
}

/** Fails unless the exported (or so named) function of the module holds a br_table for that many cases; gives its width. */
export async function checkDispatch(bytes, { cases, function: name = 'run' }) {
  const { default: binaryen } = await import('assemblyscript/binaryen')
  const module = binaryen.readBinary(bytes)
  try {
    let internal = name
    for (let i = 0; i < module.getNumExports(); i++) {
      const found = binaryen.getExportInfo(module.getExportByIndex(i))
      if (found.kind === binaryen.ExternalFunction && found.name === name) internal = found.value
    }
    const { body } = binaryen.getFunctionInfo(module.getFunction(internal))
    const widest = Math.max(0, ...tableWidths(binaryen.emitText(body)))
    if (widest < cases) {
      throw new BuildError(`the dispatch of ${name} is no jump table: widest br_table has ${widest} targets, ${cases} wanted`)
    }
    return widest
  } finally {
    module.dispose()
  }
}

async function compile() {
  const { default: asc } = await import('assemblyscript/asc')
  const files = new Map()
  const { error, stderr } = await asc.main([ENTRY, '--outFile', 'core.wasm', '--baseDir', root, ...FLAGS], {
    writeFile: (name, content) => void files.set(path.basename(name), content),
  })
  const messages = stderr.toString().trim()
  if (messages) process.stderr.write(`${messages}\n`)
  if (error) throw new BuildError('AssemblyScript did not compile')
  const bytes = files.get('core.wasm')
  if (!bytes) throw new BuildError('AssemblyScript wrote no core.wasm')
  return bytes
}

/** Makes core.wasm current; true when it was built, false when it already was (or there is nothing to build yet). */
export async function buildWasm({ force = false } = {}) {
  if (!fs.existsSync(path.join(root, ENTRY))) {
    log(`${ENTRY} is not there yet: nothing to compile`)
    return false
  }
  const hashNow = () => hashSources(SOURCES, ...FLAGS)
  const fresh = () => !force && isFresh('core.wasm', hashNow(), [CORE_WASM])
  if (fresh()) return false
  return withLock('core.wasm', async () => {
    if (fresh()) return false
    const start = performance.now()
    if (fs.existsSync(path.join(root, GENERATOR))) await generate()
    const hash = hashNow() // after the generator: its outputs are sources of the compiler
    const { bytes, hints, unknown } = hintColdBranches(await compile(), COLD)
    if (unknown.length > 0) throw new BuildError(`branch hints: the core has no function ${unknown.join(', ')}`)
    const info = path.join(root, ASSEMBLY, 'generated/dispatch-info.json')
    if (fs.existsSync(info))
      log(`dispatch: br_table of ${await checkDispatch(bytes, JSON.parse(fs.readFileSync(info, 'utf8')))} targets`)
    else log('no generated/dispatch-info.json: dispatch not checked')
    log(`branch hints: ${hints}`)
    writeAtomic(CORE_WASM, bytes)
    writeStamp('core.wasm', hash)
    log(`core.wasm: ${(bytes.length / 1024).toFixed(0)} KiB in ${((performance.now() - start) / 1000).toFixed(1)} s`)
    return true
  })
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  buildWasm({ force: process.argv.includes('--force') }).catch((error) => {
    log(error instanceof BuildError ? error.message : error.stack)
    process.exit(1)
  })
}
