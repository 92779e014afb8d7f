// The app cut off at every point of what it writes: before each change of its folder a copy is kept, and each copy is opened as
// the next start would find it. A guest that ran is crashed, one whose save was whole goes on from it and never twice, what was
// defined is there, and nothing is left over. Runs in: vitest, plain Node, with node:fs/promises watched.
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest'
import type { DomainState } from '../../../src-main/public/types'
import { makeToolstack } from '../../support/toolstack'

/** Called before each change of a file or folder. */
const watched = vi.hoisted(() => ({ beforeChange: (): void => {} }))
vi.mock('node:fs/promises', async (load) => {
  const real = await load<typeof import('node:fs/promises')>()
  const seen = <A extends unknown[], R>(act: (...args: A) => R) => {
    return (...args: A): R => {
      watched.beforeChange()
      return act(...args)
    }
  }
  const { rename, rm, writeFile, open } = real
  return { ...real, rename: seen(rename), rm: seen(rm), writeFile: seen(writeFile), open: seen(open) }
})

type Made = Awaited<ReturnType<typeof makeToolstack>>

interface Cut {
  readonly folder: string
  /** Whether the guest ran at that moment, as the driver knows. */
  readonly ran: boolean
}

const copies = mkdtempSync(join(tmpdir(), 'ringmaster-cuts-'))
let number = 0
afterEach(() => {
  watched.beforeChange = () => {}
  for (const name of readdirSync(copies)) rmSync(join(copies, name), { recursive: true, force: true })
})
afterAll(() => rmSync(copies, { recursive: true, force: true }))

/** The folder as it was at each point of `act`, and after it. */
async function cuts(made: Made, uuid: string, act: () => Promise<unknown>): Promise<Cut[]> {
  const found: Cut[] = []
  const keep = (): void => {
    const folder = join(copies, `cut-${++number}`)
    cpSync(made.folder, folder, { recursive: true })
    const info = made.toolstack.domains.info(uuid)
    const frozen = info.ok && info.value.state === 'saving'
    found.push({ folder, ran: made.testDriver.runs(uuid) && !frozen })
  }
  watched.beforeChange = keep
  await act()
  await made.toolstack.domains.define(made.config(`after ${number}`))
  watched.beforeChange = () => {}
  keep()
  expect(found.length).toBeGreaterThan(2)
  return found
}

/** What the next start makes of a cut: the guest's state, and its console's words when it goes on. */
async function next(cut: Cut, uuid: string): Promise<{ state: DomainState | 'gone'; words: string }> {
  const made = await makeToolstack({ folder: cut.folder })
  const state = made.state(uuid)
  const info = made.toolstack.domains.info(uuid)
  expect(info.ok && info.value.cutOff === true).toBe(state === 'crashed')
  const left = (part: string) => readdirSync(join(cut.folder, part))
  expect(left('running')).toEqual([])
  expect(left('saved')).toEqual(state === 'saved' ? [`${uuid}.save`] : [])
  expect(left('definitions').filter((name) => !/^(aside|[0-9a-f-]+\.(xml|save\.json))$/.test(name))).toEqual([])
  expect(left('definitions/aside')).toEqual([])
  let words = ''
  if (state === 'saved') {
    expect(await made.toolstack.domains.create(uuid, false)).toEqual({ ok: true, value: null })
    expect(made.state(uuid)).toBe('running')
    expect(left('saved')).toEqual([])
    words = await text(made, uuid)
  }
  expect(made.notices).toEqual([])
  await made.close(true)
  return { state, words }
}

async function text(made: Made, uuid: string): Promise<string> {
  const path = join(made.folder, 'words.rmsave')
  const saving = made.toolstack.domains.save(uuid, path)
  if (!saving.ok) throw new Error(saving.error.reason)
  await made.toolstack.jobs.wait(saving.value)
  const words = readFileSync(path, 'utf8')
  rmSync(path)
  return words
}

/** One state after the other, none coming back. */
function phases(states: readonly (DomainState | 'gone')[]): (DomainState | 'gone')[] {
  return states.filter((state, at) => state !== states[at - 1])
}

async function all(found: readonly Cut[], uuid: string) {
  const after: { state: DomainState | 'gone'; words: string; ran: boolean }[] = []
  for (const cut of found) after.push({ ...(await next(cut, uuid)), ran: cut.ran })
  for (const { state, ran } of after) if (ran) expect(state).toBe('crashed')
  return { states: phases(after.map(({ state }) => state)), after }
}

