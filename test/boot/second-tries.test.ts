// A test that is tried again finds nothing of the try that failed, in either frame for tests that share a machine.
// Runs in: vitest, plain Node, on the bundles in out/main.
import { afterAll, describe, expect, it } from 'vitest'
import { cannotBuild } from '../support/micro-kernel'
import { oneMachine } from '../support/one-machine'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { secondTries } from '../support/second-tries'

const frame = oneMachine('second-tries')

describe.skipIf(cannotBuild() !== undefined)('what a failed try started is gone:', () => {
  const machine = secondTries(new TestMachine())
  afterAll(() => machine.dispose())
  const tries: string[] = []

  async function names(): Promise<void> {
    await frame.machine.start('tried', frame.kernel, 'pulse=20')
    tries.push('a name')
  }
  async function domids(): Promise<void> {
    const guest = new RunningGuest(machine)
    await guest.boot({ kernel: frame.kernel, commandLine: 'pulse=20', memoryMiB: 16 }, 1)
    tries.push('a domid')
  }
  const failing = (act: () => Promise<void>) => async (): Promise<void> => {
    await act()
    throw new Error('as a test that fails')
  }

  it.fails('a machine', { retry: 0 }, failing(names))
  it('and its name is free', names)
  it.fails('a guest', { retry: 0 }, failing(domids))
  it('and its domid is free', domids)
  it('each of them was there', () => expect(tries).toEqual(['a name', 'a name', 'a domid', 'a domid']))
})
