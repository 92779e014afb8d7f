// `npm run -s lockstep` as resources/tooling/run.mjs makes it: one bundled file. Runs in: vitest.
import { execFileSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { bundleProgram } from '../../../resources/tooling/build-wasm.mjs'

const RINGMASTER_ROOT = path.resolve(import.meta.dirname, '../../..')

it('the lockstep command tells how it is used, and runs programs', async () => {
  const file = await bundleProgram('test/isa/lockstep/main.ts')
  const run = (...args) =>
    execFileSync(process.execPath, [file, ...args], { encoding: 'utf8', env: { ...process.env, RINGMASTER_ROOT } })
  try {
    expect(run('--help')).toContain('--programs N')
    expect(run('--programs', '3')).toMatch(/^3 programs, no difference/)
  } finally {
    rmSync(file, { force: true })
  }
})
