// The list without a window: rows of the tree, filter, selection, columns, and the figures of the last minute.
// Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import { type ConnectionInfo, LOCAL_CONNECTION } from '../../../../../src-main/public/connection'
import { defaultListLayout } from '../../../../../src-main/public/list'
import type { DomainInfo } from '../../../../../src-main/public/types'
import { roundTop } from '../../../../../src-renderer/features/graphs/figure-board'
import { makeTranslator } from '../../../../../src-renderer/lib/translate'
import { LiveFigures, SLOTS, timeAt, valueAt } from '../../../../../src-renderer/state/live-figures'
import { UndoSteps } from '../../../../../src-renderer/state/undo'
import {
  columnsOf,
  columnTable,
  layoutColumns,
  makeCompare,
  moveColumn,
  type SortKeys,
} from '../../../../../src-renderer/views/manager/list/columns'
import { type Filtered, parseFilter, passes } from '../../../../../src-renderer/views/manager/list/filter'
import { domainsOf, foldersOf, type GroupRow, listRows } from '../../../../../src-renderer/views/manager/list/rows'
import { extend, keep, moveTo, noSelection, only, toggle } from '../../../../../src-renderer/views/manager/list/selection'
import {
  dropInto,
  foldedAfter,
  foldersInto,
  keyAfter,
  moveFolder,
  rowAfter,
} from '../../../../../src-renderer/views/manager/ordering/places'
import { domainInfo } from '../../../../support/domain-info'

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' })

const domain = (name: string, part: Partial<DomainInfo> = {}): DomainInfo => domainInfo({ uuid: `uuid-${name}`, name, ...part })

const host = domain('Domain-0', { kind: 'domain0', uuid: 'host' })

const local: ConnectionInfo = {
  connection: LOCAL_CONNECTION,
  name: null,
  driver: 'test',
  autoconnect: true,
  state: 'connected',
  error: null,
  folder: '/home/somebody',
  permanent: true,
}
const SECOND = '11111111-2222-4333-8444-555555555555'
const second: ConnectionInfo = { ...local, connection: SECOND, name: 'Second', permanent: false }

