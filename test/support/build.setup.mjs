// Before any test: the engine's bundles and core.wasm are made current, so that tests which start processes or threads
// by bundle name (out/main/*.cjs) do not meet old ones. Costs one hash of the tree when nothing changed.
// A failed build does not keep the other tests from running here; `npm test` builds first and stops at that.
// Runs in: vitest's main process.
import { buildEngine } from '../../resources/tooling/build-app.mjs'

export default async function setup() {
  try {
    await buildEngine()
  } catch (error) {
    process.stderr.write(`[build] the engine does not build, its bundles are old or missing: ${error.message}\n`)
  }
}
