// The palette's search, keys, and what a new machine is filled in with. Runs in: vitest, plain Node.

import { describe, expect, it, vi } from 'vitest'
import type { ConnectionInfo } from '../../../../src-main/public/connection'
import { errorReport } from '../../../../src-main/public/error-code'
import { defaultListLayout } from '../../../../src-main/public/list'
import type { DomainInfo } from '../../../../src-main/public/types'
import { demoGuestAvailable } from '../../../../src-main/toolstack/demo-guest'
import { contextEntries, stopEntries } from '../../../../src-renderer/features/domain-actions/action-table'
import { makeTranslator } from '../../../../src-renderer/lib/translate'
import { filledIn, type LookedAt } from '../../../../src-renderer/views/create-domain/filled-in'
import { commandOfKey, commandsOf, findCommands } from '../../../../src-renderer/views/manager/commands'
import { whyNoDemo } from '../../../../src-renderer/views/manager/demo-guest'
import { columnEntries } from '../../../../src-renderer/views/manager/list/column-menu'
import { columnsOf } from '../../../../src-renderer/views/manager/list/columns'
import { appEntries, filterEntries } from '../../../../src-renderer/views/manager/toolbar-menus'
import { domainInfo } from '../../../support/domain-info'

const contextOf = (language: 'en' | 'de') => ({
  selected: [],
  domains: [],
  connection: null,
  folder: null,
  columns: columnsOf(defaultListLayout),
  filters: ['Mine', 'save', 'help', 'forget-Mine', 'use-Mine'].map((name) => ({ name, text: 'tag:a' })),
  undoSteps: [1, 2, 3].map((id) => ({ id, label: `step ${id}` })),
  typed: '',
  whyNoDemo: undefined,
  theme: 'system' as const,
  t: makeTranslator(language),
})

const connection: ConnectionInfo = {
  connection: '11111111-2222-4333-8444-555555555555',
  name: 'Second',
  driver: 'test',
  autoconnect: true,
  state: 'connected',
  error: null,
  folder: '/home/somebody',
  permanent: false,
}

