// After a whole run that passed: every row marked done was used by some test, or the run fails (house.md, section 7). Runs
// of some files or names judge nothing, nor do machines without the compiler that the micro-kernels are built with.
// RINGMASTER_ROWS_JUDGE=1 prints what is unused after any run.
// Runs in: vitest's main process, as a reporter.
import fs from 'node:fs'
import path from 'node:path'
import type { Reporter, TestModule, Vitest } from 'vitest/node'
import { unusedRows } from '../house/row-use'
import { cannotBuild } from './micro-kernel'

/** Rows used by all processes of the run: lines that row-sink.cjs wrote. */
function readUses(folder: string): Set<string> {
  const lines = fs.readdirSync(folder).flatMap((file) => fs.readFileSync(path.join(folder, file), 'utf8').split('\n'))
  return new Set(lines)
}

export default class RowReporter implements Reporter {
  private vitest: Vitest | undefined

  onInit(vitest: Vitest): void {
    this.vitest = vitest
  }

  async onTestRunEnd(modules: readonly TestModule[], errors: readonly unknown[], reason: string): Promise<void> {
    const folder = process.env['RINGMASTER_ROWS']
    if (!folder || !this.vitest) return
    const asked = process.env['RINGMASTER_ROWS_JUDGE'] === '1'
    const all = (await Promise.all(this.vitest.projects.map((project) => project.globTestFiles()))).flatMap(
      (found) => found.testFiles,
    )
    const whole = reason === 'passed' && errors.length === 0 && modules.length >= all.length
    const named = this.vitest.config.testNamePattern !== undefined
    if (!asked && (!whole || named || cannotBuild() !== undefined)) return
    const unused = unusedRows(readUses(folder))
    if (unused.length === 0) return
    console.error(`\nRows marked done that no test used (test/house/README.md):\n  ${unused.join('\n  ')}`)
    process.exitCode = 1
  }
}
