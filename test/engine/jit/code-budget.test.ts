// A guest that executes more code than the translator keeps: its older regions go, what it computes stays right, and what is
// alive stays below the limit. Runs in: vitest.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { TRANSLATOR_EAGER } from '../../../src-engine/jit/translator'
import { hostClock } from '../../../src-engine/lib/monotonic'
import { buildMicroKernel, cannotBuild } from '../../support/micro-kernel'
import { SteppedGuest } from '../../support/stepped-guest'
import { LONG } from '../../support/tier'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
/** A batch of large regions. */
const ONE_MORE = 256 * 1024

it.skipIf(cannotBuild())('a guest executes more code than is kept, each function more than once', async () => {
  const translator = LONG ? TRANSLATOR_EAGER : { ...TRANSLATOR_EAGER, bytes: 1 << 20 }
  const guest = await SteppedGuest.make({
    core: CORE,
    kernel: readFileSync(buildMicroKernel('code-flood')),
    clock: hostClock,
    translator,
  })
  const before = process.memoryUsage().rss
  let most = before
  for (let steps = 0; !guest.stopped; steps++) {
    guest.step()
    if (steps % 20 === 0) most = Math.max(most, process.memoryUsage().rss)
  }
  expect(guest.text).toContain('SUCCESS functions that compute wrongly')
  const { statistics } = guest.translator ?? {}
  expect(statistics?.evicted).toBeGreaterThan(50)
  expect(statistics?.gathered).toBeGreaterThan(50)
  // the functions are called by pointers, so regions are left for them, and entered again behind the calls
  expect(statistics?.entries).toBeGreaterThan(statistics?.regions ?? 0)
  expect(statistics?.most).toBeLessThan(translator.bytes + ONE_MORE)
  // code, its bytes and what V8 keeps beside them; freed when V8 collects
  expect((most - before) / 2 ** 20).toBeLessThan(LONG ? 400 : 200)
})