describe('the commands', () => {
  it('do to the connection of what is chosen what can be done to it now, and say which it is', () => {
    const of = (part: Partial<ConnectionInfo>) =>
      commandsOf({ ...contextOf('en'), connection: { ...connection, ...part } }).filter(({ note }) => note === 'Second')
    const possible = (part: Partial<ConnectionInfo>) => of(part).flatMap(({ id, disabled }) => (disabled === true ? [] : [id]))
    expect(possible({})).toEqual(['connection-close', 'connection-properties'])
    expect(possible({ state: 'disconnected' })).toEqual(['connection-open', 'connection-properties', 'connection-remove'])
    expect(possible({ state: 'failed' })).toEqual(['connection-open', 'connection-properties', 'connection-remove'])
    expect(possible({ state: 'connecting' })).toEqual(['connection-close', 'connection-properties'])
    expect(of({ state: 'connecting' }).find(({ id }) => id === 'connection-close')?.label).toBe('Cancel connecting')
    expect(possible({ state: 'disconnecting' })).toEqual(['connection-properties'])
    expect(possible({ state: 'disconnected', permanent: true })).toEqual(['connection-open', 'connection-properties'])
  })

  it('say why they cannot be done to what is chosen, and nothing where they can', () => {
    const whyOf = (selected: readonly DomainInfo[], id: string) =>
      commandsOf({ ...contextOf('en'), selected }).find((command) => command.id === id)?.why
    const off = domainInfo({ state: 'shutoff', operations: ['create'] })
    expect(whyOf([off], 'pause')).toBe('Only a machine that runs')
    expect(whyOf([off], 'run')).toBeUndefined()
    expect(whyOf([], 'run')).toBe('No virtual machine is chosen')
    expect(whyOf([], 'restore')).toBeUndefined()
  })

  it('are never greyed without a reason', () => {
    const closed = { ...connection, state: 'disconnected' as const }
    const machines = [[], [domainInfo({ operations: [] })], [domainInfo({}), domainInfo({})], [domainInfo({ kind: 'domain0' })]]
    for (const selected of machines) {
      for (const each of [connection, closed, { ...connection, state: 'connecting' as const }]) {
        const context = { ...contextOf('en'), selected, connection: each, undoSteps: [], whyNoDemo: 'It is being made' }
        const greyed = commandsOf(context).filter(({ disabled }) => disabled === true)
        expect(greyed.length).toBeGreaterThan(8)
        expect(greyed.filter(({ why }) => (why ?? '') === '').map(({ id }) => id)).toEqual([])
      }
    }
  })

  it('say of the demo guest whether one is being made or what is missing, in the palette and in the menu', () => {
    const t = makeTranslator('en')
    const missing = {
      demoGuest: { available: false, error: errorReport('demo-unavailable', { detail: 'apt-get was not found' }) },
    }
    const there = { demoGuest: { available: true, error: null } }
    expect(whyNoDemo(there, false, t)).toBeUndefined()
    expect(whyNoDemo(there, true, t)).toBe('It is being made')
    const why = whyNoDemo(missing, false, t)
    expect(why).toBe('The demo guest cannot be made: apt-get was not found.')
    expect(commandsOf({ ...contextOf('en'), whyNoDemo: why }).find(({ id }) => id === 'demo')?.why).toBe(why)
    expect(appEntries(why, t).find(({ id }) => id === 'demo')).toMatchObject({ disabled: true, reason: why })
    expect(appEntries(undefined, t).find(({ id }) => id === 'demo')).not.toHaveProperty('reason')
  })

  it('say what is missing for the demo guest in the language of the window, to the end', async () => {
    vi.stubEnv('PATH', '')
    const missing = await demoGuestAvailable()
    vi.unstubAllEnvs()
    if (missing.ok) throw new Error('it is there')
    const why = whyNoDemo({ demoGuest: { available: false, error: missing.error } }, false, makeTranslator('de'))
    expect(why).toBe(
      'Der Demo-Gast kann nicht gemacht werden: apt-get wurde nicht gefunden; gebraucht werden ein Linux-Kernel mit PVH-Eintritt (bzImage oder ELF) und ein Initramfs dazu.',
    )
  })

  it('hold what the menu bar does to the window, and what the menus of the heads do, with their keys', () => {
    const all = commandsOf(contextOf('en'))
    const keysOf = (label: string) => all.find((command) => command.label === label)?.keys
    expect(keysOf('Close the window')).toBe('Ctrl+W')
    expect(keysOf('Zoom in')).toBe('Ctrl+Plus')
    expect(keysOf('Zoom out')).toBe('Ctrl+Shift+-')
    expect(keysOf('Actual size')).toBe('Ctrl+Shift+0')
    expect(keysOf('Full screen')).toBe('F11')
    const moves = all.filter(({ id }) => id.startsWith('left-') || id.startsWith('right-'))
    expect(moves.filter(({ why }) => why !== undefined).map(({ label, why }) => `${label}: ${why}`)).toEqual([
      'Move column State left: Only the name is left of it',
      'Move column Tags right: It is the last one',
    ])
    expect(all.map(({ label }) => label)).toContain('Column Name wider')
  })

  it('have names of their own, in both languages, and no key twice', () => {
    for (const language of ['en', 'de'] as const) {
      const all = commandsOf(contextOf(language))
      expect(new Set(all.map(({ id }) => id)).size).toBe(all.length)
      expect(all.filter(({ label }) => label.includes('{'))).toEqual([])
      const keys = all.flatMap(({ keys: each }) => each ?? [])
      expect(new Set(keys).size).toBe(keys.length)
    }
  })

  it('are all there is in any menu of the window, whatever saved filters are called', () => {
    const context = { ...contextOf('en'), selected: [domainInfo({ state: 'saved' })], connection }
    const { t, filters, columns } = context
    const known = new Set(commandsOf(context).map(({ id }) => id))
    const offered = [
      ...contextEntries(context.selected, t),
      ...stopEntries(context.selected, t),
      ...appEntries(undefined, t),
      ...filterEntries(filters, 'tag:a', t),
      ...columnEntries(columns, t),
    ].flatMap((entry) => (entry.kind === 'action' ? [entry.id] : []))
    // A title for reading; the palette itself; the name's column, which always shows.
    const others = ['filter-help', 'palette', 'column-name']
    expect(offered.filter((id) => !known.has(id))).toEqual(expect.arrayContaining(others))
    expect(offered.filter((id) => !known.has(id) && !others.includes(id))).toEqual([])
    expect(new Set(known).size).toBe(commandsOf(context).length)
  })

  it('open the window of the one machine that is chosen at any of its pages; domain 0 has fewer', () => {
    const pages = (selected: DomainInfo[]) =>
      commandsOf({ ...contextOf('en'), selected }).filter(({ id, disabled }) => id.startsWith('page-') && disabled !== true)
    expect(pages([domainInfo({ name: 'web' })]).map(({ label, note }) => `${label}: ${note}`)).toEqual(
      ['Screen', 'Text console', 'Performance', 'Snapshots', 'Inside', 'Log'].map((page) => `Show ${page}: web`),
    )
    expect(pages([domainInfo({ kind: 'domain0' })]).map(({ id }) => id)).toEqual([
      'page-performance',
      'page-inside',
      'page-log',
    ])
    expect(pages([domainInfo({}), domainInfo({})])).toEqual([])
  })

  it('list what can be taken back, newest first, each with what was done after it', () => {
    const undo = commandsOf(contextOf('en')).filter(({ id }) => id.startsWith('undo'))
    expect(undo.map(({ id, note }) => `${id}: ${note}`)).toEqual([
      'undo: step 3',
      'undo-to-2: and what was done after it',
      'undo-to-1: and 2 steps after it',
    ])
    expect(commandsOf({ ...contextOf('en'), undoSteps: [] }).find(({ id }) => id === 'undo')?.disabled).toBe(true)
  })

  it('are found by all words typed, those that begin so first, those that can be done before the others', () => {
    const all = [
      { id: 'a', label: 'Show column CPU' },
      { id: 'b', label: 'CPU', disabled: true },
      { id: 'c', label: 'cpu of host' },
      { id: 'd', label: 'Quit' },
    ]
    expect(findCommands(all, 'cpu').map(({ id }) => id)).toEqual(['c', 'a', 'b'])
    expect(findCommands(all, ' CPU  show ').map(({ id }) => id)).toEqual(['a'])
    expect(findCommands(all, '').map(({ id }) => id)).toEqual(['a', 'c', 'd', 'b'])
  })

  it('are reached by keys', () => {
    const key = (name: string, part: object = {}) =>
      commandOfKey({ key: name, ctrlKey: true, metaKey: false, shiftKey: false, altKey: false, ...part })
    expect(key('k')).toBe('palette')
    expect(key('P', { shiftKey: true })).toBe('palette')
    expect(key('p')).toBe('pause')
    expect(key('/', { shiftKey: true })).toBe('keys')
    expect(key('d')).toBeNull()
    expect(key('k', { altKey: true })).toBeNull()
    expect(key('k', { ctrlKey: false })).toBeNull()
  })
})

