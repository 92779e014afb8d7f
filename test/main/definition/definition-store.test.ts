// Definitions on disk: whole or not at all, damaged ones kept aside and told. Runs in: vitest, plain Node.
import { mkdtempSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { unfinishedCopyName } from '../../../src-engine/public/unfinished-copy'
import { DefinitionStore } from '../../../src-main/definition/definition-store'
import { RevisionStore } from '../../../src-main/definition/revision-store'

const UUID = '11111111-2222-4333-8444-555555555555'
const OTHER = '99999999-2222-4333-8444-555555555555'
const config = {
  name: 'Debian',
  memoryMiB: 256,
  vcpus: 1,
  kernel: '/boot/vmlinuz',
  ramdisk: null,
  cmdline: 'console=hvc0',
  devices: [],
}

let folder = ''
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'ringmaster-definitions-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

async function loaded() {
  const store = new DefinitionStore(folder)
  return { store, ...(await store.load()) }
}

describe('the definition store', () => {
  it('gives back what was put, after a new start', async () => {
    const { store } = await loaded()
    await store.put({ uuid: UUID, config, managedSave: 123, savedConfig: config })
    writeFileSync(store.managedSavePath(UUID), 'state')
    const { definitions, problems, cutOff } = await loaded()
    expect(definitions).toEqual([{ uuid: UUID, config, managedSave: 123, savedConfig: config }])
    expect({ problems, cutOff }).toEqual({ problems: [], cutOff: [] })
  })

  it('reads what version 1 wrote: a configuration without devices, here and in the index of saved files', async () => {
    const { store } = await loaded()
    await store.settled()
    const { devices: _none, ...old } = config
    const path = join(folder, 'definitions', `${UUID}.json`)
    writeFileSync(path, JSON.stringify({ version: 1, uuid: UUID, config: old, managedSave: 5 }))
    const index = { version: 1, files: [{ path: '/a.rmsave', uuid: UUID, config: old, savedAt: 7 }] }
    writeFileSync(join(folder, 'saved-files.json'), JSON.stringify(index))
    writeFileSync(store.managedSavePath(UUID), 'state')
    const again = await loaded()
    expect(again.problems).toEqual([])
    expect(again.definitions).toEqual([{ uuid: UUID, config, managedSave: 5, savedConfig: null }])
    expect(again.store.savedFiles.find('/a.rmsave')?.config).toEqual(config)
    // It is only written anew when it changes.
    expect(JSON.parse(readFileSync(path, 'utf8'))).toMatchObject({ version: 1 })
  })

  it('leaves no temporary file and forgets one that a crash left', async () => {
    const { store } = await loaded()
    await Promise.all(
      [1, 2, 3].map((memoryMiB) =>
        store.put({ uuid: UUID, config: { ...config, memoryMiB }, managedSave: null, savedConfig: null }),
      ),
    )
    writeFileSync(join(folder, 'definitions', `${UUID}.json.abc.tmp`), '{"ver')
    const { definitions } = await loaded()
    expect(definitions[0]?.config.memoryMiB).toBe(3)
    expect(readdirSync(join(folder, 'definitions')).sort()).toEqual([`${UUID}.xml`, 'aside'])
  })

  const newer = "<metadata><ringmaster:domain xmlns:ringmaster='https://example.org/ringmaster/domain/2'/></metadata>"
  const xml = (inside: string, uuid = UUID): string =>
    `<domain><name>x</name><uuid>${uuid}</uuid><memory>262144</memory>${inside}</domain>`
  it.each([
    ['half a file', 'json', '{"version": 1, "uuid": "1111', 'definition-corrupt'],
    ['another shape', 'json', { version: 1, uuid: UUID, config: { ...config, memoryMiB: 'much' } }, 'definition-corrupt'],
    ['a newer version', 'json', { version: 3, uuid: UUID, config }, 'definition-newer'],
    ['another identifier', 'json', { version: 1, uuid: OTHER, config, managedSave: null }, 'definition-corrupt'],
    ['control characters', 'json', { version: 2, uuid: UUID, config: { ...config, cmdline: '\u0001' } }, 'definition-corrupt'],
    ['nothing', 'json', '', 'definition-corrupt'],
    ['half a file', 'xml', '<domain><name>x</na', 'definition-corrupt'],
    ['another element', 'xml', '<network/>', 'definition-corrupt'],
    ['a newer version', 'xml', xml(newer), 'definition-newer'],
    ['another identifier', 'xml', xml('', OTHER), 'definition-corrupt'],
    ['10 MB', 'xml', xml('x'.repeat(10_000_000)), 'definition-corrupt'],
    ['an entity bomb', 'xml', `<!DOCTYPE d [<!ENTITY a "&b;&b;">]>${xml('&a;')}`, 'definition-corrupt'],
    ['nothing', 'xml', '', 'definition-corrupt'],
  ])('keeps a definition that holds %s (%s) aside, reports it, and loads the others', async (_what, ending, held, reason) => {
    const content = typeof held === 'string' ? held : JSON.stringify({ managedSave: null, savedConfig: null, ...held })
    const { store } = await loaded()
    await store.put({ uuid: OTHER, config, managedSave: null, savedConfig: null })
    writeFileSync(join(folder, 'definitions', `${UUID}.${ending}`), content)
    const { definitions, problems } = await loaded()
    expect(definitions.map(({ uuid }) => uuid)).toEqual([OTHER])
    expect(problems).toMatchObject([{ reason }])
    const kept = problems[0]?.values['kept'] ?? ''
    expect(readFileSync(kept, 'utf8')).toBe(content)
    expect((await loaded()).problems).toEqual([])
  })

  it('replaces what an older version stored at the next change, with its history', async () => {
    await loaded()
    const old = { version: 2, uuid: UUID, config, managedSave: null, savedConfig: null }
    writeFileSync(join(folder, 'definitions', `${UUID}.json`), JSON.stringify(old))
    const { store } = await loaded()
    const changed = { ...config, memoryMiB: 512 }
    await store.put({ uuid: UUID, config: changed, managedSave: null, savedConfig: null })
    expect(readdirSync(join(folder, 'definitions')).sort()).toEqual([`${UUID}.xml`, 'aside'])
    expect((await store.revisionsOf(UUID, changed)).map(({ revision, cause }) => [revision, cause])).toEqual([
      [1, 'defined'],
      [2, 'changed'],
    ])
    expect(await store.revisionText(UUID, 1)).toContain('262144')
    // Cut off before the older form was gone: the newer one counts.
    writeFileSync(join(folder, 'definitions', `${UUID}.json`), JSON.stringify(old))
    expect((await loaded()).definitions[0]?.config.memoryMiB).toBe(512)
    expect(readdirSync(join(folder, 'definitions')).sort()).toEqual([`${UUID}.xml`, 'aside'])
  })

  it('keeps each change as a revision, and what the file is when a change was cut off or came from outside', async () => {
    const { store } = await loaded()
    const put = (memoryMiB: number, to = store) =>
      to.put({ uuid: UUID, config: { ...config, memoryMiB }, managedSave: null, savedConfig: null })
    for (const memoryMiB of [64, 64, 128]) await put(memoryMiB)
    const path = join(folder, 'definitions', `${UUID}.xml`)
    const text = readFileSync(path, 'utf8')
    const causes = async (from = store) => (await from.revisionsOf(UUID, config)).map(({ cause }) => cause)
    expect(await causes()).toEqual(['changed', 'changed'])
    // Cut off between revision and definition.
    await put(256)
    writeFileSync(path, text)
    const cut = (await loaded()).store
    expect(await causes(cut)).toEqual(['changed', 'changed', 'changed', 'outside'])
    expect(await cut.revisionText(UUID, 4)).toBe(text)
    expect(await cut.revisionText(UUID, 5)).toBeUndefined()
    writeFileSync(path, text.replace('131072', '65536'))
    const outside = (await loaded()).store
    expect(await causes(outside)).toEqual(['changed', 'changed', 'changed', 'outside', 'outside'])
  })

  it('forgets the oldest revisions and counts on', async () => {
    const revisions = new RevisionStore(folder, 5)
    for (let number = 1; number <= 8; number++) await revisions.add(UUID, String(number), 'changed', number)
    expect((await revisions.list(UUID)).map(({ revision, time }) => [revision, time])).toEqual([
      [4, 4],
      [5, 5],
      [6, 6],
      [7, 7],
      [8, 8],
    ])
    expect(await revisions.text(UUID, 8)).toBe('8')
    expect(await revisions.text(UUID, 3)).toBeUndefined()
  })

  it('puts a domain into the trash with all that is its own, and takes it out again', async () => {
    const { store } = await loaded()
    const definition = { uuid: UUID, config, managedSave: 5, savedConfig: { ...config, cmdline: 'then' } }
    await store.put(definition)
    writeFileSync(store.managedSavePath(UUID), 'state')
    await store.moveToTrash(definition, ['/a'], { folder: 'Web', tags: ['x'] })
    for (const part of ['saved', 'running', 'revisions']) expect(readdirSync(join(folder, part))).toEqual([])
    expect(readdirSync(join(folder, 'definitions'))).toEqual(['aside'])
    const again = await loaded()
    expect(again).toMatchObject({ definitions: [], ownerless: [], problems: [] })
    const [entry] = await again.store.trash.list()
    expect(entry).toMatchObject({ uuid: UUID, name: 'Debian', disks: ['/a'], metadata: { folder: 'Web', tags: ['x'] } })
    const taken = await again.store.takeFromTrash(entry?.id ?? '', UUID, config)
    expect(taken).toMatchObject({ config, savedConfig: { cmdline: 'then' } })
    expect((await again.store.revisionsOf(UUID, config)).map(({ cause }) => cause)).toEqual(['changed', 'restored'])
    expect(readdirSync(join(folder, 'trash'))).toEqual([])
    expect((await loaded()).definitions).toMatchObject([{ uuid: UUID, config, savedConfig: { cmdline: 'then' } }])
  })

  it.each(['definition.xml', 'managed.save', 'revisions', 'save.json'])(
    'ends a delete or restore cut off before %s moved',
    async (last) => {
      const { store } = await loaded()
      const definition = { uuid: UUID, config, managedSave: 5, savedConfig: config }
      await store.put(definition)
      writeFileSync(store.managedSavePath(UUID), 'state')
      await store.moveToTrash(definition, [], null)
      const [id = ''] = readdirSync(join(folder, 'trash'))
      const places: Record<string, string> = {
        'definition.xml': join(folder, 'definitions', `${UUID}.xml`),
        'managed.save': store.managedSavePath(UUID),
        revisions: join(folder, 'revisions', UUID),
        'save.json': join(folder, 'definitions', `${UUID}.save.json`),
      }
      renameSync(join(folder, 'trash', id, last), places[last] ?? '')
      const next = await loaded()
      expect([next.ownerless, next.problems]).toEqual([[], []])
      // Where the definition is, there is everything.
      const back = last === 'definition.xml'
      expect(next.definitions).toHaveLength(back ? 1 : 0)
      expect(next.definitions.map(({ savedConfig }) => savedConfig)).toEqual(back ? [config] : [])
      expect(readdirSync(join(folder, 'saved'))).toEqual(back ? [`${UUID}.save`] : [])
      expect(readdirSync(join(folder, 'trash'))).toHaveLength(back ? 0 : 1)
    },
  )

  it('believes the file of a managed save: there, its time is told; not there, there is none', async () => {
    const { store } = await loaded()
    await store.put({ uuid: UUID, config, managedSave: null, savedConfig: null })
    writeFileSync(store.managedSavePath(UUID), 'state')
    const written = (await loaded()).definitions[0]?.managedSave ?? 0
    expect(Math.abs(written - Date.now())).toBeLessThan(60_000)
    await store.spendManagedSave(UUID)
    expect((await loaded()).definitions[0]?.managedSave).toBe(null)
    expect(readdirSync(join(folder, 'saved'))).toEqual([])
    writeFileSync(store.managedSavePath(OTHER), 'state')
    expect((await loaded()).ownerless.map(({ uuid }) => uuid)).toEqual([OTHER])
  })

  it('keeps nothing of a managed save that was begun and not made', async () => {
    const { store } = await loaded()
    const before = readdirSync(join(folder, 'definitions'))
    await store.put({ uuid: UUID, config, managedSave: null, savedConfig: config })
    await store.settled()
    writeFileSync(join(folder, 'saved', unfinishedCopyName(1, UUID)), 'half')
    expect((await loaded()).definitions).toMatchObject([{ uuid: UUID, managedSave: null, savedConfig: null }])
    expect(readdirSync(join(folder, 'saved'))).toEqual([])
    const left = readdirSync(join(folder, 'definitions')).filter((name) => !before.includes(name))
    expect(left).toEqual([`${UUID}.xml`])
  })

  it('finds the markers of domains that ran when the app was cut off', async () => {
    const { store } = await loaded()
    await store.put({ uuid: UUID, config, managedSave: null, savedConfig: null })
    await store.markRunning(UUID)
    expect((await loaded()).cutOff).toEqual([UUID])
    await store.unmarkRunning(UUID)
    expect((await loaded()).cutOff).toEqual([])
  })

  it('remembers which domain a file was saved from, and survives a damaged index', async () => {
    const { store } = await loaded()
    await store.savedFiles.record({ path: '/tmp/a.rmsave', uuid: UUID, config, savedAt: 5 })
    expect((await loaded()).store.savedFiles.find('/tmp/a.rmsave')).toMatchObject({ uuid: UUID, config })
    writeFileSync(join(folder, 'saved-files.json'), 'no')
    const damaged = await loaded()
    // As what it is, not as a definition.
    const kept = readdirSync(folder).find((name) => /^saved-files\.json\..*damaged$/.test(name)) ?? ''
    expect(damaged.problems).toMatchObject([
      { reason: 'saved-files-damaged', values: { kept: join(folder, kept), detail: 'it is not JSON' } },
    ])
    expect(readFileSync(join(folder, kept), 'utf8')).toBe('no')
    expect(damaged.store.savedFiles.find('/tmp/a.rmsave')).toBeUndefined()
  })

  it('forgets everything of a removed domain', async () => {
    const { store } = await loaded()
    await store.put({ uuid: UUID, config, managedSave: 1, savedConfig: null })
    writeFileSync(store.managedSavePath(UUID), 'state')
    await store.markRunning(UUID)
    await store.remove(UUID)
    for (const part of ['saved', 'running']) expect(readdirSync(join(folder, part))).toEqual([])
    expect((await loaded()).definitions).toEqual([])
  })
})
