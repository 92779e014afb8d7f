// Saving and restoring Debian: in the middle of a sleeping timer and of a computation, and beside its origin.
// Runs in: vitest; processes of their own, on the bundles in out/main.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { DEMO_PROMPT } from '../../src-main/toolstack/demo-guest'
import { debianGuest } from '../support/debian-guest'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { secondTries } from '../support/second-tries'

const machine = secondTries(new TestMachine())
const origin = new RunningGuest(machine)
const file = path.join(machine.directory, 'debian.save')
const prompt = new RegExp(DEMO_PROMPT.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'))
let missing: string | undefined

async function save(guest: RunningGuest, leaveRunning: boolean): Promise<void> {
  const saved = await guest.domain.call('save', { path: file, leaveRunning })
  if (!saved.ok) throw new Error(saved.error.message)
  expect(fs.statSync(file).size).toBe(saved.value.bytes)
}

beforeAll(async () => {
  const files = await debianGuest('cloud')
  if (!files.ok) {
    missing = files.error
    return
  }
  const { kernel, ramdisk, commandLine } = files.value
  await origin.boot({ kernel, ramdisk, commandLine: `${commandLine} quiet`, memoryMiB: 128 }, 1)
  await origin.expect(prompt, 200)
}, 240_000)
afterAll(() => machine.dispose())

describe('a saved Debian', () => {
  it('goes on from the save, beside its origin which goes on too', async ({ skip }) => {
    if (missing) return skip(missing)
    await origin.run('X=before')
    await save(origin, true)
    await origin.run('X=after')
    const copy = new RunningGuest(machine)
    await copy.restore(file, 2)
    // The first answer has the origin's scrollback in front, which comes with the saved console.
    expect((await copy.run('echo $X')).trim().split('\n').at(-1)).toBe('before')
    expect((await origin.run('echo $X')).trim()).toBe('after')
    expect(await copy.run('uname -r')).toBe(await origin.run('uname -r'))
    await copy.domain.call('destroy', {})
    expect((await origin.run('echo alive')).trim()).toBe('alive')
  }, 120_000)

  it('sleeps on for what was left of a sleep, its uptime goes on, its clock stands at the save', {
    tags: 'long',
    timeout: 180_000,
  }, async ({ skip }) => {
    if (missing) return skip(missing)
    const asked = Date.now()
    origin.type('cat /proc/uptime; date +start=%s; sleep 6; echo wo""ke; cat /proc/uptime; date +end=%s; echo do""ne\n')
    await origin.expect(/start=\d+/)
    await new Promise((resolve) => setTimeout(resolve, 1000))
    await save(origin, true)
    const slept = Date.now() - asked
    await new Promise((resolve) => setTimeout(resolve, 3000))
    const copy = new RunningGuest(machine)
    const from = Date.now()
    await copy.restore(file, 3)
    const text = await copy.expect(/[\s\S]*woke[\s\S]*done/, 60)
    // It slept no longer than that before the save, however slow this machine is.
    expect(Date.now() - from).toBeGreaterThan(5500 - slept)
    const [before, after] = [...text.matchAll(/^(\d+\.\d+) /gm)].map((match) => Number(match[1]))
    expect((after ?? 0) - (before ?? 0)).toBeGreaterThan(5.5)
    const start = Number(/start=(\d+)/.exec(text)?.[1])
    const end = Number(/end=(\d+)/.exec(text)?.[1])
    // The three seconds between save and restore are missing in the copy's time of day.
    expect(end - start).toBeGreaterThanOrEqual(6)
    expect(end).toBeLessThan(Math.floor(Date.now() / 1000))
    await copy.domain.call('destroy', {})
    await origin.expect(/done/)
  })

  it('computes on to the same result', { tags: 'long', timeout: 240_000 }, async ({ skip }) => {
    if (missing) return skip(missing)
    const command = 'i=0; s=0; while [ $i -lt 30000 ]; do i=$((i+1)); s=$(((s*31+i)%1000003)); done; echo sum=$s'
    origin.type(`${command}\n`)
    await new Promise((resolve) => setTimeout(resolve, 700))
    await save(origin, true)
    const copy = new RunningGuest(machine)
    await copy.restore(file, 4)
    const [ours] = await Promise.all([copy.expect(/sum=\d+/, 150), origin.expect(/sum=\d+/, 150)])
    let s = 0
    for (let i = 1; i <= 30000; i++) s = (s * 31 + i) % 1000003
    expect(ours).toBe(`sum=${s}`)
    expect(origin.console).toContain(`sum=${s}`)
    await copy.domain.call('destroy', {})
  })
})
