// Random sequences of start, pause, resume, save, restore and destroy over four small guests: nothing may be left behind.
// Runs in: vitest; processes of their own, on the bundles in out/main. The seed is fixed;
// the 200 sequences of the issue are those of test/long/sequences.test.ts.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { randomFrom } from '../support/random'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { count } from '../support/tier'
import { tinyKernel } from '../support/tiny-kernel'

const SLOTS = 4
const STEPS = 6
const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'sequences-'))
const machine = new TestMachine()
afterAll(async () => {
  await machine.dispose()
  fs.rmSync(folder, { recursive: true, force: true })
})

const random = randomFrom(0x2f6e2b1)

interface Slot {
  guest: RunningGuest | undefined
  paused: boolean
  save: string | undefined
}

function children(): string[] {
  const task = `/proc/${process.pid}/task/${process.pid}/children`
  return fs.existsSync(task) ? fs.readFileSync(task, 'latin1').trim().split(' ').filter(Boolean) : []
}

async function good(call: Promise<{ ok: boolean; error?: { message: string } }>): Promise<void> {
  const result = await call
  expect(result.error?.message).toBeUndefined()
}

let domid = 1
let saves = 0

async function step(slot: Slot): Promise<void> {
  const { guest } = slot
  if (!guest) {
    slot.guest = new RunningGuest(machine)
    slot.paused = false
    domid += 1
    if (slot.save && random(2) === 0) await slot.guest.restore(slot.save, domid)
    else {
      const kernel = path.join(folder, 'kernel')
      await slot.guest.boot({ kernel, commandLine: '', memoryMiB: 8 }, domid)
    }
    return
  }
  switch (random(4)) {
    case 0:
      await good(guest.domain.call('pause', {}))
      slot.paused = true
      return
    case 1:
      await good(guest.domain.call('resume', {}))
      slot.paused = false
      return
    case 2: {
      saves += 1
      const file = path.join(folder, `save-${saves}`)
      await good(guest.domain.call('save', { path: file, leaveRunning: true }))
      if (slot.save) fs.rmSync(slot.save)
      slot.save = file
      const sample = await guest.domain.call('sample', {})
      expect(sample.ok && sample.value.state).toBe(slot.paused ? 'paused' : 'running')
      return
    }
    default:
      await end(slot)
  }
}

async function end(slot: Slot): Promise<void> {
  const { guest } = slot
  if (!guest) return
  await good(guest.domain.call('destroy', {}))
  await good(machine.dom0.call('release', { handle: guest.handle }))
  await expect.poll(() => guest.exit?.reason).toBe('destroyed')
  machine.guests.splice(machine.guests.indexOf(guest), 1)
  slot.guest = undefined
}

it('leave no process, no file, no link and no node of the store behind', async () => {
  fs.writeFileSync(path.join(folder, 'kernel'), tinyKernel('count'))
  await machine.start()
  const before = children().length
  // The first guest leaves folders that all share (/local/domain/0/backend/console), as under Xen.
  const first: Slot = { guest: undefined, paused: false, save: undefined }
  await step(first)
  await end(first)
  const atStart = await machine.dom0.call('counters', {})
  if (!atStart.ok) throw new Error(atStart.error.message)
  const { nodes, watches } = atStart.value
  const slots: Slot[] = Array.from({ length: SLOTS }, () => ({ guest: undefined, paused: false, save: undefined }))
  const spare: Slot = { guest: undefined, paused: false, save: undefined }
  const sequences = count(4, 40)
  for (let sequence = 0; sequence < sequences; sequence++) {
    for (let i = 0; i < STEPS; i++) await step(slots[random(SLOTS)] ?? spare)
  }
  for (const slot of slots) await end(slot)
  await expect.poll(() => children().length, { timeout: 60_000 }).toBe(before)
  const kept = slots.flatMap(({ save }) => (save ? [path.basename(save)] : []))
  expect(fs.readdirSync(folder).sort()).toEqual(['kernel', ...kept].sort())
  const counters = await machine.dom0.call('counters', {})
  expect(counters.ok && counters.value).toMatchObject({ links: 0, transactions: 0, nodes, watches })
}, 1_800_000)
