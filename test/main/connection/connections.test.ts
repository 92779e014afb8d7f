// Several connections: domains under keys of their own, calls that go where they belong, lists that are joined, one that fails and
// leaves the others alone, and the list that is kept. Runs in: vitest, plain Node.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { doctorParts } from '../../../src-main/connection/doctor-parts'
import { testUuid } from '../../../src-main/driver/test/test-population'
import { CONNECTIONS_MOST, domainKey, LOCAL_CONNECTION, ownUuid } from '../../../src-main/public/connection'
import { errorReport } from '../../../src-main/public/error-code'
import { DOMAIN0_UUID } from '../../../src-main/public/types'
import { Doctor } from '../../../src-main/toolstack/doctor/doctor'
import { type ConnectionsOptions, makeConnections, type TestConnections } from '../../support/connections'
import { randomFrom } from '../../support/random'

let made: TestConnections | undefined
afterEach(async () => {
  await made?.close()
  made = undefined
})
async function connections(options: ConnectionsOptions = {}): Promise<TestConnections> {
  made = await makeConnections(options)
  return made
}

const uuidOf = (random: (below: number) => number) => {
  const digits = Array.from({ length: 32 }, () => random(16).toString(16)).join('')
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
}

describe('the key of a domain', () => {
  it('leads back to its UUID, and is another in each connection', () => {
    const random = randomFrom(5)
    const there = Array.from({ length: 8 }, () => uuidOf(random))
    for (let turn = 0; turn < 500; turn++) {
      const uuid = uuidOf(random)
      const keys = there.map((connection) => domainKey(connection, uuid))
      for (const [at, key] of keys.entries()) {
        expect(key).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
        expect(domainKey(there[at] ?? '', key)).toBe(uuid)
      }
      expect(new Set([uuid, ...keys]).size).toBe(9)
    }
  })

  it('is the UUID in the first connection, and the connection’s identifier for its domain 0', () => {
    const random = randomFrom(6)
    const uuid = uuidOf(random)
    const connection = uuidOf(random)
    expect(domainKey(LOCAL_CONNECTION, uuid)).toBe(uuid)
    expect(domainKey(connection, DOMAIN0_UUID)).toBe(connection)
  })
})

describe('with one connection', () => {
  it('nothing is another than without: keys, folder, no field more', async () => {
    const { call, folder, defined, info } = await connections()
    const uuid = await defined('one', LOCAL_CONNECTION)
    expect(readFileSync(join(folder, 'definitions', `${uuid}.xml`), 'utf8')).toContain(uuid)
    const domains = await call('domainList', {})
    expect(domains.map((domain) => ['connection' in domain, domain.kind])).toEqual([
      [false, 'domain0'],
      [false, 'guest'],
    ])
    expect(info(LOCAL_CONNECTION)).toMatchObject({ state: 'connected', permanent: true, folder, name: null })
  })
})