describe('cut off', () => {
  it('in a managed save, the guest is crashed before it is whole, and saved from then on', async () => {
    const made = await makeToolstack()
    const uuid = await made.started('A')
    made.testDriver.say(uuid, 'before the save')
    const { states, after } = await all(await cuts(made, uuid, () => made.toolstack.guests.saveAll()), uuid)
    expect(states).toEqual(['crashed', 'saved'])
    for (const { state, words } of after) if (state === 'saved') expect(words).toContain('before the save')
    await made.close()
  })

  it('while it goes on from a managed save, it does so again unless it has run', async () => {
    const made = await makeToolstack()
    const uuid = await made.started('A')
    made.testDriver.say(uuid, 'before the save')
    await made.toolstack.guests.saveAll()
    const { states, after } = await all(await cuts(made, uuid, () => made.toolstack.domains.create(uuid, false)), uuid)
    expect(states).toEqual(['saved', 'crashed'])
    expect(after.at(-1)?.ran).toBe(true)
    for (const { state, words } of after) if (state === 'saved') expect(words).toContain('before the save')
    await made.close()
  })

  it('while it starts afresh, the managed save is there or the guest is not', async () => {
    const made = await makeToolstack()
    const uuid = await made.started('A')
    await made.toolstack.guests.saveAll()
    const { states } = await all(await cuts(made, uuid, () => made.toolstack.domains.create(uuid, true)), uuid)
    expect(states).toEqual(['saved', 'shutoff', 'crashed'])
    await made.close()
  })

  it('while it starts and while it is forced off, it is off or crashed', async () => {
    const made = await makeToolstack()
    const defined = await made.toolstack.domains.define(made.config('A'))
    const uuid = defined.ok ? defined.value : ''
    const start = await all(await cuts(made, uuid, () => made.toolstack.domains.create(uuid, false)), uuid)
    expect(start.states).toEqual(['shutoff', 'crashed'])
    const end = await all(await cuts(made, uuid, () => made.toolstack.domains.destroy(uuid)), uuid)
    expect(end.states).toEqual(['crashed', 'shutoff'])
    await made.close()
  })

  it('while it is saved to a file of the user or comes back from it, the file is whole or not there', async () => {
    const made = await makeToolstack()
    const uuid = await made.started('A')
    const path = join(made.folder, 'a.rmsave')
    const save = await cuts(made, uuid, async () => {
      const saving = made.toolstack.domains.save(uuid, path)
      if (saving.ok) await made.toolstack.jobs.wait(saving.value)
    })
    for (const { folder } of save) {
      if (readdirSync(folder).includes('a.rmsave')) {
        expect(await made.testDriver.readSaved(join(folder, 'a.rmsave'))).toMatchObject({ ok: true, value: { uuid } })
      }
    }
    expect((await all(save, uuid)).states).toEqual(['crashed', 'shutoff'])
    const back = await cuts(made, uuid, () => made.toolstack.jobs.wait(made.toolstack.domains.restore(path)))
    expect((await all(back, uuid)).states).toEqual(['shutoff', 'crashed'])
    await made.close()
  })

  it('while it is changed or deleted, its definition is the old one, the new one, or gone with all that was its own', async () => {
    const made = await makeToolstack()
    const defined = await made.toolstack.domains.define(made.config('A'))
    const uuid = defined.ok ? defined.value : ''
    const change = await cuts(made, uuid, () => made.toolstack.domains.redefine(uuid, made.config('B')))
    const names: string[] = []
    for (const { folder } of change) {
      const cut = await makeToolstack({ folder })
      const info = cut.toolstack.domains.info(uuid)
      names.push(info.ok ? info.value.name : 'gone')
      await cut.close(true)
    }
    expect(names.filter((name, at) => name !== names[at - 1])).toEqual(['A', 'B'])
    await made.toolstack.domains.create(uuid, false)
    await made.toolstack.guests.saveAll()
    const found = await cuts(made, uuid, () => made.toolstack.domains.undefine(uuid))
    const states: (DomainState | 'gone')[] = []
    for (const { folder } of found) {
      const cut = await makeToolstack({ folder })
      states.push(cut.state(uuid))
      if (cut.state(uuid) !== 'saved') expect(readdirSync(join(folder, 'saved'))).toEqual([])
      await cut.close(true)
    }
    // Into the trash it goes whole: nobody sees it without its managed save.
    expect(phases(states)).toEqual(['saved', 'gone'])
    await made.close()
  })
})

