// A guest that executes more code than the translator keeps: its older regions go, what it computes stays right, and what is
// alive stays below the limit. Runs in: vitest.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { constants, PerformanceObserver } from 'node:perf_hooks'
import { setImmediate } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { MODULES_A_COLLECTION } from '../../../src-engine/jit/dead-modules'
import { CODE_MEMORY, codeMemoryOf, modulesWithin } from '../../../src-engine/jit/memory-budget'
import { TRANSLATOR_EAGER } from '../../../src-engine/jit/translator'
import { hostClock } from '../../../src-engine/lib/monotonic'
import { buildMicroKernel, cannotBuild } from '../../support/micro-kernel'
import { SteppedGuest } from '../../support/stepped-guest'
import { LONG } from '../../support/tier'

const MIB = 2 ** 20
const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')
/** A batch of large regions, in bytes of modules. */
const ONE_MORE = 256 * 1024
/** What the process grows by beside it: 40 MiB for the guest and V8's heap, and dropped modules until V8 collects them. */
const BESIDE = 64 * MIB

/** The major collections since the call, when the answer is asked for. */
function majorCollections(): () => Promise<number> {
  let count = 0
  const isMajor = ({ detail }: { readonly detail?: unknown }): boolean =>
    detail instanceof Object && 'kind' in detail && detail.kind === constants.NODE_PERFORMANCE_GC_MAJOR
  const observer = new PerformanceObserver((list) => {
    count += list.getEntries().filter(isMajor).length
  })
  observer.observe({ entryTypes: ['gc'] })
  return async () => {
    // Node tells in one turn of the event loop, the observer hears in the next.
    for (let turns = 0; turns < 4; turns++) await setImmediate()
    observer.disconnect()
    return count
  }
}

// by default, and for one of many vcpus
it.skipIf(cannotBuild()).each(LONG ? [CODE_MEMORY, codeMemoryOf(64)] : [CODE_MEMORY])(
  'a guest executes more code than fits into %i bytes, each function more than once',
  async (memory) => {
    const translator = { ...TRANSLATOR_EAGER, memory }
    const guest = await SteppedGuest.make({
      core: CORE,
      kernel: readFileSync(buildMicroKernel('code-flood')),
      clock: hostClock,
      translator,
    })
    const before = process.memoryUsage().rss
    let most = before
    let [evicted, atOnce] = [0, 0]
    const collections = majorCollections()
    for (let steps = 0; !guest.stopped; steps++) {
      guest.step()
      const now = guest.translator?.statistics.evicted ?? 0
      atOnce = Math.max(atOnce, now - evicted)
      evicted = now
      if (steps % 20 === 0) most = Math.max(most, process.memoryUsage().rss)
    }
    expect(guest.text).toContain('SUCCESS functions that compute wrongly')
    const { statistics } = guest.translator ?? {}
    expect(statistics?.evicted).toBeGreaterThan(50)
    expect(statistics?.gathered).toBeGreaterThan(50)
    // the functions are called by pointers, so regions are left for them, and entered again behind the calls
    expect(statistics?.entries).toBeGreaterThan(statistics?.regions ?? 0)
    expect(statistics?.bytes).toBeGreaterThan(1.2 * modulesWithin(memory))
    expect(statistics?.most).toBeGreaterThan(0.9 * modulesWithin(memory))
    expect(statistics?.most).toBeLessThan(modulesWithin(memory) + ONE_MORE)
    // What stops the vcpu for long is done in parts: a part of the code goes at a time (of two generations of all regions half would be a
    // quarter), and V8 frees modules before they are many.
    expect(atOnce).toBeLessThan((statistics?.regions ?? 0) / 8)
    expect(await collections()).toBeGreaterThan((statistics?.modules ?? 0) / MODULES_A_COLLECTION / 2)
    // the machine code, the modules' bytes and what V8 keeps beside them
    expect(most - before).toBeLessThan(CODE_MEMORY + BESIDE)
  },
)

it('the vcpus of a domain share the memory, but none has too little for a boot', () => {
  expect([1, 2, 4, 64].map((vcpus) => codeMemoryOf(vcpus) / MIB)).toEqual([128, 64, 32, 32])
  expect(modulesWithin(CODE_MEMORY) / MIB).toBe(16)
})
