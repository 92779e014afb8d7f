// Definitions on disk: whole or not at all, damaged ones kept aside and told. Runs in: vitest, plain Node.
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { DefinitionStore } from '../../../src-main/definition/definition-store'

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
    expect(again.store.findSavedFile('/a.rmsave')?.config).toEqual(config)
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
    expect(readdirSync(join(folder, 'definitions')).sort()).toEqual([`${UUID}.json`, 'aside'])
  })

  it.each([
    ['half a file', '{"version": 1, "uuid": "1111'],
    ['another shape', JSON.stringify({ version: 1, uuid: UUID, config: { ...config, memoryMiB: 'much' }, managedSave: null })],
    ['a newer version', JSON.stringify({ version: 3, uuid: UUID, config, managedSave: null })],
    ['another identifier than its name', JSON.stringify({ version: 1, uuid: OTHER, config, managedSave: null })],
    ['nothing', ''],
  ])('keeps a definition that holds %s aside, reports it, and loads the others', async (_what, content) => {
    const { store } = await loaded()
    await store.put({ uuid: OTHER, config, managedSave: null, savedConfig: null })
    writeFileSync(join(folder, 'definitions', `${UUID}.json`), content)
    const { definitions, problems } = await loaded()
    expect(definitions.map(({ uuid }) => uuid)).toEqual([OTHER])
    expect(problems).toMatchObject([{ code: 'OPERATION_FAILED', reason: 'definition-corrupt' }])
    const kept = problems[0]?.values['kept'] ?? ''
    expect(readFileSync(kept, 'utf8')).toBe(content)
    expect((await loaded()).problems).toEqual([])
  })

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
    await store.recordSavedFile({ path: '/tmp/a.rmsave', uuid: UUID, config, savedAt: 5 })
    expect((await loaded()).store.findSavedFile('/tmp/a.rmsave')).toMatchObject({ uuid: UUID, config })
    writeFileSync(join(folder, 'saved-files.json'), 'no')
    const damaged = await loaded()
    expect(damaged.problems).toHaveLength(1)
    expect(damaged.store.findSavedFile('/tmp/a.rmsave')).toBeUndefined()
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
