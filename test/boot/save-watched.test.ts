// A guest saved while each of its data accesses is looked at (alignment checks, a data breakpoint): the first access that must trap
// does so in the copy as in its origin. Which TLB is in force is not in the file; it follows from the registers.
// Runs in: vitest, plain Node, on the bundles in out/main.
import path from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import { buildMicroKernel, cannotBuild } from '../support/micro-kernel'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { secondTries } from '../support/second-tries'

const machine = secondTries(new TestMachine())
afterAll(() => machine.dispose())

describe.skipIf(cannotBuild() !== undefined)('a save under', () => {
  it.each([
    ['alignment checks', 'an unaligned read', 'alignment', 1],
    ['a data breakpoint', 'a write to what is watched', 'breakpoint', 3],
  ] as const)('%s: %s traps in the copy and in the origin', async (_what, access, how, domid) => {
    const origin = new RunningGuest(machine)
    await origin.boot({ kernel: buildMicroKernel('watched'), commandLine: how, memoryMiB: 16 }, domid)
    await origin.expect(/ARMED/)
    const file = path.join(machine.directory, `${how}.save`)
    expect(await origin.domain.call('save', { path: file, leaveRunning: true })).toMatchObject({ ok: true })
    const copy = new RunningGuest(machine)
    await copy.restore(file, domid + 1)
    for (const guest of [copy, origin]) {
      guest.type('x')
      expect(await guest.expect(/(SUCCESS|FAILURE).*/)).toBe(`SUCCESS ${access}`)
    }
  })
})
