// Debian's kernels and the demo ramdisk, fetched once through apt into the user's cache folder, never into the repo.
// Where they cannot be had, tests that want them are skipped and say why.
import os from 'node:os'
import path from 'node:path'
import type { Result } from '../../src-engine/public/result'
import { explainError } from '../../src-main/public/error-code'
import { type DemoGuest, type DemoKernel, makeDemoGuest } from '../../src-main/toolstack/demo-guest'

export const demoFolder = path.join(
  process.env['XDG_CACHE_HOME'] || path.join(os.homedir(), '.cache'),
  'ringmaster',
  'demo-guest',
)
const TIMEOUT = 120_000

/** The guest's files, or one sentence why they are not there. */
export async function debianGuest(flavour: DemoKernel): Promise<Result<DemoGuest, string>> {
  const signal = AbortSignal.timeout(TIMEOUT)
  const made = await makeDemoGuest(demoFolder, { report: () => undefined, signal }, flavour)
  return made.ok ? made : { ok: false, error: explainError(made.error).cause }
}
