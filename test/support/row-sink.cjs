// Listens to src-engine/public/row-use.ts: writes each used row once to a file of this thread's own in the folder
// RINGMASTER_ROWS, at once, so that a killed process has said what it used. Loaded by --require in NODE_OPTIONS
// (build.setup.mjs) into every Node process and worker thread of a test run.
const fs = require('node:fs')
const path = require('node:path')
const { threadId } = require('node:worker_threads')

const folder = process.env.RINGMASTER_ROWS
if (folder && globalThis.ringmasterRowUse === undefined) {
  const seen = new Set()
  const file = path.join(folder, `${process.pid}-${threadId}`)
  globalThis.ringmasterRowUse = (table, row) => {
    const key = `${table} ${row}`
    if (seen.has(key)) return
    seen.add(key)
    try {
      fs.appendFileSync(file, `${key}\n`)
    } catch {
      // the run is over and its folder gone
    }
  }
}
