// Watches: when they fire, at which path, in which form, and for whom.
import { describe, expect, it } from 'vitest'
import { XS_EVENT_WINDOW } from '../../../src-engine/public/protocol/link'
import { Connection, type WatchEvent } from '../../../src-engine/xenstore/connection'
import { QUOTA } from '../../../src-engine/xenstore/quota'
import { distinct } from '../../../src-engine/xenstore/watch'
import { randomFrom } from '../../support/random'
import { domainTree, handleOf, StoreScript } from '../../support/xenstore-script'

function script(): StoreScript {
  return new StoreScript()
}

describe('a watch', () => {
  it('fires once on registration, with the path in the form registered', () => {
    const s = script()
    expect(s.ask(1, 'WATCH', 'control/shutdown|tok|')).toBe('OK|')
    expect(s.events(1)).toEqual(['control/shutdown tok'])
    s.ask(1, 'WATCH', '/local/domain/1/control|abs|')
    s.ask(1, 'WATCH', 'no/such/node|t|')
    expect(s.events(1)).toEqual(['/local/domain/1/control abs', 'no/such/node t'])
  })

  it('fires for the node and all below it, relative ones with relative paths', () => {
    const s = script()
    s.ask(1, 'WATCH', 'data|r|')
    s.ask(1, 'WATCH', '/local/domain/1/data|a|')
    s.events(1)
    s.ask(1, 'WRITE', 'data/x/y|1')
    expect(s.events(1)).toEqual(['data/x/y r', '/local/domain/1/data/x/y a'])
    s.ask(1, 'WRITE', 'data|1')
    expect(s.events(1)).toEqual(['data r', '/local/domain/1/data a'])
    s.ask(1, 'WRITE', 'feature/z|1')
    expect(s.events(1)).toEqual([])
  })

  it('fires on write, mkdir, rm and change of permissions, not on what changed nothing', () => {
    const s = script()
    s.ask(1, 'WATCH', 'data|t|')
    s.events(1)
    const rows: [string, string, string[]][] = [
      ['WRITE', 'data/a|1', ['data/a t']],
      ['WRITE', 'data/a|1', ['data/a t']],
      ['MKDIR', 'data/d|', ['data/d t']],
      ['MKDIR', 'data/d|', []],
      ['SET_PERMS', 'data/d|n1|r2|', ['data/d t']],
      ['RM', 'data/d|', ['data/d t']],
      ['RM', 'data/d|', []],
      ['READ', 'data/a|', []],
    ]
    for (const [name, payload, events] of rows) {
      expect(s.ask(1, name, payload)).toMatch(/^(OK\||1)$/)
      expect([name, ...s.events(1)]).toEqual([name, ...events])
    }
  })

  it('on a node whose ancestor is removed fires at that node', () => {
    const s = script()
    s.ask(1, 'WRITE', 'data/a/b/c|1')
    s.ask(1, 'WATCH', 'data/a/b|t|')
    s.ask(1, 'WATCH', 'data/a/none|never|')
    s.events(1)
    s.ask(1, 'RM', 'data/a|')
    expect(s.events(1)).toEqual(['data/a/b t'])
  })

  it('fires at commit for changes in a transaction, each path once', () => {
    const s = script()
    s.ask(1, 'WATCH', 'data|t|')
    s.events(1)
    const id = s.ask(1, 'TRANSACTION_START', '|').slice(0, -1)
    s.ask(1, `WRITE@${id}`, 'data/a|1')
    s.ask(1, `WRITE@${id}`, 'data/b|1')
    s.ask(1, `WRITE@${id}`, 'data/a|2')
    s.ask(1, `MKDIR@${id}`, 'data/gone|')
    s.ask(1, `RM@${id}`, 'data/gone|')
    expect(s.events(1)).toEqual([])
    expect(s.ask(1, `TRANSACTION_END@${id}`, 'T|')).toBe('OK|')
    expect(s.events(1)).toEqual(['data/a t', 'data/b t'])
  })

  it('is told only of nodes its domain may read', () => {
    const s = script()
    s.ask(2, 'WATCH', '/local/domain/1/data|t|')
    s.ask(2, 'WATCH', '/|root|')
    s.events(2)
    s.ask(1, 'WRITE', 'data/secret|1')
    expect(s.events(2)).toEqual([])
    s.ask(1, 'SET_PERMS', 'data/secret|n1|r2|')
    expect(s.events(2)).toEqual(['/local/domain/1/data/secret t', '/local/domain/1/data/secret root'])
  })

  it('is registered once with a token, and forgotten by UNWATCH and RESET_WATCHES', () => {
    const s = script()
    expect(s.ask(1, 'WATCH', 'data|t|')).toBe('OK|')
    expect(s.ask(1, 'WATCH', 'data|t|')).toBe('EEXIST|')
    expect(s.ask(1, 'WATCH', '/local/domain/1/data|t|')).toBe('EEXIST|')
    expect(s.ask(1, 'WATCH', 'data|u|')).toBe('OK|')
    expect(s.ask(1, 'UNWATCH', 'data|x|')).toBe('ENOENT|')
    expect(s.ask(1, 'UNWATCH', 'data|t|')).toBe('OK|')
    expect(s.ask(1, 'WATCH', 'data|')).toBe('EINVAL|')
    expect(s.ask(1, 'WATCH', 'da//ta|t|')).toBe('EINVAL|')
    s.events(1)
    s.ask(1, 'WRITE', 'data/a|1')
    expect(s.events(1)).toEqual(['data/a u'])
    const id = s.ask(1, 'TRANSACTION_START', '|').slice(0, -1)
    expect(s.ask(1, 'RESET_WATCHES', '|')).toBe('OK|')
    expect(s.ask(1, `TRANSACTION_END@${id}`, 'T|')).toBe('ENOENT|')
    s.ask(1, 'WRITE', 'data/a|1')
    expect(s.events(1)).toEqual([])
  })

  it('on @introduceDomain and @releaseDomain is told by name, to those who may know', () => {
    const s = script()
    const told: string[] = []
    s.daemon.store.dom0.onEvent = ({ path, token }) => told.push(`${path} ${token}`)
    s.ask(0, 'WATCH', '@introduceDomain|i|')
    s.ask(0, 'WATCH', '@releaseDomain|r|')
    s.ask(1, 'WATCH', '@releaseDomain|guest|')
    expect(told).toEqual(['@introduceDomain i', '@releaseDomain r'])
    s.events(1)
    s.daemon.introduce(domainTree(3), 3, false)
    s.daemon.release(handleOf(3))
    expect(told.slice(2)).toEqual(['@introduceDomain i', '@releaseDomain r'])
    expect(s.events(1)).toEqual([])
    s.ask(0, 'SET_PERMS', '@releaseDomain|n0|r1|')
    s.daemon.release(handleOf(2))
    expect(s.events(1)).toEqual(['@releaseDomain guest'])
  })

  it('that is not served keeps one of equal events beyond the window, and never more than the quota', () => {
    const s = script()
    s.ask(1, 'WATCH', 'data|t|')
    for (let i = 0; i < 5000; i++) s.ask(1, 'WRITE', 'data/same|1')
    expect(s.connection(1).events.length).toBe(XS_EVENT_WINDOW + 1)
    const numbers = s.connection(1).events.map((event) => event.number)
    expect(numbers).toEqual(numbers.map((_, i) => i + 1))
  })
})

