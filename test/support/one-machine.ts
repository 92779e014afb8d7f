// The frame of a test file whose tests share one app without windows, in a folder of its own: opened before them, closed after,
// with a micro-kernel whose lines can be foretold; and a guest beside those of the tests, which must not notice what is done to them.
// Machines of a try that failed are gone before the next one, which wants their names.
// Runs in: tests, plain Node, on the bundles in out/main.
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect } from 'vitest'
import { buildMicroKernel, cannotBuild } from './micro-kernel'
import { Supervised, type SupervisedOptions } from './supervised'
import { WorkerLines } from './worker-guest'

export interface OneMachine {
  /** Why the tests are skipped. */
  readonly cannot: string | undefined
  readonly folder: string
  readonly machine: Supervised
  /** Path of the worker's kernel. */
  readonly kernel: string
}

/** `name`: of the folder. `only`: why the tests may not run here either. `options`: of the machine, by the folder. */
export function oneMachine(
  name: string,
  only?: string,
  options: (folder: string) => SupervisedOptions = () => ({}),
): OneMachine {
  const cannot = cannotBuild() ?? only
  const folder = mkdtempSync(path.join(os.tmpdir(), `ringmaster-${name}-`))
  const machine = new Supervised(path.join(folder, 'machine'), options(folder))
  beforeAll(async () => {
    if (!cannot) await machine.open()
  })
  let before = new Set<string>()
  beforeEach(() => {
    before = new Set(machine.toolstack.domains.list().map(({ uuid }) => uuid))
  })
  afterEach(async ({ task }) => {
    if (task.result?.state === 'fail') await machine.removeAllBut(before)
  })
  afterAll(async () => {
    if (!cannot) await machine.close()
    rmSync(folder, { recursive: true, force: true })
  })
  return { cannot, folder, machine, kernel: cannot ? '' : buildMicroKernel('worker') }
}

export class Sibling {
  private readonly machine: Supervised
  private readonly lines = new WorkerLines()
  private uuid = ''
  private seen = 0

  constructor({ cannot, machine, kernel }: OneMachine) {
    this.machine = machine
    beforeAll(async () => {
      if (!cannot) this.uuid = await machine.start('sibling', kernel, 'pulse=20')
    })
  }

  /** It goes on, line by line. */
  async works(): Promise<void> {
    const { lines } = this
    const text = await this.machine.console(this.uuid, (shown) => {
      const { last, wrong } = lines.check(shown)
      return last >= this.seen + 5 || wrong !== undefined
    })
    const { last, wrong } = lines.check(text)
    expect(wrong).toBeUndefined()
    this.seen = last
  }
}
