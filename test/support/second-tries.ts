// Tests that share a machine of test/support/running-guest.ts may be tried again: the guests of a try that failed are gone before the
// next one, which wants their domids and disks. Runs in: tests, plain Node, on the bundles in out/main.
import { afterEach, beforeEach } from 'vitest'
import type { RunningGuest, TestMachine } from './running-guest'

export function secondTries(machine: TestMachine): TestMachine {
  let before: readonly RunningGuest[] = []
  beforeEach(() => {
    before = [...machine.guests]
  })
  afterEach(async ({ task }) => {
    if (task.result?.state !== 'fail') return
    for (const guest of machine.guests.filter((each) => !before.includes(each))) await machine.forget(guest)
  })
  return machine
}