describe('the same UUID in two connections', () => {
  const script = { domains: 3, running: 2 }

  it('is two domains, each with what is done to it', async () => {
    const { call, added, names } = await connections({ script })
    const second = await added('Second')
    const first = testUuid(0)
    const other = domainKey(second, first)
    const domains = await call('domainList', {})
    expect(domains.filter((domain) => ownUuid(domain) === first).map(({ uuid }) => uuid)).toEqual([first, other])
    await call('domainRename', { uuid: other, name: 'elsewhere' })
    expect(await names(LOCAL_CONNECTION)).toEqual(['web-01', 'db-01', 'mail-01'])
    expect(await names(second)).toEqual(['elsewhere', 'db-01', 'mail-01'])
    const { text } = await call('configText', { uuid: other, format: 'xml' })
    expect(text).toContain(`<uuid>${first}</uuid>`)
    expect((await call('domainInfo', { uuid: other })).connection).toBe(second)
  })

  it('tells events, figures and jobs under the key of the one they are of', async () => {
    const { call, added, events } = await connections({ script })
    const second = await added('Second')
    const running = testUuid(1)
    events.length = 0
    const { job } = await call('domainManagedSave', { uuid: domainKey(second, running) })
    await expect.poll(async () => (await call('jobList', {})).find((each) => each.job === job)?.state).toBe('done')
    const uuids = events.flatMap(({ payload }) => ('domain' in payload ? [Reflect.get(Object(payload.domain), 'uuid')] : []))
    expect(new Set(uuids)).toEqual(new Set([domainKey(second, running)]))
    expect((await call('jobList', {})).find((each) => each.job === job)?.uuid).toBe(domainKey(second, running))
    await expect
      .poll(() => events.filter(({ name }) => name === 'samples').map(({ payload }) => Reflect.get(payload, 'connection')))
      .toEqual(expect.arrayContaining([undefined, second]))
    expect((await call('domainInfo', { uuid: running })).state).toBe('running')
  })

  it('keeps folder and tags, log and trash of each', async () => {
    const { call, added } = await connections({ script })
    const second = await added('Second')
    const [mine, other] = [testUuid(0), domainKey(second, testUuid(0))]
    const set = (uuid: string, folder: string) => ({ uuid, metadata: { folder, tags: [] } })
    await call('metadataSet', { changes: [set(mine, 'Here'), set(other, 'There')] })
    expect(await call('metadataList', {})).toEqual([set(mine, 'Here'), set(other, 'There')])
    await call('domainUndefine', { uuid: other })
    const [entry] = await call('trashList', {})
    expect(entry?.uuid).toBe(other)
    expect(await call('trashRestore', { id: entry?.id ?? '' })).toEqual({ uuid: other })
    expect((await call('domainInfo', { uuid: mine })).name).toBe('web-01')
  })
})

describe('calls', () => {
  it('go to the connection they name, or to the first that is open', async () => {
    const { call, added, config, defined, names, refused } = await connections()
    const second = await added('Second')
    await defined('there', second)
    await call('domainDefine', { config: config('here'), images: [], start: false })
    expect(await names(LOCAL_CONNECTION)).toEqual(['here'])
    expect(await names(second)).toEqual(['there'])
    await call('connectionClose', { connection: LOCAL_CONNECTION })
    expect((await call('hostInfo', {})).diskFolder).toContain(join('connections', second.slice(0, 8)))
    expect(await refused('hostInfo', { connection: LOCAL_CONNECTION })).toBe('not-connected')
    expect(await refused('hostInfo', { connection: '11111111-2222-4333-8444-555555555555' })).toBe('no-connection')
    expect(await refused('aboutInfo', {})).toBe('not-allowed')
  })

  it('networks are those of a connection', async () => {
    const { call, added, events } = await connections()
    const connection = await added('Second')
    const [info] = await call('networkList', { connection })
    if (!info) throw new Error('no network')
    const { dhcp: _dhcp, ...others } = info.network
    const network = { ...others, name: 'lab', address: '10.0.9.1', kind: 'isolated' } as const
    await call('networkDefine', { connection, network, replaces: null })
    expect((await call('networkList', { connection })).map((each) => each.network.name)).toEqual(['default', 'lab'])
    expect((await call('networkList', {})).map((each) => each.network.name)).toEqual(['default'])
    expect(events.filter(({ name }) => name === 'networksChanged').at(-1)?.payload).toMatchObject({ connection })
  })

  it('give jobs numbers that are one’s own, and cancel the one that is meant', async () => {
    const { call, added, defined, refused } = await connections({ delayMs: 2000 })
    const second = await added('Second')
    const keys = [await defined('a', LOCAL_CONNECTION, true), await defined('b', second, true)]
    const jobs = await Promise.all(keys.map(async (uuid) => (await call('domainManagedSave', { uuid })).job))
    expect(new Set(jobs).size).toBe(2)
    await call('jobCancel', { job: jobs[1] ?? 0 })
    await expect.poll(async () => (await call('jobList', {})).map(({ state }) => state)).toEqual(['running', 'cancelled'])
    expect(await refused('jobCancel', { job: 9999 })).toBe('no-job')
  })
})

