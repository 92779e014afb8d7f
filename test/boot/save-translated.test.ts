// A guest saved in translated code goes on interpreted, and the other way round: nothing of the translator is in the file. From leg to
// leg it computes on, and its lines are those of an uninterrupted run.
// Runs in: vitest, the headless runner as a process.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { headlessGuest } from '../support/headless-guest'
import { buildMicroKernel, cannotBuild } from '../support/micro-kernel'
import { count } from '../support/tier'
import { WorkerLines } from '../support/worker-guest'

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-save-translated-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const LINES_A_LEG = count(100, 1500)
const LEGS = count(4, 12)
const NEVER = 1_000_000

it.skipIf(cannotBuild())(
  'saves of translated code restored under the interpreter and the other way round',
  async () => {
    const foretold = new WorkerLines()
    const file = (leg: number): string => path.join(folder, `${leg}.save`)
    let [last, before] = [0, 0]
    for (let leg = 1; leg <= LEGS; leg++) {
      // A restored console shows what it showed before, so the next mark is counted from where the last leg came to.
      const mark = `LINE ${last + LINES_A_LEG} `
      const run = await headlessGuest(
        ...(leg === 1 ? ['--kernel', buildMicroKernel('worker'), '--memory', '64', '--extra', `sum=${NEVER}`] : []),
        ...(leg === 1 ? [] : ['--restore', file(leg - 1)]),
        ...(leg === LEGS ? ['--expect', mark] : ['--save', file(leg), '--save-after', mark]),
        ...['--translator', leg % 2 ? 'on' : 'off', '--timeout', '300'],
      )
      expect(run.status, run.output.slice(-500) + run.errors).toBe(0)
      const seen = foretold.check(run.output)
      expect(seen).toMatchObject({ wrong: undefined, first: 1 })
      expect(seen.last).toBeGreaterThanOrEqual(last + LINES_A_LEG - 1)
      // Instructions are counted on in the copy. Nearly all of the work is one loop.
      const { instructions = 0, translated = 0 } = run.json ?? {}
      const share = translated / (instructions - before)
      if (leg % 2) expect(share).toBeGreaterThan(0.3)
      else expect(share).toBe(0)
      last = seen.last
      before = instructions
    }
  },
  count(300_000, 1_800_000),
)
