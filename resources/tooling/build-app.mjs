#!/usr/bin/env node
// Builds out/: the engine's bundles with core.wasm beside them, then main, preload and the windows.
// Each half is skipped while its sources are unchanged, so a warm start costs one hash of the tree; the headless runner
// needs the engine half only. Files are replaced whole: a guest started meanwhile sees old or new, never half.
//   node resources/tooling/build-app.mjs [engine]
// Runs in: plain Node, after npm packages are there; several at once wait for each other.
import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { BuildError, buildWasm, CORE_WASM } from './build-wasm.mjs'
import { inputs, NODE_TARGET, output, RENDERER_PAGE, rendererOptions } from './bundles.mjs'
import { hashSources, isFresh, root, withLock, writeAtomic, writeStamp } from './stamp.mjs'

const out = (...parts) => path.join(root, 'out', ...parts)
const log = (message) => process.stderr.write(`[build] ${message}\n`)
const BUILD_INPUTS = ['resources/tooling', 'package.json', 'package-lock.json']

/** Bundles one world's entries into out/<folder> and removes shared pieces of earlier builds. */
async function bundle(world, folder) {
  const input = inputs(world)
  if (Object.keys(input).length === 0) return
  const { rolldown } = await import('rolldown')
  const build = await rolldown({
    input,
    platform: 'node',
    external: ['electron'],
    transform: { target: NODE_TARGET },
    logLevel: 'warn',
  })
  const { output: files } = await build.generate({ ...output(world), dir: out(folder) })
  await build.close()
  for (const file of files) writeAtomic(out(folder, file.fileName), file.type === 'asset' ? file.source : file.code)
  const current = new Set(files.map((file) => file.fileName))
  for (const name of fs.readdirSync(out(folder))) {
    if ((name.startsWith(`${world}-`) || name.startsWith('dev-')) && !current.has(name))
      fs.rmSync(out(folder, name), { force: true })
  }
}

const outputs = (world, folder) => Object.keys(inputs(world)).map((name) => out(folder, `${name}.cjs`))

async function step(name, sources, files, work) {
  const hash = () => hashSources([...sources, ...BUILD_INPUTS], ...files)
  if (isFresh(name, hash(), files)) return
  await withLock(name, async () => {
    const before = hash()
    if (isFresh(name, before, files)) return
    const start = performance.now()
    await work()
    writeStamp(name, before)
    log(`${name}: ${((performance.now() - start) / 1000).toFixed(1)} s`)
  })
}

/** The engine: dom0, domain, vcpu and guest bundles, and core.wasm. */
export async function buildEngine() {
  await buildWasm()
  const wasm = fs.existsSync(CORE_WASM)
  await step(
    'engine',
    ['src-engine', path.relative(root, CORE_WASM)],
    [...outputs('engine', 'main'), ...(wasm ? [out('main/core.wasm')] : [])],
    async () => {
      await bundle('engine', 'main')
      if (wasm) writeAtomic(out('main/core.wasm'), fs.readFileSync(CORE_WASM))
    },
  )
}

/** Everything the app needs. */
export async function buildApp() {
  await buildEngine()
  const page = fs.existsSync(RENDERER_PAGE)
  const files = [...outputs('main', 'main'), ...outputs('preload', 'preload'), ...(page ? [out('renderer/index.html')] : [])]
  await step('app', ['src-main', 'src-renderer', 'src-engine/public', 'src-engine/lib', 'resources'], files, async () => {
    await bundle('main', 'main')
    await bundle('preload', 'preload')
    if (page) await bundleWindows()
  })
}

/** The windows, whatever the caller's environment is: a test runner's NODE_ENV would choose React's and the components' builds for tests, which lay out lists without a width. */
async function bundleWindows() {
  const before = process.env.NODE_ENV
  process.env.NODE_ENV = 'production'
  try {
    const { build } = await import('vite')
    await build({ configFile: false, logLevel: 'warn', ...(await rendererOptions()) })
  } finally {
    if (before === undefined) delete process.env.NODE_ENV
    else process.env.NODE_ENV = before
  }
}

if (process.argv[1] && fs.realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const work = process.argv[2] === 'engine' ? buildEngine : buildApp
  work().catch((error) => {
    log(error instanceof BuildError ? error.message : (error.stack ?? error.message))
    process.exit(1)
  })
}
