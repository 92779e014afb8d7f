// Settings in a file: kept whole, damaged and newer ones put aside and reported, older ones filled up.
import fs from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeptFile } from '../../../src-main/definition/kept-file'
import { defaultPreferences, PREFERENCES_VERSION, preferencesShape } from '../../../src-main/public/preferences'

let folder = ''
const file = () => path.join(folder, 'preferences.json')
const open = () => new KeptFile(file(), preferencesShape, defaultPreferences, PREFERENCES_VERSION)
const others = () => fs.readdirSync(folder).filter((name) => name !== 'preferences.json')

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringmaster-kept-'))
})
afterEach(() => fs.rmSync(folder, { recursive: true, force: true }))

describe('a file of settings', () => {
  it('is the defaults where there is none, and comes back as it was set', async () => {
    const first = open()
    expect(await first.load()).toBeUndefined()
    expect(first.value).toEqual(defaultPreferences)
    const changed = { ...defaultPreferences, theme: 'contrast', grabKeys: ['ControlRight'], newScreen: '1024x768' } as const
    // Two at once: the later one is what remains.
    await Promise.all([
      first.set({ ...defaultPreferences, language: 'de' }),
      first.set({ ...changed, grabKeys: ['ControlRight'] }),
    ])
    const second = open()
    expect(await second.load()).toBeUndefined()
    expect(second.value).toEqual(changed)
    expect(JSON.parse(fs.readFileSync(file(), 'utf8'))).toMatchObject({ version: PREFERENCES_VERSION })
    expect(others()).toEqual([])
  })

  it('of an older version gets the defaults of what it lacks', async () => {
    fs.writeFileSync(file(), JSON.stringify({ theme: 'dark', confirmDestroy: false }))
    const kept = open()
    expect(await kept.load()).toBeUndefined()
    expect(kept.value).toEqual({ ...defaultPreferences, theme: 'dark', confirmDestroy: false })
  })

  it('of a newer version is put aside, said so, and stays as it was', async () => {
    const text = JSON.stringify({ version: PREFERENCES_VERSION + 1, theme: 'dark' })
    fs.writeFileSync(file(), text)
    const kept = open()
    const problem = await kept.load()
    expect(problem).toMatchObject({ reason: 'preferences-newer' })
    expect(kept.value).toEqual(defaultPreferences)
    expect(fs.readFileSync(problem?.values['kept'] ?? '', 'utf8')).toBe(text)
    await kept.set(defaultPreferences)
    expect(fs.readFileSync(problem?.values['kept'] ?? '', 'utf8')).toBe(text)
  })

  it.each([
    ['cut off', '{"theme": "da'],
    ['empty', ''],
    ['no object', '[1, 2]'],
    ['null', 'null'],
    ['a word that is none', '{"theme": "pink"}'],
    ['a number out of range', '{"consoleFontSize": 4000}'],
    ['keys of typing as the chord', '{"grabKeys": ["KeyA"]}'],
  ])('that is damaged (%s) is put aside with its content', async (_name, text) => {
    fs.writeFileSync(file(), text)
    const kept = open()
    const problem = await kept.load()
    expect(problem).toMatchObject({ reason: 'preferences-corrupt' })
    expect(kept.value).toEqual(defaultPreferences)
    expect(others()).toHaveLength(1)
    expect(fs.readFileSync(problem?.values['kept'] ?? '', 'utf8')).toBe(text)
  })
})
