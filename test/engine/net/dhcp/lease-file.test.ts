// Leases outlive domain 0: what one set of networks gave, the next one on the same file knows; damage and a full disk cost only that.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, afterEach, expect, it } from 'vitest'
import { LeaseFile } from '../../../../src-engine/net/dhcp/lease-file'
import { LEASE_SECONDS, Leases } from '../../../../src-engine/net/dhcp/leases'
import { VirtualClock } from '../../../support/virtual-clock'

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'rm-leases-'))
const file = path.join(folder, 'leases.json')
afterEach(() => fs.rmSync(file, { force: true }))
afterAll(() => fs.rmSync(folder, { recursive: true, force: true }))

const clock = new VirtualClock()
const complaints: string[] = []
const open = (at = file): LeaseFile => new LeaseFile(at, clock, (_level, text) => complaints.push(text))

function leases(kept: LeaseFile, isInterface: (mac: number) => boolean = () => false): Leases {
  const keeper = { load: () => kept.of('inner'), save: (all: Parameters<LeaseFile['save']>[1]) => kept.save('inner', all) }
  return new Leases({ clock, first: 10, last: 20, gateway: 1, fixed: [], keeper, isInterface })
}

/** As a client takes it. */
function take(from: Leases, mac: number, name?: string): number | undefined {
  const address = from.offer(mac, undefined)
  if (address !== undefined) from.commit(mac, address, 3_600_000, name)
  return address
}

it('an address stays with its holder, and nobody else gets it', () => {
  const first = leases(open())
  expect([take(first, 0xa, 'one'), take(first, 0xb)]).toEqual([10, 11])
  // Killed: nothing is closed; the second was within the pause.
  clock.advance(1000)
  const second = leases(open())
  expect(take(second, 0xc)).toBe(12)
  expect(take(second, 0xb)).toBe(11)
  expect(second.addressOf(0xa)).toBe(10)
  expect([...second.names()]).toEqual([['one', 10]])
})

it('an interface’s lease is still one of an interface for a new domain 0, where that has gone', () => {
  const first = leases(open(), (mac) => mac === 0xa)
  for (const mac of [0xa, 0xb]) take(first, mac)
  clock.advance(1000)
  const second = leases(open())
  for (const mac of [0xa, 0xb]) take(second, mac)
  expect([0xa, 0xb, 0xc].map((mac) => second.wasInterface(mac))).toEqual([true, false, false])
})

it('guests that ask all the time have it written once in a while', () => {
  const all = leases(open())
  const written: number[] = []
  for (let i = 0; i < 50; i++) {
    take(all, 0xa)
    const now = fs.statSync(file, { bigint: true }).ino
    if (written.at(-1) !== Number(now)) written.push(Number(now))
    clock.advance(100)
  }
  expect(written.length).toBeLessThan(8)
})

it.each([
  ['nothing', ''],
  ['half a file', '[{"network":"inner","mac":1'],
  ['something else', '{"network":"inner"}'],
  ['numbers beyond sense', '[{"network":"inner","mac":-1,"address":1e20,"until":0}]'],
])('%s counts as no leases', (_name, text) => {
  fs.writeFileSync(file, text)
  expect(open().of('inner')).toEqual([])
})

it('of more leases than are allowed the first ones are known, and that is told', () => {
  const all = Array.from({ length: 17 * 4096 }, (_, i) => ({ network: `n${i >> 12}`, mac: i, address: i, until: 1 }))
  fs.writeFileSync(file, JSON.stringify(all))
  complaints.length = 0
  const kept = open()
  expect([kept.of('n0').length, kept.of('n15').length, kept.of('n16').length]).toEqual([4096, 4096, 0])
  expect(complaints.splice(0)).toEqual([expect.stringContaining('only 65536')])
})

it('a place that cannot be written is told once', () => {
  const all = leases(open(path.join(folder, 'nowhere', 'leases.json')))
  for (let i = 0; i < 5; i++) {
    expect(take(all, 0xa)).toBe(10)
    clock.advance(2000)
  }
  expect(complaints).toHaveLength(1)
})

it('a lease written before the clock was set back holds its address no longer than one given now', () => {
  const year = 365 * 86_400_000
  const kept = [{ mac: 0xa, address: 10, until: clock.now() + year, name: undefined }]
  const again = new Leases({ clock, first: 10, last: 20, gateway: 1, fixed: [], keeper: { load: () => kept, save: () => {} } })
  expect(again.owner(10)).toBe(0xa)
  clock.advance(LEASE_SECONDS * 1000)
  expect(again.owner(10)).toBe(undefined)
})
