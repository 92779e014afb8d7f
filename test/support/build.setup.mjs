// Before any test: the engine's bundles and core.wasm are made current, so that tests which start processes or threads
// by bundle name (out/main/*.cjs) do not meet old ones. Costs one hash of the tree when nothing changed.
// A failed build does not keep the other tests from running here; `npm test` builds first and stops at that.
// Also the folder where used rows are written down (row-sink.cjs), for every process that descends from this one.
// Runs in: vitest's main process.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { buildEngine } from '../../resources/tooling/build-app.mjs'

export default async function setup() {
  try {
    await buildEngine()
  } catch (error) {
    process.stderr.write(`[build] the engine does not build, its bundles are old or missing: ${error.message}\n`)
  }
  const rows = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-rows-'))
  process.env.RINGMASTER_ROWS = rows
  process.env.NODE_OPTIONS = `${process.env.NODE_OPTIONS ?? ''} --require ${JSON.stringify(path.join(import.meta.dirname, 'row-sink.cjs'))}`
  return () => fs.rmSync(rows, { recursive: true, force: true })
}
