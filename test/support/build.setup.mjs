// Before any test: the engine's bundles and core.wasm are made current, so that tests which start processes or threads
// by bundle name (out/main/*.cjs) never meet old ones. Costs one hash of the tree when nothing changed.
// Runs in: vitest's main process.
import { buildEngine } from '../../resources/tooling/build-app.mjs'

export default async function setup() {
  await buildEngine()
}