describe('the rows', () => {
  const domains = [host, domain('a'), domain('b'), domain('c')]
  const places: Record<string, string> = { 'uuid-b': 'Work/Web', 'uuid-c': 'Lab' }
  const rowsOf = (collapsed: readonly string[] = [], shown: ((each: DomainInfo) => boolean) | null = null) =>
    listRows({
      connections: [local],
      domains,
      placeOf: (uuid) => ({ folder: places[uuid] ?? '', tags: [] }),
      collapsed: new Set(collapsed),
      shown,
      collator,
    })
  const short = (rows: ReturnType<typeof rowsOf>) => rows.map(({ key, level }) => `${level} ${key}`)

  it('are the connection, domain 0, folders in order with what is in them, then the rest', () => {
    expect(short(rowsOf())).toEqual([
      '1 connection',
      '2 host',
      '2 folder/Lab',
      '3 uuid-c',
      '2 folder/Work',
      '3 folder/Work/Web',
      '4 uuid-b',
      '2 uuid-a',
    ])
  })

  it('leave out what is folded away, unless a filter found it', () => {
    expect(short(rowsOf(['folder/Work']))).not.toContain('4 uuid-b')
    expect(short(rowsOf(['folder/Work', 'connection'], ({ name }) => name === 'b'))).toEqual([
      '1 connection',
      '2 folder/Work',
      '3 folder/Work/Web',
      '4 uuid-b',
    ])
    expect(rowsOf([], () => false)).toEqual([])
  })

  it('know how many guests a group has, whatever a filter shows of them', () => {
    const counts = (rows: ReturnType<typeof rowsOf>) =>
      rows.flatMap((row) => (row.kind === 'domain' ? [] : [`${row.key} ${row.members.length} ${row.guests}`]))
    expect(counts(rowsOf())).toEqual(['connection 4 3', 'folder/Lab 1 1', 'folder/Work 1 1', 'folder/Work/Web 1 1'])
    expect(counts(rowsOf(['folder/Lab'], ({ name }) => name === 'c'))).toEqual(['connection 1 3', 'folder/Lab 1 1'])
  })

  it('stand for their domains, a folder for all in it, each once', () => {
    const rows = rowsOf(['folder/Work'])
    const names = (keys: readonly string[]) => domainsOf(rows, new Set(keys)).map(({ name }) => name)
    expect(names(['folder/Work', 'uuid-a'])).toEqual(['b', 'a'])
    expect(names(['connection', 'uuid-a'])).toEqual(['a', 'b', 'c'])
    expect(names(['host'])).toEqual(['Domain-0'])
  })

  it('are each connection in its order with what is in it; one without any has nothing to fold', () => {
    const [there, off] = [domain('d', { connection: SECOND }), { ...second, connection: `${SECOND.slice(0, -1)}6` }]
    const rowsOfAll = (shown: ((each: DomainInfo) => boolean) | null, collapsed: readonly string[] = []) =>
      listRows({
        connections: [local, off, second],
        domains: [there, domain('a')],
        placeOf: () => ({ folder: 'Work', tags: [] }),
        collapsed: new Set(collapsed),
        shown,
        collator,
      })
    const keys = ['1 connection', '2 folder/Work', '3 uuid-a', `1 connection/${off.connection}`, `1 connection/${SECOND}`]
    const own = [`2 folder@${SECOND}/Work`, '3 uuid-d']
    expect(short(rowsOfAll(null))).toEqual([...keys, ...own])
    expect(short(rowsOfAll(null, ['folder/Work', `connection/${SECOND}`]))).toEqual(keys.filter((key) => key !== '3 uuid-a'))
    expect(short(rowsOfAll(({ name }) => name === 'd'))).toEqual([`1 connection/${SECOND}`, ...own])
    expect(rowsOfAll(null).map((row) => row.kind !== 'domain' && row.open)).toEqual([
      true,
      true,
      false,
      false,
      true,
      true,
      false,
    ])
  })

  it('name every folder with its parents', () => {
    expect(foldersOf(['Work/Web', 'Lab', ''], collator)).toEqual(['Lab', 'Work', 'Work/Web'])
  })
})