describe('a managed save', () => {
  it('whose definition is damaged is found by its own name and can be gone on from', async () => {
    const first = await makeToolstack()
    const uuid = await first.started('A')
    await first.toolstack.guests.saveAll()
    await first.close(true)
    writeFileSync(join(first.folder, 'definitions', `${uuid}.xml`), '<')
    const second = await makeToolstack({ folder: first.folder })
    expect(second.notices.map(({ error }) => error.reason)).toEqual(['definition-corrupt'])
    expect(second.toolstack.domains.info(uuid)).toMatchObject({ value: { name: 'A', state: 'saved' } })
    expect(await second.toolstack.domains.create(uuid, false)).toEqual({ ok: true, value: null })
    expect(second.toolstack.domains.info(uuid)).toMatchObject({ value: { config: { memoryMiB: 64 } } })
    await second.close()
  })

  it('that is damaged and has no definition stays where it is and is told', async () => {
    const made = await makeToolstack()
    await made.close(true)
    const path = join(made.folder, 'saved', '11111111-2222-4333-8444-555555555555.save')
    writeFileSync(path, 'no')
    const second = await makeToolstack({ folder: made.folder })
    expect(second.notices.map(({ error }) => error.reason)).toEqual(['save-corrupt'])
    expect(readFileSync(path, 'utf8')).toBe('no')
    await second.close()
  })

  it('that somebody removed is told, and its guest is off', async () => {
    const first = await makeToolstack()
    const uuid = await first.started('A')
    await first.toolstack.guests.saveAll()
    await first.close(true)
    rmSync(join(first.folder, 'saved', `${uuid}.save`))
    const second = await makeToolstack({ folder: first.folder })
    expect(second.notices.map(({ error }) => error.reason)).toEqual(['file-unreadable'])
    expect(second.state(uuid)).toBe('shutoff')
    await second.close()
  })

  it('that cannot be spent is not gone on from, and is still there', async () => {
    const made = await makeToolstack()
    const uuid = await made.started('A')
    await made.toolstack.guests.saveAll()
    rmSync(join(made.folder, 'definitions'), { recursive: true })
    expect(await made.toolstack.domains.create(uuid, false)).toMatchObject({ ok: false })
    expect(made.state(uuid)).toBe('saved')
    expect(made.testDriver.runs(uuid)).toBe(false)
    expect(readdirSync(join(made.folder, 'saved'))).toEqual([`${uuid}.save`])
    await made.close()
  })
})

describe('forcing a guest off', () => {
  it('answers when it is at rest: it can be started again at once, whatever was going on', async () => {
    const made = await makeToolstack()
    const { domains, jobs } = made.toolstack
    const uuid = await made.started('A')
    const running = join(made.folder, 'running')
    for (const how of ['run', 'save', 'start', 'reboot'] as const) {
      if (made.state(uuid) === 'shutoff' && how !== 'start') await domains.create(uuid, false)
      const starting = how === 'start' ? domains.create(uuid, false) : undefined
      if (how === 'save') domains.managedSave(uuid)
      if (how === 'reboot') await domains.reboot(uuid)
      await Promise.resolve()
      expect(await domains.destroy(uuid)).toEqual({ ok: true, value: null })
      expect(domains.info(uuid)).toMatchObject({ value: { state: 'shutoff', job: null } })
      expect(readdirSync(running)).toEqual([])
      expect(made.testDriver.runs(uuid)).toBe(false)
      if (starting) expect(await starting).toMatchObject({ ok: false, error: { code: 'OPERATION_ABORTED' } })
    }
    expect(jobs.running()).toEqual([])
    expect(await domains.create(uuid, false)).toEqual({ ok: true, value: null })
    await made.close()
  })

  it('wins over a reboot it asked for at the same moment', async () => {
    const made = await makeToolstack()
    const uuid = await made.started('A')
    const destroy = made.testDriver.destroy.bind(made.testDriver)
    made.testDriver.destroy = async (each) => {
      await made.testDriver.reboot(each)
      await Promise.resolve()
      return destroy(each)
    }
    expect(await made.toolstack.domains.destroy(uuid)).toEqual({ ok: true, value: null })
    await new Promise((resolve) => setTimeout(resolve, 20))
    expect(made.state(uuid)).toBe('shutoff')
    await made.close()
  })
})