describe('a connection that fails', () => {
  it('because its driver throws or refuses leaves the others, says why, and is connected when it is tried again', async () => {
    let trouble: 'throws' | 'refuses' | 'none' = 'throws'
    const { added, call, refused, defined, names, info } = await connections({
      made: (driver, folder) => {
        if (!folder.includes('/connections/')) return
        if (trouble === 'throws') throw new Error('the hypervisor is not installed')
        if (trouble === 'refuses') driver.failNext('open', errorReport('internal', { detail: 'not today' }))
      },
    })
    const failing = async (): Promise<string> => {
      await expect(added('Second')).rejects.toThrow('connection-failed')
      return (await call('connectionList', {})).at(-1)?.connection ?? ''
    }
    const second = await failing()
    expect(info(second)).toMatchObject({
      state: 'failed',
      error: { reason: 'connection-failed', values: { name: 'Second', detail: 'the hypervisor is not installed' } },
    })
    expect(await refused('hostInfo', { connection: second })).toBe('not-connected')
    await defined('here', LOCAL_CONNECTION, true)
    expect(await names(LOCAL_CONNECTION)).toEqual(['here'])
    trouble = 'refuses'
    expect(await refused('connectionOpen', { connection: second })).toBe('internal')
    expect(info(second)).toMatchObject({ state: 'failed', error: { values: { detail: 'not today' } } })
    trouble = 'none'
    await call('connectionOpen', { connection: second })
    expect(info(second)).toMatchObject({ state: 'connected', error: null })
    expect(await defined('there', second)).toBeTruthy()
  })

  it('because its folder cannot be used is one sentence', async () => {
    const { call, folder, refused, info } = await connections()
    const order = { connection: null, name: 'Second', driver: 'test', autoconnect: false } as const
    const { connection } = await call('connectionDefine', order)
    const path = join(folder, 'connections', connection.slice(0, 8))
    mkdirSync(join(folder, 'connections'))
    writeFileSync(path, 'a file')
    expect(await refused('connectionOpen', { connection })).toBe('connection-failed')
    expect(info(connection).error?.values['detail']).toMatch(/exist|not a directory/)
    rmSync(path)
    await call('connectionOpen', { connection })
    expect(info(connection).state).toBe('connected')
  })
})

describe('a machine that another window has deleted', () => {
  it('is said by its name, in whichever connection it was, as long as it is in the trash', async () => {
    const { call, added, defined, refused } = await connections()
    const second = await added('Second')
    const metadata = { folder: '', tags: ['x'] }
    for (const connection of [LOCAL_CONNECTION, second]) {
      const uuid = await defined('guest', connection)
      const other = await defined('other', connection)
      await call('domainUndefine', { uuid })
      for (const ask of [
        () => refused('domainCreate', { uuid, fresh: false }),
        () => refused('domainRename', { uuid, name: 'b', from: 'guest' }),
        () => refused('metadataSet', { changes: [{ uuid, metadata }] }),
      ]) {
        expect(await ask()).toBe('domain-deleted')
      }
      // One of many that is gone keeps nobody from the rest.
      await call('metadataSet', {
        changes: [
          { uuid, metadata },
          { uuid: other, metadata },
        ],
      })
      await call('trashEmpty', { ids: (await call('trashList', {})).map(({ id }) => id) })
      expect(await refused('domainCreate', { uuid, fresh: false })).toBe('no-domain')
    }
  })
})