describe('folders that are moved', () => {
  const domains = [host, domain('a'), domain('b'), domain('c'), domain('d'), domain('e', { connection: SECOND })]
  const folders: Record<string, string> = {
    ...{ 'uuid-b': 'Work', 'uuid-c': 'Work/Web', 'uuid-d': 'Workshop', 'uuid-e': 'Work' },
  }
  const folderOf = (uuid: string) => folders[uuid] ?? ''
  const rows = listRows({
    connections: [local, second],
    domains,
    placeOf: (uuid) => ({ folder: folderOf(uuid), tags: [] }),
    collapsed: new Set(),
    // A filter hides some of what is in them.
    shown: ({ name }) => name !== 'c' && name !== 'host',
    collator,
  })
  const group = (key: string): GroupRow => {
    const found = rows.find((row) => row.key === key)
    if (found === undefined || found.kind === 'domain') throw new Error(`no group ${key}`)
    return found
  }
  const work = group('folder/Work')
  const drop = (target: string, ...dropped: string[]) => [...dropInto(group(target), dropped, rows, domains, folderOf)]

  it('take along all that is in them, hidden by a filter or not, of their connection', () => {
    expect([...moveFolder(work, 'Lab', domains, folderOf)]).toEqual([
      ['uuid-b', 'Lab'],
      ['uuid-c', 'Lab/Web'],
    ])
    expect([...moveFolder(work, '', domains, folderOf)]).toEqual([
      ['uuid-b', ''],
      ['uuid-c', 'Web'],
    ])
    expect([...moveFolder(work, 'Work/Old', domains, folderOf)]).toEqual([
      ['uuid-b', 'Work/Old'],
      ['uuid-c', 'Work/Old/Web'],
    ])
  })

  it('lie in the group they are dropped on, and never in themselves or in another connection', () => {
    expect(drop('folder/Workshop', 'folder/Work', 'uuid-a')).toEqual([
      ['uuid-a', 'Workshop'],
      ['uuid-b', 'Workshop/Work'],
      ['uuid-c', 'Workshop/Work/Web'],
    ])
    expect(drop('connection', 'folder/Work', 'uuid-b')).toEqual([
      ['uuid-b', 'Work'],
      ['uuid-c', 'Work/Web'],
    ])
    expect(drop('folder/Work', 'folder/Work')).toEqual([])
    expect(drop(`connection/${SECOND}`, 'folder/Work', 'uuid-a')).toEqual([])
  })

  it('stay the rows they were, with those inside, of their connection alone', () => {
    const moves = foldersInto(group('folder/Workshop'), ['folder/Work', 'uuid-a'], rows)
    expect(moves).toEqual([{ connection: local.connection, from: 'Work', to: 'Workshop/Work' }])
    expect(keyAfter(moves, 'folder/Work')).toBe('folder/Workshop/Work')
    expect(keyAfter(moves, 'folder/Work/Web')).toBe('folder/Workshop/Work/Web')
    for (const other of ['folder/Workshop', `folder@${SECOND}/Work`, 'connection', 'uuid-b'])
      expect(keyAfter(moves, other)).toBe(other)
    expect(foldersInto(group('folder/Work'), ['folder/Work'], rows)).toEqual([])
  })

  it('are chosen by the nearest row around them where they come to lie in one that is folded away', () => {
    const moves = [{ connection: local.connection, from: 'Work', to: 'Attic/Old/Work' }]
    const seen = (...keys: string[]) => rowAfter(moves, 'folder/Work', new Set(['connection', ...keys]))
    expect(seen('folder/Attic', 'folder/Attic/Old', 'folder/Attic/Old/Work')).toBe('folder/Attic/Old/Work')
    expect(seen('folder/Attic', 'folder/Attic/Old')).toBe('folder/Attic/Old')
    expect(seen('folder/Attic', 'folder/Lab')).toBe('folder/Attic')
    expect(seen()).toBe('connection')
    expect(rowAfter(moves, 'folder/Work/Web', new Set(['connection', 'folder/Attic']))).toBe('folder/Attic')
    expect(rowAfter(moves, 'folder/Lab', new Set(['connection', 'folder/Attic']))).toBe('folder/Lab')
    const other = [{ connection: SECOND, from: 'Work', to: 'Attic/Work' }]
    expect(rowAfter(other, `folder@${SECOND}/Work`, new Set(['connection', `folder@${SECOND}/Attic`]))).toBe(
      `folder@${SECOND}/Attic`,
    )
  })

  it('stay folded; where what was in them lies in no folder any more nothing else is folded', () => {
    const moves = [{ connection: local.connection, from: 'Work', to: '' }]
    expect(keyAfter(moves, 'folder/Work')).toBe('connection')
    expect(foldedAfter(moves, ['folder/Work', 'folder/Work/Web', 'folder/Lab'])).toEqual(['folder/Web', 'folder/Lab'])
    expect(foldedAfter(moves, ['connection'])).toEqual(['connection'])
  })
})

