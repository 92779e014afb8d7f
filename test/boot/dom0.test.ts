// Debian's cloud kernel and domain 0: the store's tree of the running guest against real Xen's, ballooning, domain 0 killed under it,
// and a shutdown asked for through the store.
import fs from 'node:fs'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { debianGuest } from '../support/debian-guest'
import { RunningGuest, TestMachine } from '../support/running-guest'
import { secondTries } from '../support/second-tries'

/** What differs in the tree of a running guest, with the reason. Pages, ports, the clock and the uuid are compared by form. */
const DIFFERENT: readonly [RegExp, string][] = [
  [/^\/(local\/domain\/2|libxl\/2)\/device\/(vbd|vif)(\/|$)/, 'the recorded guest has a disk and a network interface'],
  [/^\/local\/domain\/2\/console\/tty$/, 'a pseudo terminal of dom0; our consoles are streams to windows'],
  [/^\/local\/domain\/2\/memory\/(static-max|target)$/, 'the recorded guest has 160 MiB'],
  [/^\/local\/domain\/2\/name$|^\/vm\/U\/name$/, 'it has another name'],
]

const machine = secondTries(new TestMachine())
const guest = new RunningGuest(machine)
let missing: string | undefined

beforeAll(async () => {
  const files = await debianGuest('cloud')
  if (!files.ok) {
    missing = files.error
    return
  }
  await guest.boot({ ...files.value, memoryMiB: 256 }, 2)
  await guest.expect(/ready/, 120)
  await guest.expect(/# /, 30)
}, 300_000)
afterAll(() => machine.dispose())

function nodes(text: string): Map<string, string> {
  const found = new Map<string, string>()
  for (const line of text.split('\n')) {
    const cut = line.indexOf(' = ')
    if (cut > 0) found.set(line.slice(0, cut), line.slice(cut + 3).replace(/ +/g, ' '))
  }
  return found
}

/** The nodes of one domain, its uuid as U, figures of the machine by form. */
function ofDomain(all: Map<string, string>, domid: number): Map<string, string> {
  const uuid = /"\/vm\/([^"]+)"/.exec(all.get(`/local/domain/${domid}/vm`) ?? '')?.[1] ?? '?'
  const mine = new RegExp(`^/(local/domain/${domid}|libxl/${domid}|local/domain/0/backend/console/${domid}|vm/${uuid})(/|$)`)
  const found = new Map<string, string>()
  for (const [at, value] of all) {
    if (!mine.test(at)) continue
    const plain = value.replaceAll(uuid, 'U')
    found.set(at.replace(uuid, 'U'), /start_time$|\/port$|\/ring-ref$/.test(at) ? plain.replace(/^"[\d.]+"/, '"#"') : plain)
  }
  return found
}