describe('closing', () => {
  it('asks what becomes of guests that run, does it, and tells nothing afterwards', async () => {
    const { call, added, defined, refused, names, events, info } = await connections()
    const second = await added('Second')
    const uuid = await defined('guest', second, true)
    expect(await refused('connectionClose', { connection: second })).toBe('connection-in-use')
    await call('connectionClose', { connection: second, guests: 'save' })
    expect(info(second).state).toBe('disconnected')
    expect(await names(second)).toEqual([])
    const emptied = events.findIndex(({ name }) => name === 'connectionEmptied')
    expect(events[emptied]?.payload).toEqual({ connection: second })
    expect(events.slice(emptied).filter(({ name }) => name === 'domainChanged')).toEqual([])
    expect(await refused('domainCreate', { uuid, fresh: false })).toBe('no-domain')
    await call('connectionOpen', { connection: second })
    expect((await call('domainInfo', { uuid })).state).toBe('saved')
    await call('domainCreate', { uuid, fresh: false })
    await call('connectionClose', { connection: second, guests: 'destroy' })
    await call('connectionOpen', { connection: second })
    expect((await call('domainInfo', { uuid })).state).toBe('shutoff')
  })

  it('asks what becomes of jobs at work before it touches a guest, and cancels them or waits', async () => {
    const { call, added, defined, refused, info, connections: all } = await connections({ delayMs: 400 })
    const connection = await added('Second')
    const uuid = await defined('guest', connection, true)
    const work = () =>
      call('volumeCreate', { connection, pool: 'default', name: 'a.raw', format: 'raw', sizeMiB: 1, backing: null })
    const jobs = () => all.opened().flatMap(({ toolstack }) => toolstack.jobs.list())
    const copy = async (to: string) =>
      (await call('volumeClone', { connection, pool: 'default', name: 'a.raw', to, format: 'raw' })).job
    await work()
    await expect.poll(() => jobs().every(({ state }) => state === 'done')).toBe(true)

    await copy('b.raw')
    expect(await refused('connectionClose', { connection, guests: 'destroy' })).toBe('connection-busy')
    expect(info(connection).state).toBe('connected')
    expect((await call('domainInfo', { uuid })).state).toBe('running')
    expect(await refused('connectionClose', { connection, jobs: 'cancel' })).toBe('connection-in-use')
    const { folder } = info(connection)
    await call('connectionClose', { connection, guests: 'destroy', jobs: 'cancel' })
    expect(info(connection).state).toBe('disconnected')
    expect(readdirSync(join(folder, 'disks'))).toEqual(['a.raw'])

    await call('connectionOpen', { connection })
    await copy('c.raw')
    // Two windows ask: it is closed once.
    const closing = [1, 2].map(() => call('connectionClose', { connection, jobs: 'wait' }))
    expect(info(connection).state).toBe('connected')
    await Promise.all(closing)
    expect(info(connection).state).toBe('disconnected')
    expect(readdirSync(join(folder, 'disks')).sort()).toEqual(['a.raw', 'c.raw'])
  })

  it('calls off an opening that does not end: nothing is begun, nothing is told, and it can be opened again', async () => {
    let slow = true
    const { call, added, config, defined, refused, names, events, info } = await connections({
      made: (driver, folder) => {
        if (folder.includes('connections/') && slow) driver.openSlowly(3_600_000)
      },
    })
    slow = false
    const second = await added('Second')
    const uuid = await defined('guest', second)
    await call('domainRedefine', { uuid, config: { ...config('guest'), autostart: true } })
    slow = true
    for (const turn of ['slow', 'slow again']) {
      await call('connectionClose', { connection: second })
      const opening = refused('connectionOpen', { connection: second })
      await expect.poll(() => names(second)).toEqual(['guest'])
      expect(info(second).state, turn).toBe('connecting')
      await call('connectionClose', { connection: second })
      expect(await opening).toBe('cancelled')
      expect(info(second)).toMatchObject({ state: 'disconnected', error: null })
      expect(await names(second)).toEqual([])
      if (turn === 'slow') {
        slow = false
        await call('connectionOpen', { connection: second })
        await expect.poll(async () => (await call('domainInfo', { uuid })).state).toBe('running')
        await call('domainDestroy', { uuid })
        slow = true
      }
    }
    expect(await call('noticeList', {})).toEqual([])
    const states = events.flatMap(({ name, payload }) =>
      name === 'connectionsChanged' ? [Reflect.get(payload, 'connections')] : [],
    )
    expect(states.flat().map(({ state }) => state)).not.toContain('failed')
  })

  it('calls off one whose definitions are still being read, and one whose driver answers in spite of it', async () => {
    let answer = (): void => {}
    let late = false
    const { call, added, refused, info, names, events } = await connections({
      made: (driver, folder) => {
        if (!folder.includes('connections/') || !late) return
        driver.open = () => new Promise((resolve) => (answer = () => resolve({ ok: true, value: null })))
      },
    })
    const second = await added('Second')
    await call('connectionClose', { connection: second })
    // At once: nothing has been read yet.
    const first = refused('connectionOpen', { connection: second })
    await call('connectionClose', { connection: second })
    expect(await first).toBe('cancelled')
    expect(info(second).state).toBe('disconnected')

    late = true
    const before = events.length
    const opening = refused('connectionOpen', { connection: second })
    await expect.poll(() => names(second)).toEqual([])
    await expect.poll(() => events.slice(before).map(({ name }) => name)).toContain('domainChanged')
    await call('connectionClose', { connection: second })
    late = false
    const told = events.length
    await call('connectionOpen', { connection: second })
    answer()
    expect(await opening).toBe('cancelled')
    expect(info(second).state).toBe('connected')
    const changes = events.slice(told).flatMap(({ payload }) => Reflect.get(payload, 'connections') ?? [])
    expect(changes.filter(({ connection }) => connection === second).map(({ state }) => state)).toEqual([
      'connecting',
      'connected',
    ])
  })

  it('can be done to the first too; its domains are there again when it is opened', async () => {
    const { call, defined, names, refused } = await connections()
    await defined('guest', LOCAL_CONNECTION)
    await call('connectionClose', { connection: LOCAL_CONNECTION })
    expect(await names(LOCAL_CONNECTION)).toEqual([])
    expect(await refused('connectionClose', { connection: LOCAL_CONNECTION })).toBe('not-connected')
    await call('connectionOpen', { connection: LOCAL_CONNECTION })
    expect(await refused('connectionOpen', { connection: LOCAL_CONNECTION })).toBe('connection-state')
    expect(await names(LOCAL_CONNECTION)).toEqual(['guest'])
  })
})