describe('the filter', () => {
  const of = (fields: Partial<Filtered['fields']>, numbers: Partial<Record<string, number>> = {}): Filtered => {
    const all = { name: '', state: '', tag: '', folder: '', ip: '', os: '', autostart: '', connection: '', ...fields }
    return { text: Object.values({ ...all, connection: '' }).join('\n'), fields: all, number: (field) => numbers[field] }
  }
  const web = of(
    {
      name: 'web-01',
      state: 'running',
      tag: 'front red',
      folder: 'work/web',
      ip: '10.0.2.15',
      os: 'debian 12',
      connection: 'second lab',
    },
    { cpu: 60, memory: 256 },
  )

  it.each([
    ['', true],
    ['web', true],
    ['WEB running', true],
    ['web paused', false],
    ['state:run', true],
    ['state:web', false],
    ['tag:red folder:work', true],
    ['ordner:work', true],
    ['connection:lab', true],
    ['verbindung:embedded', false],
    ['lab', false],
    ['-tag:red', false],
    ['-paused web', true],
    ['ip:10.0.2', true],
    ['debian', true],
    ['os:debian', true],
    ['betriebssystem:"debian 12"', true],
    ['os:fedora', false],
    ['cpu>50', true],
    ['cpu>60', false],
    ['memory<512 web', true],
    ['-cpu>50', false],
    ['uptime>1', false],
    ['"work/web"', true],
    ['"web-01 running', false],
    ['cpu>', false],
    [':', false],
    ['-', true],
    ['red"', true],
  ])('%j lets it through: %s', (typed, result) => {
    expect(passes(parseFilter(typed), web)).toBe(result)
  })

  it.each(['en', 'de'] as const)(
    'has an example for every column, in words of the language that it understands (%s)',
    (language) => {
      const t = makeTranslator(language)
      const examples = t('filter.examples').split(/\s+/)
      const terms = examples.flatMap((example) => parseFilter(example).terms)
      const fields = terms.flatMap((term) => (term.kind === 'word' ? [] : [term.field]))
      const columns = columnTable.map(({ id }) => (id === 'tags' ? 'tag' : id)).filter((id) => id !== 'name')
      expect(fields).toEqual(expect.arrayContaining(columns))
      // All but the last, which leaves a word out, look in a column.
      expect(fields).toHaveLength(examples.length - 1)
      const shown = of({ state: t('state.running').toLowerCase(), autostart: t('manager.yes').toLowerCase() })
      const found = examples.filter(
        (example) => /^(state|zustand|autostart):/.test(example) && passes(parseFilter(example), shown),
      )
      expect(found).toHaveLength(2)
      expect(passes(parseFilter(examples.at(-1) ?? ''), of({ state: t('state.paused').toLowerCase() }))).toBe(false)
    },
  )

  it('says when it must look again by itself', () => {
    expect(parseFilter('web cpu>5').live).toBe(true)
    expect(parseFilter('web state:off').live).toBe(false)
  })

  it('finds its way through a thousand domains', () => {
    const domains = Array.from({ length: 1000 }, (_, index) => of({ name: `web-${index}`, state: 'running', folder: 'a/b' }))
    const filter = parseFilter('web state:run -99')
    const left = domains.filter((each) => passes(filter, each))
    expect(left).toHaveLength(1000 - 19)
  })
})

describe('the selection', () => {
  const keys = ['a', 'b', 'c', 'd']
  it('follows clicks as desktops do', () => {
    const b = only('b')
    expect([...extend(b, 'd', keys).chosen]).toEqual(['b', 'c', 'd'])
    expect([...extend(extend(b, 'd', keys), 'a', keys).chosen]).toEqual(['a', 'b'])
    expect([...toggle(b, 'd').chosen]).toEqual(['b', 'd'])
    expect([...toggle(toggle(b, 'd'), 'd').chosen]).toEqual(['b'])
    expect(moveTo(b, 'c')).toMatchObject({ cursor: 'c', chosen: new Set(['b']) })
  })
  it('goes to the neighbour when its row is gone', () => {
    expect(keep(only('b'), ['a', 'c', 'd'], keys)).toMatchObject({ cursor: 'c', chosen: new Set(['c']) })
    expect(keep(only('d'), ['a', 'b'], keys).cursor).toBe('b')
    expect(keep(only('b'), keys, keys)).toEqual(only('b'))
    expect(keep(noSelection, keys, keys)).toBe(noSelection)
  })
  it('stays at a row that is called something else now', () => {
    const now = (key: string) => (key === 'b' ? 'z' : key)
    expect(keep(only('b'), ['a', 'c', 'd', 'z'], keys, now)).toEqual(only('z'))
    expect(keep(only('b'), keys, keys, now)).toEqual(only('b'))
    expect(keep(only('b'), ['a', 'c', 'd'], keys, now).cursor).toBe('c')
  })
})

