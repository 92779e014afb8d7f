// Whole guests, interpreted and translated, in lockstep: our micro-kernels and the first instructions of a Debian boot.
// Runs in: vitest.
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { describe, expect, it } from 'vitest'
import { debianGuest } from '../../support/debian-guest'
import { buildMicroKernel, cannotBuild } from '../../support/micro-kernel'
import { count, LONG } from '../../support/tier'
import { GuestPair } from './guest-pair'

const CORE = path.resolve(import.meta.dirname, '../../../src-engine/assembly/build/core.wasm')

describe('a guest is the same, translated and interpreted, at the end of each slice', () => {
  it.skipIf(cannotBuild()).each([
    ['cpu-loops', count(5, 400), 0.9],
    ['cpu-programs', count(5, 400), 0.9],
    ['cpu-floats', count(5, 200), 0.9],
    ['cpu-x87', count(5, 100), 0.9],
    ['cpu-spaces', count(5, 60), 0.5],
    ['code-again', 10, 0.5],
    ['code-pages', 10, 0.5],
    ['code-tables', 10, 0.5],
    ['code-tricks', 10, 0.5],
    ['short-stays', 10, 0.1],
    ['faults', 10, 0.5],
    ['fault-delivery', 10, 0.5],
    ['segments', 10, 0.2],
    ['modes', 10, 0.2],
    ['paging', 10, 0.2],
    ['code-flood', count(2, 50), 0.2],
    ['hypercalls', 10, 0.2],
    ['events', 10, 0.8],
    ['timers', 30, 0.2],
    ['grants', 10, 0.2],
    ['worker', count(10, 100), 0.2],
  ] as const)('%s', async (name, millions, share) => {
    const kernel = readFileSync(buildMicroKernel(name))
    const pair = await GuestPair.make(CORE, { kernel, commandLine: '', memoryMiB: 64 })
    expect(pair.run(millions * 1e6)).toBe('')
    expect(pair.retired >= millions * 1e6 || /^END /m.test(pair.text), pair.text.slice(-500)).toBe(true)
    expect(pair.share).toBeGreaterThan(share)
  })

  it("the first instructions of a boot of Debian's cloud kernel", async ({ skip }) => {
    const guest = await debianGuest('cloud')
    if (!guest.ok) return skip(guest.error)
    const { kernel, ramdisk } = guest.value
    const pair = await GuestPair.make(CORE, {
      kernel: readFileSync(kernel),
      ramdisk: readFileSync(ramdisk),
      commandLine: 'earlyprintk=xen,keep console=ttyS0',
      memoryMiB: 256,
    })
    // where the guest has come to by then
    const [millions, line] = LONG ? ([400, 'initramfs'] as const) : ([30, 'Linux version'] as const)
    expect(pair.run(millions * 1e6)).toBe('')
    expect(pair.text).toContain(line)
    expect(pair.share).toBeGreaterThan(0.5)
    expect(pair.traced, 'regions of what was seen to run').toBeGreaterThan(5)
  })
})
