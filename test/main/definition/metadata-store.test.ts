// Folders and tags: kept per domain, whole or not at all; damaged files put aside; and through the toolstack.
// Runs in: vitest, plain Node.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { KeptFile } from '../../../src-main/definition/kept-file'
import { MetadataStore } from '../../../src-main/definition/metadata-store'
import { defaultListLayout, folderShape, listLayoutShape, tagShape } from '../../../src-main/public/list'
import { makeToolstack, testCaller } from '../../support/toolstack'

const UUID = '11111111-2222-4333-8444-555555555555'
const OTHER = '99999999-2222-4333-8444-555555555555'
const web = { folder: 'Work/Web', tags: ['front', 'müde'] }

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringmaster-metadata-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

describe('metadata on disk', () => {
  it('lasts, and a domain without any has no file', async () => {
    await new MetadataStore(folder).put([
      { uuid: UUID, metadata: web },
      { uuid: OTHER, metadata: web },
    ])
    const again = new MetadataStore(folder)
    expect([...(await again.load()).found]).toEqual([
      [UUID, web],
      [OTHER, web],
    ])
    await again.put([{ uuid: UUID, metadata: null }])
    expect(readdirSync(folder)).toEqual([`${OTHER}.json`])
  })

  it.each([
    ['not JSON', 'it is not JSON'],
    [JSON.stringify({ version: 2, metadata: web }), 'it is of a newer version'],
    [JSON.stringify({ version: 1, metadata: { ...web, folder: '../etc/' } }), 'metadata.metadata.folder'],
  ])('puts a damaged file aside and says why: %s', async (content, detail) => {
    writeFileSync(join(folder, `${UUID}.json`), content)
    writeFileSync(join(folder, `${OTHER}.json`), JSON.stringify({ version: 1, metadata: web }))
    writeFileSync(join(folder, `${OTHER}.json.123.tmp`), 'cut off')
    const { found, problems } = await new MetadataStore(folder).load()
    expect([...found.keys()]).toEqual([OTHER])
    expect(problems).toMatchObject([{ reason: 'metadata-corrupt', values: { detail: expect.stringContaining(detail) } }])
    expect(readdirSync(folder).filter((name) => /\.(damaged|newer|tmp)$/.test(name))).toHaveLength(1)
  })
})

describe('names', () => {
  it.each(['', 'a', 'Work/Web', 'ä b/ü'])('a folder may be %j', (name) => expect(folderShape.is(name)).toBe(true))
  it.each(['/a', 'a/', 'a//b', ' a', 'a\n', 'x'.repeat(65), `${'a/'.repeat(150)}a`])('a folder may not be %j', (name) =>
    expect(folderShape.is(name)).toBe(false),
  )
  it.each(['', 'a,b', ' a', 'x'.repeat(41), 'a\tb'])('a tag may not be %j', (name) => expect(tagShape.is(name)).toBe(false))
})

describe('metadata of the toolstack', () => {
  it('is told when it changes, goes with its domain, and is refused for one that is not there', async () => {
    const { toolstack, config, servers, events, close } = await makeToolstack()
    const defined = await toolstack.domains.define(config('A'))
    if (!defined.ok) throw new Error('not defined')
    const uuid = defined.value
    const set = await servers.metadataSet({ changes: [{ uuid, metadata: { ...web, tags: ['a', 'a'] } }] }, testCaller())
    expect(set).toMatchObject({ ok: true })
    expect(events.filter(({ name }) => name === 'metadataChanged')).toMatchObject([
      { payload: { changes: [{ uuid, metadata: { tags: ['a'] } }] } },
    ])
    expect(await servers.metadataSet({ changes: [{ uuid: OTHER, metadata: web }] }, testCaller())).toMatchObject({
      ok: false,
      error: { reason: 'no-domain' },
    })
    await toolstack.domains.undefine(uuid)
    expect(toolstack.metadata.list()).toEqual([])
    await close()
  })
})

describe('a kept file', () => {
  it('has the defaults for what an older version did not know, and puts a damaged one aside', async () => {
    const path = join(folder, 'list.json')
    writeFileSync(path, JSON.stringify({ collapsed: ['x'] }))
    const kept = new KeptFile(path, listLayoutShape, defaultListLayout)
    expect(await kept.load()).toBeUndefined()
    expect(kept.value).toEqual({ ...defaultListLayout, collapsed: ['x'] })
    await Promise.all([kept.set(defaultListLayout), kept.set({ ...defaultListLayout, collapsed: ['y'] })])
    const again = new KeptFile(path, listLayoutShape, defaultListLayout)
    await again.load()
    expect(again.value.collapsed).toEqual(['y'])
    writeFileSync(path, '[')
    expect(await new KeptFile(path, listLayoutShape, defaultListLayout).load()).toMatchObject({ reason: 'preferences-corrupt' })
    mkdirSync(path)
  })
})
