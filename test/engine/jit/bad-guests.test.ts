// Guests that work against the translator, with its defaults and with nearly all code translated: what is made for them has been paid
// for by interpreted instructions before, so however often code changes, goes, or runs once only, translating takes a bounded share
// of what interpreting takes; and what is alive stays below its limit. By counts, not by time. Runs in: vitest.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { CREDIT } from '../../../src-engine/jit/account'
import { modulesWithin } from '../../../src-engine/jit/memory-budget'
import { TRANSLATOR_DEFAULTS, TRANSLATOR_EAGER, type TranslatorOptions } from '../../../src-engine/jit/translator'
import { hostClock } from '../../../src-engine/lib/monotonic'
import { buildMicroKernel, cannotBuild } from '../../support/micro-kernel'
import { SteppedGuest } from '../../support/stepped-guest'
import { LONG } from '../../support/tier'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
/** A batch of large regions. */
const ONE_MORE = 256 * 1024

interface Ran {
  readonly guest: SteppedGuest
  readonly samples: number
}

async function run(name: string, translator: TranslatorOptions): Promise<Ran> {
  let samples = 0
  const guest = await SteppedGuest.make({
    core: CORE,
    kernel: readFileSync(buildMicroKernel(name)),
    clock: hostClock,
    alone: true,
    translator,
    witness: () => ({ left: () => {}, called: () => {}, sampled: () => void samples++ }),
  })
  while (!guest.stopped) guest.step()
  return { guest, samples }
}

// A flood of code, eager, is code-budget.test.ts.
const guests = [
  ['functions that run a few times', 'code-flood', 'defaults', TRANSLATOR_DEFAULTS],
  ['code that is changed whenever it has been translated', 'code-again', 'defaults', TRANSLATOR_DEFAULTS],
  ['the same', 'code-again', 'eager', TRANSLATOR_EAGER],
  ['code that changes and is mapped elsewhere', 'code-pages', 'defaults', TRANSLATOR_DEFAULTS],
  ['jumps through tables that change', 'code-tables', 'defaults', TRANSLATOR_DEFAULTS],
  ['loops that translating cannot help', 'short-stays', 'defaults', TRANSLATOR_DEFAULTS],
  ['the same', 'short-stays', 'eager', TRANSLATOR_EAGER],
  ['jumps into instructions, aliases, unmapped code, traps', 'code-tricks', 'defaults', TRANSLATOR_DEFAULTS],
] as const
const moreGuests = [
  ['code that changes and is mapped elsewhere', 'code-pages', 'eager', TRANSLATOR_EAGER],
  ['jumps through tables that change', 'code-tables', 'eager', TRANSLATOR_EAGER],
  ['jumps into instructions, aliases, unmapped code, traps', 'code-tricks', 'eager', TRANSLATOR_EAGER],
] as const

it.skipIf(cannotBuild()).each(LONG ? [...guests, ...moreGuests] : guests)(
  '%s (%s, %s): no more is translated than was interpreted for it',
  async (_what, name, _how, options) => {
    const { guest, samples } = await run(name, options)
    expect(guest.text).toContain('SUCCESS')
    expect(guest.text).not.toContain('FAILURE')
    const { regions = 0, blocks = 0, most = 0 } = guest.translator?.statistics ?? {}
    expect(regions).toBeGreaterThan(0)
    expect(regions * options.threshold).toBeLessThanOrEqual(samples)
    expect(samples * options.period).toBeLessThanOrEqual(Number(guest.registers.retired()))
    // Those of its own and copies for its entries.
    expect(blocks).toBeLessThanOrEqual(regions * options.blocks * 2)
    expect(most).toBeLessThan(modulesWithin(options.memory) + ONE_MORE)
  },
)

it.skipIf(cannotBuild())(
  'code that is changed whenever it has been translated is translated as far as there is credit for it',
  async () => {
    const { guest } = await run('code-again', TRANSLATOR_DEFAULTS)
    const { bytes = 0, regions = 0, unaffordable = 0 } = guest.translator?.statistics ?? {}
    expect(unaffordable).toBeGreaterThan(0)
    // each byte is more than 100 ns, and what little it earns is less than the credit
    expect(bytes).toBeLessThan((2 * CREDIT) / 100)
    expect(regions).toBeGreaterThan(1)
  },
)

it.skipIf(cannotBuild())('regions that are left again at once are soon no longer entered', async () => {
  const { guest } = await run('short-stays', TRANSLATOR_DEFAULTS)
  // a million rounds of four loops, each with one or two stays; the fifth loop stays translated
  expect(Number(guest.registers.get64('STAT_ENTERED'))).toBeLessThan(500_000)
  expect(Number(guest.registers.get64('STAT_TRANSLATED'))).toBeGreaterThan(3_000_000)
  expect(guest.translator?.statistics.refused).toBeGreaterThanOrEqual(4)
})

it.skipIf(cannotBuild()).each(['cpu-programs', 'cpu-floats', 'cpu-x87', 'cpu-spaces'])(
  '%s needs no more than its credit',
  async (name) => {
    const { guest } = await run(name, TRANSLATOR_DEFAULTS)
    expect(guest.text).toContain('END ')
    expect(guest.translator?.statistics.regions).toBeGreaterThan(0)
    expect(guest.translator?.statistics.unaffordable).toBe(0)
  },
)
