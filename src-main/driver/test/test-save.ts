// Save files of the test driver: what a domain is, as JSON. Runs in: main, plain Node.
import { readFile } from 'node:fs/promises'
import { err, ok } from '../../../src-engine/public/result'
import { count, dictionary, fields, type TypeOf, text } from '../../../src-engine/public/shape'
import { systemErrorText, writeFileAtomic } from '../../lib/atomic-file'
import { writeProblem } from '../../lib/write-problem'
import { errorReport } from '../../public/error-code'
import { type DomainConfig, domainConfigShape } from '../../public/types'
import type { Outcome } from '../driver'
import type { TestConsole } from './test-console'

const savedShape = fields({
  uuid: text,
  savedAt: count,
  config: domainConfigShape,
  console: fields({ output: text, variables: dictionary(text) }),
})
export type SavedState = TypeOf<typeof savedShape>

/** As of now. */
export function stateOf(uuid: string, config: DomainConfig, console: TestConsole): SavedState {
  return { uuid, savedAt: Date.now(), config, console: console.state() }
}

export async function writeState(path: string, state: SavedState): Outcome {
  try {
    await writeFileAtomic(path, JSON.stringify(state))
    return ok(null)
  } catch (thrown) {
    return err(writeProblem(path, thrown))
  }
}

export async function readState(path: string): Outcome<SavedState> {
  try {
    const read: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (savedShape.is(read)) return ok(read)
    return err(errorReport('save-corrupt', { path, detail: savedShape.explain(read) ?? 'not a saved state' }))
  } catch (thrown) {
    return err(errorReport('save-corrupt', { path, detail: systemErrorText(thrown) }))
  }
}