describe('the columns', () => {
  it('are those of the table in the order and width the user left them, the name first', () => {
    const layout = {
      ...defaultListLayout,
      columns: [
        { id: 'tags', width: 90, shown: true },
        { id: 'gone', width: 90, shown: true },
        { id: 'name', width: 300, shown: false },
        { id: 'cpu', width: 5000, shown: false },
      ],
    }
    const columns = columnsOf(layout)
    expect(columns.map(({ id }) => id).slice(0, 3)).toEqual(['name', 'tags', 'cpu'])
    expect(columns.find(({ id }) => id === 'name')).toMatchObject({ width: 300, shown: true })
    expect(columns.find(({ id }) => id === 'cpu')).toMatchObject({ width: 600, shown: false })
    expect(columns).toHaveLength(12)
    expect(columnsOf({ ...layout, columns: layoutColumns(columns) })).toEqual(columns)
  })

  it('can be moved among those shown, never before the name', () => {
    const columns = columnsOf(defaultListLayout)
    const order = (all: typeof columns) => all.filter(({ shown }) => shown).map(({ id }) => id)
    expect(order(moveColumn(columns, 'cpu', 1))).toEqual(['name', 'state', 'memory', 'cpu', 'network', 'tags'])
    expect(order(moveColumn(columns, 'tags', -4))).toEqual(['name', 'tags', 'state', 'cpu', 'memory', 'network'])
    expect(moveColumn(columns, 'state', -1)).toBe(columns)
    expect(moveColumn(columns, 'tags', 1)).toBe(columns)
  })

  it('order by what they show, equal ones by name, domain 0 first in either direction', () => {
    const zero = () => 0
    const keys: SortKeys = {
      name: ({ name }) => name,
      state: ({ state }) => state,
      cpu: ({ name }) => (name === 'b10' ? 2 : 1),
      host: zero,
      memory: zero,
      disk: zero,
      network: zero,
      autostart: zero,
      tags: zero,
      uptime: zero,
      ip: zero,
      os: zero,
    }
    const all = [domain('b10'), host, domain('b9'), domain('a')]
    const sorted = (column: string, descending: boolean) =>
      [...all].sort(makeCompare(keys, { column, descending }, collator)).map(({ name }) => name)
    expect(sorted('name', false)).toEqual(['Domain-0', 'a', 'b9', 'b10'])
    expect(sorted('name', true)).toEqual(['Domain-0', 'b10', 'b9', 'a'])
    expect(sorted('cpu', true)).toEqual(['Domain-0', 'b10', 'a', 'b9'])
    expect(sorted('not a column', false)).toEqual(['Domain-0', 'a', 'b9', 'b10'])
  })
})