describe('dropped files', () => {
  const file = (kind: LookedAt['kind'], path: string, format: LookedAt['format'] = null): LookedAt => ({
    kind,
    path,
    size: 1,
    format,
  })

  it('go into the fields of a new machine; each image is a disk, one that is not written is read only', () => {
    const { fields, disks } = filledIn(
      [
        file('disk', '/a.qcow2', 'qcow2'),
        file('kernel', '/vmlinuz'),
        file('ramdisk', '/initrd'),
        file('kernel', '/other'),
        file('disk', '/cd.iso', 'raw'),
        file('disk', '/old.vmdk', 'vmdk'),
        file('disk', '/unknown'),
      ],
      [],
    )
    expect(fields).toEqual({ kernel: '/vmlinuz', ramdisk: '/initrd' })
    expect(disks).toMatchObject([
      { dev: 'xvda', path: '/a.qcow2', source: 'file', fileFormat: 'qcow2', readonly: false, removable: false },
      { dev: 'xvdb', path: '/cd.iso', readonly: true, removable: true },
      { dev: 'xvdc', path: '/old.vmdk', fileFormat: 'vmdk', readonly: true },
      { dev: 'xvdd', path: '/unknown', fileFormat: null, readonly: false },
    ])
  })

  it('leave out disks beyond the last device name', () => {
    const files = Array.from({ length: 20 }, (_, index) => file('disk', `/${index}`, 'raw'))
    expect(filledIn(files, []).disks).toHaveLength(16)
  })
})