describe('the doctor', () => {
  it('looks at each machine’s images by the driver of its own connection, and mends it there', async () => {
    const asked: string[] = []
    const {
      call,
      added,
      config,
      connections: all,
      folder,
    } = await connections({
      made: ({ images }, own) => {
        const inspect = images.inspect.bind(images)
        images.inspect = async (path, ...rest) => {
          asked.push(`${own.includes('/connections/') ? 'second' : 'first'} ${basename(path)}`)
          return inspect(path, ...rest)
        }
      },
    })
    const second = await added('Second')
    for (const [connection, name] of [
      [LOCAL_CONNECTION, 'here'],
      [second, 'there'],
    ] as const) {
      const path = join(folder, `${name}.raw`)
      writeFileSync(path, Buffer.alloc(1 << 20), { mode: 0o600 })
      const disk = { kind: 'vbd', dev: 'xvda', path, format: 'raw', readonly: true, removable: false } as const
      const drive = {
        kind: 'vbd',
        dev: 'xvdb',
        path: join(folder, `${name}.gone`),
        format: 'raw',
        readonly: true,
        removable: true,
      } as const
      await call('domainDefine', { connection, config: { ...config(name), devices: [disk, drive] }, images: [], start: false })
    }
    const doctor = new Doctor(doctorParts(all, folder, () => null))
    asked.length = 0
    const missing = (await doctor.look()).findings.filter(({ kind }) => kind === 'medium-missing')
    expect(asked.sort()).toEqual(['first here.raw', 'second there.raw'])
    const there = missing.find(({ values }) => values['name'] === 'there')
    if (!there) throw new Error('the second connection’s machine has no finding')
    expect((await doctor.mend(there)).ok).toBe(true)
    const left = (await doctor.look()).findings.filter(({ kind }) => kind === 'medium-missing')
    expect(left.map(({ values }) => values['name'])).toEqual(['here'])
    // One that is closed hides nothing of the other.
    await call('connectionClose', { connection: LOCAL_CONNECTION })
    asked.length = 0
    await doctor.look()
    expect(asked).toEqual(['second there.raw'])
  })
})