describe('the figures of the last minute', () => {
  const rates = (key: string, bytes: number) => ({ key, readBytes: bytes, writtenBytes: 1, readRequests: 0, writeRequests: 0 })
  const sample = (uuid: string, time: number, cpu: number) => {
    return { uuid, time, cpu, memoryKiB: 2, devices: [rates('vbd/51712', 10), rates('vif/0', 20), rates('vif/1', 30)] }
  }

  it('keep the newest minute of each domain, and sums of its disks and interfaces', () => {
    const live = new LiveFigures()
    for (let second = 1; second <= SLOTS + 5; second++) live.add([sample('a', second, second)])
    const ring = live.ring('a')
    if (ring === undefined) throw new Error('no ring')
    expect(valueAt(ring, 'cpu', 0)).toBe(SLOTS + 5)
    expect(valueAt(ring, 'cpu', SLOTS - 1)).toBe(6)
    expect(valueAt(ring, 'cpu', SLOTS)).toBeUndefined()
    expect([live.latest('a', 'disk'), live.latest('a', 'network'), live.latest('a', 'memory')]).toEqual([11, 52, 2048])
    expect(live.highest('cpu')).toBe(SLOTS + 5)
    live.add([sample('a', 3, 99)])
    expect(live.latest('a', 'cpu')).toBe(SLOTS + 5)
    live.add([sample('b', 1, 1)])
    expect(live.ring('a')).toBeUndefined()
  })

  it('of one connection leave those of another alone, until it is closed', () => {
    const live = new LiveFigures()
    live.add([sample('a', 1, 1)])
    live.add([sample('b', 1, 1)], SECOND)
    live.add([sample('a', 2, 2)])
    expect([live.latest('a', 'cpu'), live.latest('b', 'cpu')]).toEqual([2, 1])
    live.add([], SECOND)
    expect([live.latest('a', 'cpu'), live.latest('b', 'cpu')]).toEqual([2, undefined])
  })

  it('have what was measured before in front, once', () => {
    const live = new LiveFigures()
    live.add([sample('a', 10, 0.5)])
    live.prepend('a', [
      { at: 8, cpu: 0.1, memory: 1, vcpus: [], spanMs: 1000, devices: [] },
      { at: 9, cpu: 0.2, memory: 1, vcpus: [], spanMs: 1000, devices: [] },
      { at: 10, cpu: 0.9, memory: 1, vcpus: [], spanMs: 1000, devices: [] },
    ])
    const ring = live.ring('a')
    if (ring === undefined) throw new Error('no ring')
    expect([0, 1, 2, 3].map((back) => valueAt(ring, 'cpu', back))).toEqual([0.5, 0.2, 0.1, undefined])
    expect(timeAt(ring, 2)).toBe(8)
  })

  it.each([
    [1, 1],
    [3, 5],
    [999, 1000],
    [1001, 1024],
    [3 * 1024 * 1024, 5 * 1024 * 1024],
  ])('have scales people can read: %d → %d', (most, top) => expect(roundTop(most)).toBe(top))
})

describe('undo', () => {
  it('takes back the newest step, each once', async () => {
    const steps = new UndoSteps()
    const done: string[] = []
    steps.add('one', async () => void done.push('one'))
    steps.add('two', async () => void done.push('two'))
    await steps.undo()
    await steps.undo()
    await steps.undo()
    expect(done).toEqual(['two', 'one'])
  })

  it('takes back by the key only what is named in sight, and names it first when it is not', async () => {
    const steps = new UndoSteps()
    const done: string[] = []
    const [offered, dismiss] = [() => steps.offered.getState(), () => steps.withdraw(steps.offered.getState() ?? 0)]
    await steps.undoOffered()
    expect(offered()).toBeNull()
    for (const name of ['one', 'two', 'three']) steps.add(name, async () => void done.push(name))
    await steps.undoOffered()
    expect([done, offered()]).toEqual([['three'], 2])
    // The bar has gone; something that is no step was done or refused since.
    dismiss()
    await steps.undoOffered()
    expect([done, offered()]).toEqual([['three'], 2])
    steps.withdraw(1)
    await steps.undoOffered()
    await steps.undoOffered()
    expect([done, offered()]).toEqual([['three', 'two', 'one'], null])
  })

  it('goes back to a step of the list over all that were done after it, newest first', async () => {
    const steps = new UndoSteps()
    const done: string[] = []
    for (const name of ['one', 'two', 'three']) steps.add(name, async () => void done.push(name))
    const [, second] = steps.steps.getState()
    await steps.undoTo(second?.id ?? 0)
    expect(done).toEqual(['three', 'two'])
    expect(steps.steps.getState().map(({ label }) => label)).toEqual(['one'])
  })
})
