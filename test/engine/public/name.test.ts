// What a name may be: every script, emoji and what they are written with; never what cannot be seen, breaks a line or turns text
// around. Random strings of all of Unicode keep to it, and what is made of a name is a file name that the file system takes.
// Runs in: vitest, plain Node.
import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, it } from 'vitest'
import {
  bytesOf,
  charactersOf,
  cutTo,
  FILE_NAME_BYTES_MOST,
  fileStem,
  isVisible,
  machineNameFault,
  NAME_BYTES_MOST,
  type NameFault,
  nameKey,
  properName,
} from '../../../src-engine/public/name'
import { networkNameShape } from '../../../src-engine/public/protocol/device'
import { writeDomainXml } from '../../../src-main/config/domain-xml'
import { readConfig } from '../../../src-main/config/read-config'
import { writeXl } from '../../../src-main/config/xl-config'
import { folderShape, tagShape } from '../../../src-main/public/list'
import { poolNameShape, volumeNameShape } from '../../../src-main/public/storage'
import { randomFrom } from '../../support/random'
import { count } from '../../support/tier'

const folder = mkdtempSync(join(tmpdir(), 'ringmaster-names-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const GOOD = {
  'an emoji': '🦊',
  'a family, held together by joiners': '👩‍👩‍👧‍👦 home',
  'a flag': '🇩🇪',
  'a flag made of tags': '🏴󠁧󠁢󠁥󠁮󠁧󠁿',
  'a heart with its variant': '❤️',
  'letters beyond the first plane': '𠀀𠀁',
  Arabic: 'خادم الويب',
  'Hebrew with points': 'עִבְרִית',
  'Persian with a joiner that joins nothing': 'می‌خواهم',
  Devanagari: 'नमस्ते दुनिया',
  Thai: 'ไทยแลนด์',
  'quotes and signs': `"it's" <b> & {name} $HOME %s #1; a\\b, c=d`,
  'blanks inside': 'a  b\u00a0c',
  'a dot at the start': '.hidden',
  'a private character': '\ue000',
} as const

const BAD: Readonly<Record<string, readonly [name: string, fault: NameFault]>> = {
  nothing: ['', 'empty'],
  blanks: [' \t\u3000\u00a0', 'empty'],
  'a NUL': ['a\0b', 'unwritten'],
  'an escape': ['a\u001b[31m', 'unwritten'],
  'a C1 control': ['a\u0085b', 'unwritten'],
  'a line end': ['a\nb', 'unwritten'],
  'a line separator': ['a\u2028b', 'unwritten'],
  'half of a pair, first': ['a\ud83e', 'unwritten'],
  'half of a pair, second': ['\udd8ab', 'unwritten'],
  'no character': ['a\ufffe', 'unwritten'],
  'an override': ['\u202egnp.exe', 'turning'],
  'an isolate': ['a\u2067b\u2069', 'turning'],
  'a zero width space': ['\u200b', 'invisible'],
  'joiners only': ['\u200d\u200c\u2060', 'invisible'],
  'a Hangul filler': ['\u3164', 'invisible'],
  'an empty cell of Braille': ['\u2800', 'invisible'],
  'a mark without a letter': ['\u0301', 'invisible'],
  'a path': ['a/b', 'slash'],
  'a dot': ['.', 'dots'],
  'two dots': ['..', 'dots'],
  'an option': ['-rf', 'dash'],
  'a byte too many': ['x'.repeat(NAME_BYTES_MOST + 1), 'long'],
  'an emoji too many': ['🦊'.repeat(NAME_BYTES_MOST / 4 + 1), 'long'],
  'a tower of marks': [`a${'\u0301'.repeat(NAME_BYTES_MOST / 2)}`, 'long'],
}

describe('a name', () => {
  it.each(Object.entries(GOOD))('may be %s', (_what, name) => {
    expect(machineNameFault(properName(name))).toBeUndefined()
    expect(tagShape.is(name.replaceAll(',', ''))).toBe(true)
    expect(folderShape.is(name)).toBe(true)
    if (!name.startsWith('.')) expect(poolNameShape.is(name)).toBe(true)
  })

  it.each(Object.entries(BAD))('cannot be %s', (_what, [name, fault]) => {
    expect(machineNameFault(name)).toBe(fault)
    if (['slash', 'dots', 'dash', 'long'].includes(fault)) return
    for (const shape of [poolNameShape, networkNameShape, tagShape]) expect(shape.is(name)).toBe(false)
    expect(volumeNameShape.is(`${name}.raw`)).toBe(fault === 'empty' && name !== '' ? false : fault === 'invisible')
    if (name !== '') expect(folderShape.is(name)).toBe(false)
  })

  it('may be as long as its limit, counted in bytes', () => {
    expect(machineNameFault('x'.repeat(NAME_BYTES_MOST))).toBeUndefined()
    expect(machineNameFault('🦊'.repeat(NAME_BYTES_MOST / 4))).toBeUndefined()
  })

  it('is one with another that looks the same', () => {
    const same = [
      ['Zu\u0308rich', 'Zürich'],
      ['❤', '❤\ufe0f'],
      ['web', 'w\u200beb'],
      ['\u1100\u1161', '가'],
    ] as const
    for (const [a, b] of same) expect(nameKey(a)).toBe(nameKey(b))
    expect(nameKey('web')).not.toBe(nameKey('wéb'))
    expect(properName('  Zu\u0308rich\u00a0')).toBe('Zürich')
  })

  it('is cut between characters as people see them', () => {
    expect(cutTo('🦊🦊🦊', 10)).toBe('🦊🦊')
    expect(cutTo('a👩‍👩‍👧‍👦', 20)).toBe('a')
    expect(cutTo('e\u0301e\u0301', 4)).toBe('e\u0301')
    expect(charactersOf('🇩🇪🇫🇷')).toEqual(['🇩🇪', '🇫🇷'])
  })

  it('becomes the name of a file without what a path or Windows means by it', () => {
    expect(fileStem('web / db: "a"', '-')).toBe('web-db-a-')
    expect(fileStem('web / db: "a"', ' ')).toBe('web _ db_ _a_')
    expect(fileStem('../../..', '-')).toBe('')
    expect(fileStem('🦊 fox', '-')).toBe('🦊-fox')
    expect(fileStem('.hidden', ' ')).toBe('hidden')
  })
})

/** A string of characters from everywhere, dangerous ones more often than they are met. */
function randomText(random: (below: number) => number): string {
  const special = [0, 0x0a, 0x20, 0x2d, 0x2e, 0x2f, 0x5c, 0x7f, 0x301, 0x200d, 0x202e, 0x2028, 0xd800, 0xdc00, 0xfe0f, 0x1f98a]
  const code = (): number => {
    const kind = random(8)
    if (kind < 2) return special[random(special.length)] ?? 0
    if (kind < 5) return random(0x250)
    return kind < 7 ? random(0x10000) : random(0x110000)
  }
  return String.fromCodePoint(...Array.from({ length: random(40) }, code))
}

describe('random text', () => {
  const random = randomFrom(20_251)
  const texts = Array.from({ length: count(5000, 200_000) }, () => randomText(random))

  it('has one kept form, one key, and so many bytes as Node writes', () => {
    for (const text of texts) {
      const proper = properName(text)
      expect(properName(proper)).toBe(proper)
      expect(nameKey(proper)).toBe(nameKey(text.normalize('NFD').trim()))
      expect(nameKey(nameKey(text))).toBe(nameKey(text))
      expect(bytesOf(text)).toBe(Buffer.byteLength(text, 'utf8'))
      const most = random(60)
      const cut = cutTo(text, most)
      expect(text.startsWith(cut)).toBe(true)
      expect(bytesOf(cut)).toBeLessThanOrEqual(most)
    }
  })

  it('that is a name comes back from domain XML and from xl.cfg, and never holds what would break a line', () => {
    let names = 0
    for (const text of texts.slice(0, count(1500, 20_000))) {
      const name = properName(text)
      if (machineNameFault(name) !== undefined) continue
      names++
      expect(name).not.toMatch(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069/]/u)
      expect(name).not.toMatch(/\p{Cs}/u)
      const config = { name, memoryMiB: 64, vcpus: 1, kernel: '/k', ramdisk: null, cmdline: '', devices: [] }
      const uuid = '5e0bf0a2-7c6c-4f4e-9d4e-000000000001'
      for (const form of [writeDomainXml(config, uuid), writeXl(config, uuid).text]) {
        const read = readConfig(form, { newMac: () => '', networks: [] })
        expect(read.ok && read.value.config.name, form).toBe(name)
      }
    }
    expect(names).toBeGreaterThan(50)
  })

  it('becomes a file’s name that the file system takes, within the folder, and that storage lists', () => {
    for (const text of texts.slice(0, count(1000, 10_000))) {
      for (const blank of [' ', '-', '_'] as const) {
        const stem = fileStem(text, blank)
        expect(bytesOf(stem)).toBeLessThanOrEqual(120)
        if (stem === '') continue
        expect(isVisible(stem)).toBe(true)
        expect(volumeNameShape.is(`${stem}.raw`)).toBe(true)
        writeFileSync(join(folder, stem), '')
        expect(existsSync(join(folder, stem))).toBe(true)
      }
    }
    expect(readdirSync(folder).every((name) => bytesOf(name) <= FILE_NAME_BYTES_MOST)).toBe(true)
  })
})