describe('events that a guest does not take', () => {
  const identity = { handle: handleOf(1), domid: 1, guestDomid: 1, guestHandle: handleOf(1) }

  it('are kept as by looking at each of them, whatever is added and acknowledged in between', () => {
    const random = randomFrom(31)
    const connection = new Connection(identity)
    let model: WatchEvent[] = []
    let last = 0
    for (let step = 0; step < 4000; step++) {
      if (random(8) === 0 && model.length > 0) {
        const until = model[random(Math.min(model.length, 3 * XS_EVENT_WINDOW))]?.number ?? last
        connection.acknowledge(0, until)
        model = model.filter(({ number }) => number > until)
      } else {
        const [path, token] = [`p${random(40)}`, `t${random(10)}`]
        connection.addEvent(path, token)
        const waits = model.slice(XS_EVENT_WINDOW).some((one) => one.path === path && one.token === token)
        if (!waits) model.push({ number: ++last, path, token })
      }
      if (step === 2000) connection.replaceEvents(model.map((event) => ({ ...event })))
      expect(connection.events.length).toBe(model.length)
      if (step % 50 === 0) expect(connection.events).toEqual(model)
    }
    expect(connection.events).toEqual(model)
    expect(last).toBeGreaterThan(1000)
  })

  it('cost nothing when one more comes: a guest with thousands of them and many watches held domain 0', () => {
    const connection = new Connection(identity)
    for (let i = 0; i < QUOTA.pendingEvents; i++) connection.addEvent(`data/n${i}`, 't')
    let looks = 0
    connection.events = new Proxy(connection.events, {
      get(target, key, receiver) {
        looks++
        return Reflect.get(target, key, receiver)
      },
    })
    for (let i = 0; i < 100; i++) connection.addEvent(`data/n${i}`, 'other')
    expect(connection.dropped).toBe(100)
    expect(looks).toBeLessThan(1000)
  })

  it('are asked for once for each node, however often a transaction wrote it', () => {
    const changes = Array.from(
      { length: 4000 },
      (_, i) => ({ kind: 'write', path: `/a/n${i % 7}`, value: String(i), creator: 0 }) as const,
    )
    const removed = { kind: 'rm', path: '/a/n3' } as const
    expect(distinct([...changes, removed, removed])).toEqual([...changes.slice(0, 7), removed])
  })
})
