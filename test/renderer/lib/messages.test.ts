// The catalogue: both languages whole, with the same marks, and nothing in it that no window says.

import fs from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
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
      if (entry.isDirectory()) return sources(file)
      return /\.tsx?$/.test(entry.name) && entry.name !== 'messages.ts' ? fs.readFileSync(file, 'utf8') : ''
    })
    .join('\n')
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
})
