// The catalogue: both languages whole, with the same marks, and nothing in it that no window says.

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { TEXTS } from '../../../src-main/app/menu-text'
import { findingTable } from '../../../src-main/public/doctor'
import { findingTexts } from '../../../src-renderer/client/finding-text'
import { type MessageRow, messages } from '../../../src-renderer/lib/messages'

const renderer = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '../../../src-renderer')
const rows: readonly (readonly [string, MessageRow])[] = Object.entries(messages)

function marks(sentence: string): readonly string[] {
  return [...sentence.matchAll(/\{(\w+)\}/g)].map(([, name]) => name ?? '').sort()
}

function sources(folder: string): string {
  return fs
    .readdirSync(folder, { withFileTypes: true })
    .map((entry) => {
      const file = path.join(folder, entry.name)
      if (entry.isDirectory()) return entry.name === 'messages' ? '' : sources(file)
      return /\.tsx?$/.test(entry.name) ? fs.readFileSync(file, 'utf8') : ''
    })
    .join('\n')
}

/** The same in both languages: names, units and the field's own words. */
const SHARED = new Set(
  `Autostart|Bus|Bytes|CPU|CPU (%)|CPUs|Details|Deutsch|Domain|Domain 0|Electron|English|Esc|Format|Gateway|Hypervisor|Kernel|NAT|Name
   |Plus|Port|Ports|Ramdisk|Ringmaster|Ringmaster ()|Super|System|Tags|UUID|Filter:|Ring|Code|Shared info|Engine|Version|Xen (xen-blkfront)|Xen (xen-netfront)|Xen (xen-kbdfront)|Xen PVH, x86-64
   |XenStore|vCPU|QEMU/KVM|libvirt|min|– Ringmaster|: CPUs,`
    .split('|')
    .map((word) => word.trim()),
)

const plain = (sentence: string): string =>
  sentence
    .replace(/\{\w+\}/g, '')
    .replace(/\s+/g, ' ')
    .trim()

function components(folder: string): readonly (readonly [file: string, text: string])[] {
  return fs.readdirSync(folder, { withFileTypes: true }).flatMap((entry): readonly (readonly [string, string])[] => {
    const file = path.join(folder, entry.name)
    if (entry.isDirectory()) return components(file)
    return entry.name.endsWith('.tsx') ? [[entry.name, fs.readFileSync(file, 'utf8')]] : []
  })
}

describe('the message table', () => {
  it('has every row in both languages, with the same marks', () => {
    const wrong = rows.filter(([, { en, de }]) => en.trim() === '' || de.trim() === '' || `${marks(en)}` !== `${marks(de)}`)
    expect(wrong).toEqual([])
  })

  it('has both rows of every plural', () => {
    const keys = new Set(rows.map(([key]) => key))
    const alone = [...keys].filter(
      (key) =>
        (key.endsWith('-one') && !keys.has(key.replace(/-one$/, '-other'))) ||
        (key.endsWith('-other') && !keys.has(key.replace(/-other$/, '-one'))),
    )
    expect(alone).toEqual([])
  })

  it('has no row that nothing says', () => {
    const text = sources(renderer)
    // Keys put together from a table's words: `state.${state}` stands for all of state.*.
    const stems = [...text.matchAll(/`([a-z.]+[.-])\$\{/g)].map(([, stem]) => stem ?? '')
    const unused = rows
      .map(([key]) => key)
      .filter((key) => {
        const base = key.replace(/-(one|other)$/, '')
        return !text.includes(`'${key}'`) && !text.includes(`'${base}'`) && !stems.some((stem) => key.startsWith(stem))
      })
    expect(unused).toEqual([])
  })

  it('uses typographic quotes and ellipses, not typewriter ones', () => {
    const wrong = rows.filter(([, { en, de }]) => /"|\.\.\./.test(en + de)).map(([key]) => key)
    expect(wrong).toEqual([])
  })

  it('leaves nothing untranslated', () => {
    const same = rows.filter(([, { en, de }]) => en === de && /[A-Za-z]{2}/.test(plain(en)) && !SHARED.has(plain(en)))
    expect(same.map(([key, { en }]) => `${key}: ${en}`)).toEqual([])
    const english = rows
      .filter(([, { de }]) => /\b(the|and|with|this|machine|file|cannot|please)\b/.test(plain(de)))
      .map(([key]) => key)
    expect(english).toEqual([])
  })

  it('has one German word for a thing: Passwort, also in what errors and findings say', () => {
    const folder = path.join(renderer, 'lib/messages')
    const texts = [sources(renderer), sources(path.resolve(renderer, '../src-main/public'))]
    for (const file of fs.readdirSync(folder)) texts.push(fs.readFileSync(path.join(folder, file), 'utf8'))
    expect(texts.join('\n').match(/\S*Kennw[oö]rt\S*/gi)).toBeNull()
  })

  it('writes an ellipsis for left-out words in German with a space before it', () => {
    expect(rows.filter(([, { de }]) => /\S…/.test(de)).map(([key]) => key)).toEqual([])
  })

  it('has all that windows say: no words of a language stand in a component', () => {
    const raw = components(renderer).flatMap(([file, text]) =>
      [
        ...text.matchAll(/\b(?:aria-label|label|title|placeholder|alt|text)="([^"]*[A-Za-z]{2}[^"]*)"/g),
        ...text.matchAll(/<(?!kbd|code)\w+[^<>{}=]*>\s*([A-Za-z][^<>{}]*[a-z]{2}[^<>{}]*)<\//g),
      ].map(([, words]) => `${file}: ${words?.trim()}`),
    )
    expect(raw).toEqual([])
  })
})

describe('the words that main draws itself', () => {
  it('are in both languages, with the same marks and nothing left in English', () => {
    const { en, de }: Readonly<Record<'en' | 'de', Readonly<Record<string, string>>>> = TEXTS
    const wrong = Object.keys(en).filter(
      (key) => `${marks(en[key] ?? '')}` !== `${marks(de[key] ?? '')}` || (de[key] ?? '') === '',
    )
    expect(wrong).toEqual([])
    expect(Object.keys(en).filter((key) => en[key] === de[key] && !SHARED.has(en[key] ?? ''))).toEqual([])
    expect(Object.keys(de).filter((key) => /\S…|\.\.\.|"/.test(de[key] ?? ''))).toEqual([])
  })
})

describe('the findings of the doctor', () => {
  it.each(Object.entries(findingTexts))('%s: both languages say the same of the same values', (_kind, { en, de }) => {
    const all = (words: (typeof findingTexts)[keyof typeof findingTexts]['en']) => [
      words.cause,
      words.consequence,
      words.action,
    ]
    expect(marks(all(de).join(' '))).toEqual(marks(all(en).join(' ')))
    for (const sentence of [...all(en), ...all(de)]) expect(sentence).toMatch(/^[\p{Lu}„“{].*[.:}]$/u)
    expect(de.cause).not.toBe(en.cause)
    expect(de.mend === undefined).toBe(en.mend === undefined)
  })

  it('that can be mended have words for their button, and only these', () => {
    const wrong = Object.entries(findingTable).filter(([kind, { mend }]) => {
      const words = Object.entries(findingTexts).find(([name]) => name === kind)?.[1]
      return (mend === 'mend') !== (words?.en.mend !== undefined)
    })
    expect(wrong).toEqual([])
  })
})
