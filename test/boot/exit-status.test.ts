// The runner's exit statuses: one for each way a guest can end, told apart by kernels that end so on purpose; and one clear
// line for everything that cannot be run. Guests that behave badly harm only themselves.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { makeElf, NOTE_PHYS32_ENTRY, number } from '../support/elf-image'
import { headlessGuest } from '../support/headless-guest'
import { buildMicroKernel, cannotBuild } from '../support/micro-kernel'

const folder = mkdtempSync(path.join(os.tmpdir(), 'ringmaster-exit-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('asked for help, the runner says what it takes', async () => {
  const run = await headlessGuest('--help')
  expect(run).toMatchObject({ status: 0, errors: '' })
  expect(run.output).toMatch(/^usage: npm run -s guest -- .*--kernel FILE/)
})

describe('a guest that ends', () => {
  let kernel = ''
  const cannot = cannotBuild()
  beforeAll(() => {
    if (!cannot) kernel = buildMicroKernel('endings')
  })

  const ends: [how: string, status: number, error: RegExp][] = [
    ['poweroff', 0, /^$/],
    ['halt', 0, /^$/],
    ['reboot', 6, /reboot/],
    ['crash', 3, /crash/],
    ['watchdog', 3, /watchdog|crash/],
    ['triple-fault', 3, /triple fault/],
    ['wild-jump', 0, /^$/], // the kernel catches it, says so, and powers off
  ]
  for (const [how, status, error] of ends) {
    it(`by ${how} gives status ${status}`, async ({ skip }) => {
      if (cannot) return skip(cannot)
      const run = await headlessGuest('--kernel', kernel, '--memory', '64', '--extra', how, '--timeout', '30')
      expect(run.status, run.output + run.errors).toBe(status)
      expect(run.output).toContain(`ENDING ${how}`)
      expect(run.errors.trim().split('\n').length).toBe(1)
      expect(run.errors.trim()).toMatch(error)
    })
  }

  for (const how of ['spin', 'flood-console', 'flood-hypercalls', 'flood-bad-hypercalls', 'flood-ports', 'flood-events']) {
    const tags = how === 'spin' || how === 'flood-console' ? [] : ['long']
    const limit = ['--timeout', tags.length > 0 ? '10' : '3']
    it(`never, by ${how}, gives status 4 when the time is over`, { tags, timeout: 180_000 }, async ({ skip }) => {
      if (cannot) return skip(cannot)
      const run = await headlessGuest('--kernel', kernel, '--memory', '64', '--extra', how, ...limit)
      expect(run.status, run.errors).toBe(4)
      expect(run.output).toContain(how === 'flood-console' || how === 'flood-ports' ? '' : `ENDING ${how}`)
    })
  }

  it('with its expectations met is destroyed, status 0', async ({ skip }) => {
    if (cannot) return skip(cannot)
    const run = await headlessGuest('--kernel', kernel, '--extra', 'spin', '--timeout', '30', '--expect', 'ENDING (\\w+)')
    expect(run.status, run.errors).toBe(0)
  })

  it('before its expectations are met gives status 5', async ({ skip }) => {
    if (cannot) return skip(cannot)
    const run = await headlessGuest(
      '--kernel',
      kernel,
      '--extra',
      'poweroff',
      '--timeout',
      '30',
      '--expect',
      'ENDING',
      '--expect',
      'never',
    )
    expect(run.status, run.errors).toBe(5)
    expect(run.errors.trim().split('\n').length).toBe(1)
  })

  it('with expectations in the wrong order gives status 5', async ({ skip }) => {
    if (cannot) return skip(cannot)
    const run = await headlessGuest(
      '--kernel',
      kernel,
      '--extra',
      'wild-jump',
      '--expect',
      'END \\d',
      '--expect',
      'ENDING',
      '--timeout',
      '30',
    )
    expect(run.status, run.errors).toBe(5)
  })
})

describe('what cannot be run gives status 2 and one clear line', () => {
  const file = (name: string, content: Uint8Array): string => {
    const at = path.join(folder, name)
    writeFileSync(at, content)
    return at
  }
  const noise = Uint8Array.from({ length: 50_000 }, (_, at) => (at * 7919 + (at >> 3)) & 0xff)
  const code = { address: 0x10_0000, content: new Uint8Array(4096) }
  const good = makeElf({ bits: 64, segments: [code], notes: [{ type: NOTE_PHYS32_ENTRY, value: number(0x10_0000, 8) }] })
  const kernel = file('good', good)
  const rows: [what: string, args: string[], error: RegExp][] = [
    ['no arguments', [], /kernel/],
    ['an unknown word', ['--kernel', kernel, '--sideways'], /--sideways/],
    ['a kernel that is not there', ['--kernel', path.join(folder, 'absent')], /absent/],
    ['a kernel that is a folder', ['--kernel', folder], /read/],
    ['an empty kernel', ['--kernel', file('empty', new Uint8Array(0))], /neither a bzImage nor an ELF kernel/],
    ['a random kernel', ['--kernel', file('noise', noise)], /neither a bzImage nor an ELF kernel/],
    ['a truncated kernel', ['--kernel', file('cut', good.subarray(0, 300))], /truncated/],
    ['no PVH note', ['--kernel', file('plain', makeElf({ bits: 64, segments: [code] }))], /no PVH entry/],
    ['a ramdisk that is not there', ['--kernel', kernel, '--ramdisk', path.join(folder, 'absent')], /absent/],
    [
      'a ramdisk larger than memory',
      ['--kernel', kernel, '--memory', '8', '--ramdisk', file('large', new Uint8Array(9 << 20))],
      /ramdisk.*larger than/,
    ],
    ['memory 0', ['--kernel', kernel, '--memory', '0'], /too little/],
    ['memory beyond the limit', ['--kernel', kernel, '--memory', '5000'], /beyond the limit of \d+ MiB/],
    ['memory that is no number', ['--kernel', kernel, '--memory', 'much'], /memory/],
    ['a bad regular expression', ['--kernel', kernel, '--expect', '('], /expect/],
    ['a bad timeout', ['--kernel', kernel, '--timeout', 'soon'], /timeout/],
    ['a command line that is too long', ['--kernel', kernel, '--extra', 'x'.repeat(3000)], /3000 bytes/],
  ]
  for (const [what, args, error] of rows) {
    it(what, async () => {
      const run = await headlessGuest(...args)
      expect(run.status, run.errors).toBe(2)
      expect(run.errors.trim()).toMatch(error)
      expect(run.errors.trim().split('\n').length, run.errors).toBe(1)
    })
  }
})
