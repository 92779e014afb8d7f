// The ramdisks that tests and benches make are shared by the runs of a day and do not gather in the user's cache.
// Runs in: vitest, plain Node.
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { ramdiskWith } from '../support/debian-guest'

const DAY = 24 * 60 * 60 * 1000
/** Noon: half a day in either direction is the same day. */
const NOON = Math.floor(Date.now() / DAY) * DAY + DAY / 2
const files = (text: string) => [{ path: 'etc/word', content: Buffer.from(text) }]

let folder = ''
let guest = { ramdisk: '' }
beforeEach(() => {
  folder = mkdtempSync(path.join(os.tmpdir(), 'ramdisks-'))
  guest = { ramdisk: path.join(folder, 'ramdisk-0.cpio.gz') }
  writeFileSync(guest.ramdisk, 'base')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

/** As a run of `daysAgo` left it. */
function aged(file: string, daysAgo: number): void {
  const at = (NOON - daysAgo * DAY) / 1000
  utimesSync(file, at, at)
}

it('is made once a day by its contents', () => {
  const first = ramdiskWith(guest, files('a'), NOON)
  expect(readFileSync(first).subarray(0, 4).toString()).toBe('base')
  const { ino } = statSync(first)
  expect(ramdiskWith(guest, files('a'), NOON + DAY / 4)).toBe(first)
  expect(statSync(first).ino).toBe(ino)
  expect(ramdiskWith(guest, files('b'), NOON)).not.toBe(first)
})

it('goes when it was handed to nobody for two days, and none goes that a run of today or yesterday has', () => {
  const yesterday = ramdiskWith(guest, files('a'), NOON - DAY)
  aged(yesterday, 1)
  const old = ramdiskWith(guest, files('a'), NOON - 4 * DAY)
  aged(old, 4)
  const leftovers = ['ramdisk-with-0123456789abcdef', 'ramdisk-with-0123456789abcdef-20000.77'].map((name) =>
    path.join(folder, name),
  )
  for (const file of leftovers) {
    writeFileSync(file, 'left')
    aged(file, 4)
  }
  // What others keep in that folder is theirs, however old.
  aged(guest.ramdisk, 40)
  const half = path.join(folder, 'ramdisk-with-fedcba9876543210-20000.78')
  writeFileSync(half, 'another run is writing it')
  const today = ramdiskWith(guest, files('a'), NOON)
  expect(today).not.toBe(yesterday)
  expect([old, ...leftovers].filter((file) => existsSync(file))).toEqual([])
  expect(readdirSync(folder).sort()).toEqual([today, yesterday, guest.ramdisk, half].map((file) => path.basename(file)).sort())
})