describe('a booting Debian guest', () => {
  it('boots to its prompt while domain 0 is killed again and again', { tags: 'long', timeout: 300_000 }, async (context) => {
    const files = await debianGuest('cloud')
    if (!files.ok) return context.skip(files.error)
    const machine = new TestMachine()
    const other = new RunningGuest(machine)
    try {
      await other.boot({ ...files.value, memoryMiB: 256 }, 3)
      for (let round = 0; round < 6; round++) {
        await new Promise((resolve) => setTimeout(resolve, 700 + 150 * round))
        await machine.replaceDom0()
      }
      await other.expect(/ready/, 120)
      await other.expect(/# /, 30)
      expect(await other.run('echo alive')).toMatch(/alive/)
      expect(machine.log.filter((line) => /error|garbage|refused/.test(line))).toEqual([])
    } finally {
      await machine.dispose()
    }
  })
})

describe('a running Debian guest', () => {
  it('has the store tree that real Xen recorded, but for the listed differences', async (context) => {
    if (missing) return context.skip(missing)
    const dump = await machine.dom0.call('dumpStore', {})
    if (!dump.ok) throw new Error(dump.error.message)
    const ours = ofDomain(nodes(dump.value.text), 2)
    const fixture = path.join(__dirname, '../fixture/xen-4.17/xenstore-ls-fp-full.txt')
    const recorded = ofDomain(nodes(fs.readFileSync(fixture, 'utf8')), 2)
    const ignore = (at: string) => DIFFERENT.some(([form]) => form.test(at))
    const differences: string[] = []
    for (const [at, value] of recorded)
      if (!ignore(at) && ours.get(at) !== value) differences.push(`${at}: recorded ${value}, ours ${ours.get(at)}`)
    for (const [at, value] of ours) if (!ignore(at) && !recorded.has(at)) differences.push(`${at}: only ours, ${value}`)
    expect(differences).toEqual([])
  })

  it('follows memory/target, down and up', async (context) => {
    if (missing) return context.skip(missing)
    const total = async () => {
      const sample = await guest.domain.call('sample', {})
      if (!sample.ok) throw new Error(sample.error.message)
      return sample.value.memoryKiB
    }
    const before = await total()
    const totals: number[] = []
    for (const less of [64 * 1024, 0]) {
      expect(await machine.dom0.call('setTarget', { handle: guest.handle, targetKiB: 256 * 1024 - less })).toMatchObject({
        ok: true,
      })
      await expect.poll(async () => Math.abs(before - less - (await total())), { timeout: 60_000 }).toBeLessThanOrEqual(1024)
      const guestTotal = Number(/MemTotal: +(\d+) kB/.exec(await guest.run('head -1 /proc/meminfo'))?.[1])
      totals.push(guestTotal)
    }
    const [lowered, raised] = totals
    expect((raised ?? 0) - (lowered ?? 0)).toBe(64 * 1024)
  }, 120_000)

  it('goes on when domain 0 is killed: console, store and watches work with the new one', async (context) => {
    if (missing) return context.skip(missing)
    expect(await guest.run('X=42; echo got-$X')).toMatch(/got-42/)
    for (let round = 0; round < 3; round++) {
      await machine.replaceDom0()
      expect(await guest.run('echo still-$X')).toMatch(/still-42/)
    }
    expect(guest.exit).toBe(undefined)
    expect(machine.log.filter((line) => /error|garbage|refused/.test(line))).toEqual([])
  })

  it('saved and restored beside itself: two guests, two trees, each its own shell and its own store', async (context) => {
    if (missing) return context.skip(missing)
    const file = path.join(machine.directory, 'saved')
    await guest.run('X=42; Y=before')
    expect(await guest.domain.call('save', { path: file, leaveRunning: true })).toMatchObject({ ok: true })
    await guest.run('Y=origin')
    const copy = new RunningGuest(machine)
    await copy.restore(file, 7)
    expect(await copy.run('echo $X-$Y')).toMatch(/42-before/)
    expect(await guest.run('echo $X-$Y')).toMatch(/42-origin/)
    expect(copy.console).toMatch(/ready/)
    expect(await machine.dom0.call('readStore', { path: '/local/domain/7/name' })).toMatchObject({ value: { value: 'guest7' } })
    // The copy's own ballooning and shutdown, through watches that it registered before it was saved.
    await machine.dom0.call('setTarget', { handle: copy.handle, targetKiB: 200 * 1024 })
    await machine.replaceDom0()
    await expect.poll(() => copy.run('head -1 /proc/meminfo'), { timeout: 60_000 }).toMatch(/MemTotal: +1[5-9]\d{4} kB/)
    expect(await guest.run('head -1 /proc/meminfo')).toMatch(/MemTotal: +2[12]\d{4} kB/)
    await machine.dom0.call('shutdown', { handle: copy.handle, request: 'poweroff' })
    const until = Date.now() + 30_000
    while (!copy.exit && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(copy.exit?.reason).toBe('poweroff')
    expect(guest.exit).toBe(undefined)
    await machine.dom0.call('release', { handle: copy.handle })
    machine.guests.splice(machine.guests.indexOf(copy), 1)
    copy.dispose()
  }, 180_000)

  it('powers off when the store says so, also after domain 0 was replaced', async (context) => {
    if (missing) return context.skip(missing)
    expect(await machine.dom0.call('shutdown', { handle: guest.handle, request: 'poweroff' })).toMatchObject({ ok: true })
    const until = Date.now() + 30_000
    while (!guest.exit && Date.now() < until) await new Promise((resolve) => setTimeout(resolve, 50))
    expect(guest.exit?.reason).toBe('poweroff')
    const acknowledged = await machine.dom0.call('readStore', { path: '/local/domain/2/control/shutdown' })
    expect(acknowledged).toMatchObject({ value: { value: '' } })
  })
})