describe('the list', () => {
  it('is kept over a restart, with what is opened at once', async () => {
    const first = await connections()
    const second = await first.added('Second')
    await first.defined('there', second)
    const { connection: third } = await first.call('connectionDefine', {
      connection: null,
      name: 'Third',
      driver: 'test',
      autoconnect: false,
    })
    await first.close(true)
    const again = await connections({ folder: first.folder })
    expect(again.connections.list().map(({ name, state }) => [name, state])).toEqual([
      [null, 'connected'],
      ['Second', 'connected'],
      ['Third', 'disconnected'],
    ])
    expect(await again.names(second)).toEqual(['there'])
    expect(await again.refused('hostInfo', { connection: third })).toBe('not-connected')
  })

  it('a closed one is removed, and has its domains again under its identifier', async () => {
    const { call, added, defined, names, refused } = await connections()
    const connection = await added('Second')
    await defined('there', connection)
    expect(await refused('connectionRemove', { connection })).toBe('connection-state')
    await call('connectionClose', { connection })
    await call('connectionRemove', { connection })
    expect(await call('connectionList', {})).toHaveLength(1)
    expect(await refused('connectionOpen', { connection })).toBe('no-connection')
    await call('connectionDefine', { connection, name: 'Second', driver: 'test', autoconnect: true })
    await call('connectionOpen', { connection })
    expect(await names(connection)).toEqual(['there'])
  })

  it('knows those that were removed, and one is taken up again from its folder after a restart', async () => {
    const first = await connections()
    expect(await first.call('connectionFormer', {})).toEqual([])
    const connection = await first.added('Second')
    await first.defined('there', connection)
    const never = { connection: null, name: 'Never opened', driver: 'test', autoconnect: false } as const
    const { connection: empty } = await first.call('connectionDefine', never)
    await first.call('connectionRemove', { connection: empty })
    await first.call('connectionClose', { connection })
    await first.call('connectionRemove', { connection })
    await first.close(true)
    // One of an older version, which left no word; one whose word is another's; and what is no connection's folder.
    const parent = join(first.folder, 'connections')
    for (const name of ['0badcafe', '12345678', 'notes']) mkdirSync(join(parent, name))
    writeFileSync(
      join(parent, '12345678', 'connection.json'),
      readFileSync(join(parent, connection.slice(0, 8), 'connection.json')),
    )

    const again = await connections({ folder: first.folder })
    const former = await again.call('connectionFormer', {})
    expect(former.find(({ name }) => name !== null)).toEqual({
      connection,
      name: 'Second',
      driver: 'test',
      autoconnect: true,
      folder: join(parent, connection.slice(0, 8)),
      domains: 1,
    })
    const others = former.filter(({ name }) => name === null)
    expect(others.map(({ folder, domains }) => [folder, domains])).toEqual([
      [join(parent, '0badcafe'), 0],
      [join(parent, '12345678'), 0],
    ])
    await again.call('connectionDefine', { connection, name: 'Back', driver: 'test', autoconnect: true })
    await again.call('connectionOpen', { connection })
    expect(await again.names(connection)).toEqual(['there'])
    const old = others[0]?.connection ?? ''
    await again.call('connectionDefine', { connection: old, name: 'Old', driver: 'test', autoconnect: true })
    expect(again.info(old).folder).toBe(join(parent, '0badcafe'))
    expect(await again.call('connectionFormer', {})).toHaveLength(1)
  })

  it('refuses what would make it unclear', async () => {
    const { call, added, refused } = await connections()
    const connection = await added('Second')
    const order = { connection: null, name: 'second', driver: 'test', autoconnect: true } as const
    expect(await refused('connectionDefine', order)).toBe('connection-name-exists')
    expect(await refused('connectionDefine', { ...order, name: null })).toBe('name-empty')
    for (const name of ['', ' x', '../../etc', 'a\u0000b', 'x'.repeat(257), 'a\nb', '\u202ename']) {
      expect(await refused('connectionDefine', { ...order, name })).toBe('bad-arguments')
    }
    for (const driver of ['qemu', 'libvirt', 'none']) {
      expect(await refused('connectionDefine', { ...order, name: 'Third', driver })).toBe('bad-arguments')
    }
    expect(await refused('connectionDefine', { ...order, connection, name: 'Second', driver: 'embedded' })).toBe(
      'connection-driver',
    )
    expect(await refused('connectionRemove', { connection: LOCAL_CONNECTION })).toBe('connection-permanent')
    await call('connectionDefine', { ...order, connection, name: 'SECOND' })
    for (let at = 2; at < CONNECTIONS_MOST; at++) await call('connectionDefine', { ...order, name: `No ${at}` })
    expect(await refused('connectionDefine', { ...order, name: 'one more' })).toBe('too-many-connections')
  })

  it('stays what it was when it cannot be written', async () => {
    const { call, folder, refused } = await connections()
    mkdirSync(join(folder, 'connections.json'))
    const order = { connection: null, name: 'Second', driver: 'test', autoconnect: true } as const
    expect(await refused('connectionDefine', order)).toBe('file-unwritable')
    expect(await call('connectionList', {})).toHaveLength(1)
  })
})
