// XenStore by rows of who, request, expected reply. `|` is a NUL; an error is its name; `@n` a transaction.
import { describe, expect, it } from 'vitest'
import { XS_MESSAGE_ROWS } from '../../../src-engine/public/xen/io/xs-wire'
import { QUOTA } from '../../../src-engine/xenstore/quota'
import { handleOf, request, StoreScript, shownReply } from '../../support/xenstore-script'

type Row = readonly [who: number, request: string, payload: string, expected: string]
const exercised = new Set<string>()

function play(script: StoreScript, rows: readonly Row[]): void {
  for (const [who, name, payload, expected] of rows) {
    const reply = script.ask(who, name, payload)
    expect(`${who} ${name} ${payload} → ${reply}`).toBe(`${who} ${name} ${payload} → ${expected}`)
  }
  for (const name of script.exercised) exercised.add(name)
}

const HOME = '/local/domain/1'
const long = (n: number) => 'x'.repeat(n)

const SCRIPTS: Record<string, readonly Row[]> = {
  'a domU reads and writes its own nodes, by absolute and relative path': [
    [1, 'READ', `${HOME}/name|`, 'guest1'],
    [1, 'READ', 'name|', 'guest1'],
    [1, 'WRITE', 'data/a|hello', 'OK|'],
    [1, 'READ', 'data/a|', 'hello'],
    [0, 'READ', `${HOME}/data/a|`, 'hello'],
    [1, 'WRITE', 'data/a|', 'OK|'],
    [1, 'READ', 'data/a|', ''],
    [1, 'WRITE', 'data/bin|\u0001\u00ff', 'OK|'],
    [1, 'READ', 'data/bin|', '\u0001\u00ff'],
    [1, 'WRITE', 'data/deep/er/still|1', 'OK|'],
    [1, 'DIRECTORY', 'data|', 'a|bin|deep|'],
    [1, 'DIRECTORY', 'data/deep|', 'er|'],
    [1, 'DIRECTORY', 'data/deep/er/still|', ''],
  ],
  'values carry no NUL and paths need one': [
    [1, 'READ', 'name', 'EINVAL|'],
    [1, 'READ', '', 'EINVAL|'],
    [1, 'READ', 'name|more|', 'EINVAL|'],
    [1, 'WRITE', 'data/x', 'EINVAL|'],
    [1, 'WRITE', 'data/x|with|nul', 'OK|'],
    [1, 'READ', 'data/x|', 'with|nul'],
    [1, 'MKDIR', 'data/y', 'EINVAL|'],
    [1, 'DIRECTORY', 'data', 'EINVAL|'],
  ],
  'paths that are not valid get EINVAL': [
    [1, 'READ', '|', 'EINVAL|'],
    [1, 'READ', 'data/|', 'EINVAL|'],
    [1, 'READ', '/local//domain|', 'EINVAL|'],
    [1, 'READ', 'da ta|', 'EINVAL|'],
    [1, 'READ', 'da.ta|', 'EINVAL|'],
    [1, 'READ', 'd\u00e4ta|', 'EINVAL|'],
    [1, 'READ', `/${long(3072)}|`, 'EINVAL|'],
    [1, 'READ', `${long(2049)}|`, 'EINVAL|'],
    [1, 'WRITE', '@nonsense|x', 'EINVAL|'],
    [0, 'WRITE', '/@nonsense|x', 'EINVAL|'],
    [0, 'READ', `/${long(3071)}|`, 'ENOENT|'],
    [0, 'RM', '/|', 'EINVAL|'],
  ],
  'a domU reading or writing a node of another domain gets EACCES, and learns nothing of what is there': [
    [2, 'READ', `${HOME}/name|`, 'EACCES|'],
    [2, 'READ', `${HOME}/nothing|`, 'EACCES|'],
    [2, 'WRITE', `${HOME}/data/a|x`, 'EACCES|'],
    [2, 'MKDIR', `${HOME}/data/a|`, 'EACCES|'],
    [2, 'RM', `${HOME}/data|`, 'EACCES|'],
    [2, 'DIRECTORY', HOME.concat('|'), 'EACCES|'],
    [2, 'GET_PERMS', `${HOME}/data|`, 'EACCES|'],
    [2, 'SET_PERMS', `${HOME}/data|b2|`, 'EACCES|'],
    [2, 'DIRECTORY', '/|', 'EACCES|'],
    [2, 'READ', '/nowhere|', 'EACCES|'],
    [2, 'READ', 'nowhere|', 'ENOENT|'],
    [2, 'WRITE', '/new|x', 'EACCES|'],
  ],
  'a domU may read but not write what the toolstack made read-only': [
    [1, 'WRITE', 'name|mine', 'EACCES|'],
    [1, 'WRITE', 'memory/target|1', 'EACCES|'],
    [1, 'WRITE', 'new|x', 'EACCES|'],
    [1, 'RM', 'control|', 'EACCES|'],
    [1, 'WRITE', 'control/shutdown|', 'OK|'],
    [1, 'WRITE', 'control/feature-poweroff|1', 'OK|'],
    [1, 'WRITE', 'device/suspend/event-channel|7', 'OK|'],
    [1, 'MKDIR', 'name|', 'EACCES|'],
  ],
  'permissions are inherited with the creator as owner, and the owner may change them': [
    [1, 'GET_PERMS', 'data|', 'n1|'],
    [1, 'GET_PERMS', 'name|', 'n0|r1|'],
    [1, 'WRITE', 'data/p/q|1', 'OK|'],
    [1, 'GET_PERMS', 'data/p|', 'n1|'],
    [1, 'SET_PERMS', 'data/p|n1|r2|', 'OK|'],
    [1, 'GET_PERMS', 'data/p|', 'n1|r2|'],
    [2, 'DIRECTORY', `${HOME}/data/p|`, 'q|'],
    [2, 'READ', `${HOME}/data/p/q|`, 'EACCES|'],
    [2, 'READ', `${HOME}/data/p/none|`, 'ENOENT|'],
    [2, 'WRITE', `${HOME}/data/p|x`, 'EACCES|'],
    [1, 'SET_PERMS', 'data/p|n1|w2|', 'OK|'],
    [2, 'WRITE', `${HOME}/data/p|x`, 'OK|'],
    [2, 'READ', `${HOME}/data/p|`, 'EACCES|'],
    [2, 'WRITE', `${HOME}/data/p/of2|x`, 'OK|'],
    [0, 'GET_PERMS', `${HOME}/data/p/of2|`, 'n2|w2|'],
    [1, 'SET_PERMS', 'data/p|b1|n2|', 'OK|'],
    [2, 'READ', `${HOME}/data/p|`, 'EACCES|'],
    [1, 'SET_PERMS', 'data/p|b1|', 'OK|'],
    [2, 'READ', `${HOME}/data/p|`, 'x'],
    [1, 'SET_PERMS', 'data/p|n2|', 'EPERM|'],
    [1, 'SET_PERMS', 'data/p|q1|', 'EINVAL|'],
    [1, 'SET_PERMS', 'data/p|n|', 'EINVAL|'],
    [1, 'SET_PERMS', 'data/p|n99999|', 'EINVAL|'],
    [1, 'SET_PERMS', 'data/p|', 'EINVAL|'],
    [1, 'SET_PERMS', 'data/none|n1|', 'ENOENT|'],
    [1, 'SET_PERMS', 'data/p|n1|r2|r3|r4|r5|r6|', 'ENOSPC|'],
    [0, 'SET_PERMS', `${HOME}/data/p|n2|`, 'OK|'],
    [1, 'READ', 'data/p|', 'EACCES|'],
  ],
  'making and removing': [
    [1, 'MKDIR', 'data/d|', 'OK|'],
    [1, 'MKDIR', 'data/d|', 'OK|'],
    [1, 'WRITE', 'data/d/e|x', 'OK|'],
    [1, 'MKDIR', 'data/d/e|', 'OK|'],
    [1, 'READ', 'data/d/e|', 'x'],
    [1, 'RM', 'data/d|', 'OK|'],
    [1, 'READ', 'data/d/e|', 'ENOENT|'],
    [1, 'RM', 'data/d|', 'OK|'],
    [1, 'RM', 'data/d/e|', 'ENOENT|'],
    [1, 'RM', 'data/none/below|', 'ENOENT|'],
  ],
  'a transaction works on its snapshot and shows its changes at commit': [
    [1, 'WRITE', 'data/a|1', 'OK|'],
    [1, 'TRANSACTION_START', '|', '1|'],
    [1, 'READ@1', 'data/a|', '1'],
    [1, 'WRITE@1', 'data/b|2', 'OK|'],
    [1, 'READ', 'data/b|', 'ENOENT|'],
    [1, 'READ@1', 'data/b|', '2'],
    [1, 'DIRECTORY@1', 'data|', 'a|b|'],
    [1, 'TRANSACTION_END@1', 'T|', 'OK|'],
    [1, 'READ', 'data/b|', '2'],
    [1, 'TRANSACTION_END@1', 'T|', 'ENOENT|'],
    [1, 'READ@1', 'data/b|', 'ENOENT|'],
    [2, 'TRANSACTION_START', '|', '2|'],
    [1, 'READ@2', 'data/b|', 'ENOENT|'],
    [2, 'TRANSACTION_START@2', '|', 'EBUSY|'],
    [2, 'TRANSACTION_END@2', 'X|', 'EINVAL|'],
    [2, 'TRANSACTION_END@2', 'F|', 'OK|'],
    [2, 'TRANSACTION_END', 'T|', 'ENOENT|'],
  ],
  'an aborted transaction changes nothing': [
    [1, 'TRANSACTION_START', '|', '1|'],
    [1, 'WRITE@1', 'data/a|1', 'OK|'],
    [1, 'RM@1', 'control/shutdown|', 'OK|'],
    [1, 'TRANSACTION_END@1', 'F|', 'OK|'],
    [1, 'READ', 'data/a|', 'ENOENT|'],
    [1, 'READ', 'control/shutdown|', ''],
  ],
  'a commit gets EAGAIN when what it read was changed by another': [
    [1, 'TRANSACTION_START', '|', '1|'],
    [1, 'READ@1', 'control/shutdown|', ''],
    [0, 'WRITE', `${HOME}/control/shutdown|poweroff`, 'OK|'],
    [1, 'READ@1', 'control/shutdown|', ''],
    [1, 'WRITE@1', 'control/shutdown|', 'OK|'],
    [1, 'TRANSACTION_END@1', 'T|', 'EAGAIN|'],
    [1, 'READ', 'control/shutdown|', 'poweroff'],
    [1, 'TRANSACTION_START', '|', '2|'],
    [1, 'READ@2', 'control/shutdown|', 'poweroff'],
    [1, 'WRITE@2', 'control/shutdown|', 'OK|'],
    [1, 'TRANSACTION_END@2', 'T|', 'OK|'],
    [0, 'READ', `${HOME}/control/shutdown|`, ''],
  ],
  'a commit gets EAGAIN when what it listed, missed, wrote or removed was changed by another': [
    [1, 'WRITE', 'data/dir/x|1', 'OK|'],
    [1, 'TRANSACTION_START', '|', '1|'],
    [1, 'TRANSACTION_START', '|', '2|'],
    [1, 'TRANSACTION_START', '|', '3|'],
    [1, 'TRANSACTION_START', '|', '4|'],
    [1, 'TRANSACTION_START', '|', '5|'],
    [1, 'DIRECTORY@1', 'data/dir|', 'x|'],
    [1, 'READ@2', 'data/dir/y|', 'ENOENT|'],
    [1, 'WRITE@3', 'data/dir/y|mine', 'OK|'],
    [1, 'RM@4', 'data/dir|', 'OK|'],
    [1, 'READ@5', 'data/dir/x|', '1'],
    [1, 'WRITE', 'data/dir/y|theirs', 'OK|'],
    [1, 'TRANSACTION_END@1', 'T|', 'EAGAIN|'],
    [1, 'TRANSACTION_END@2', 'T|', 'EAGAIN|'],
    [1, 'TRANSACTION_END@3', 'T|', 'EAGAIN|'],
    [1, 'TRANSACTION_END@4', 'T|', 'EAGAIN|'],
    [1, 'TRANSACTION_END@5', 'T|', 'OK|'],
  ],
  'transactions in different places do not disturb each other': [
    [1, 'TRANSACTION_START', '|', '1|'],
    [2, 'TRANSACTION_START', '|', '2|'],
    [1, 'WRITE@1', 'data/a|1', 'OK|'],
    [2, 'WRITE@2', 'data/a|2', 'OK|'],
    [1, 'TRANSACTION_START', '|', '3|'],
    [1, 'WRITE@3', 'data/b|3', 'OK|'],
    [1, 'TRANSACTION_END@1', 'T|', 'OK|'],
    [2, 'TRANSACTION_END@2', 'T|', 'OK|'],
    [1, 'TRANSACTION_END@3', 'T|', 'OK|'],
    [1, 'DIRECTORY', 'data|', 'a|b|'],
    [2, 'READ', 'data/a|', '2'],
  ],
  'domain paths and who is introduced': [
    [1, 'GET_DOMAIN_PATH', '1|', '/local/domain/1|'],
    [1, 'GET_DOMAIN_PATH', '77|', '/local/domain/77|'],
    [1, 'GET_DOMAIN_PATH', 'x|', 'EINVAL|'],
    [1, 'GET_DOMAIN_PATH', '-1|', 'EINVAL|'],
    [1, 'GET_DOMAIN_PATH', '99999999999|', 'EINVAL|'],
    [1, 'IS_DOMAIN_INTRODUCED', '2|', 'T|'],
    [1, 'IS_DOMAIN_INTRODUCED', '3|', 'F|'],
    [1, 'IS_DOMAIN_INTRODUCED', '|', 'EINVAL|'],
  ],
  'what only the toolstack may do gets EACCES, what nobody knows ENOSYS': [
    [1, 'CONTROL', 'check|', 'EACCES|'],
    [0, 'CONTROL', 'check|', 'OK|'],
    [0, 'CONTROL', 'help|', 'check\nhelp\nprint\n'],
    [0, 'CONTROL', 'nonsense|', 'EINVAL|'],
    [1, 'INTRODUCE', '3|1|1|', 'EACCES|'],
    [1, 'RELEASE', '2|', 'EACCES|'],
    [1, 'RESUME', '2|', 'EACCES|'],
    [1, 'SET_TARGET', '2|1|', 'EACCES|'],
    [0, 'RELEASE', '2|', 'ENOSYS|'],
    [1, 'WATCH_EVENT', 'a|b|', 'ENOSYS|'],
    [1, 'ERROR', 'EIO|', 'ENOSYS|'],
  ],
  'quotas: a domU gets an error, domain 0 has none': [
    [1, 'WRITE', `data/big|${long(2045)}`, 'OK|'],
    [1, 'WRITE', `data/big|${long(2046)}`, 'ENOSPC|'],
    [0, 'WRITE', `/big|${long(4000)}`, 'OK|'],
    [1, 'WRITE', `data/${'d/'.repeat(70)}x|1`, 'E2BIG|'],
  ],
}

describe('XenStore', () => {
  for (const [name, rows] of Object.entries(SCRIPTS)) it(name, () => play(new StoreScript(), rows))

  it('a message of unknown type gets ENOSYS', () => {
    const script = new StoreScript()
    for (const type of [20, 23, 24, 25, 26, 27, 999, 0xffffffff]) {
      const reply = script.daemon.request(script.connection(1), 1, request(type, '|'))
      expect(reply && shownReply(reply)).toBe('ENOSYS|')
    }
  })

  it('a large directory gets E2BIG and is read in parts, with one generation', () => {
    const script = new StoreScript()
    const names: string[] = []
    for (let i = 0; i < 600; i++) {
      names.push(`node-number-${i}`)
      expect(script.ask(1, 'MKDIR', `data/node-number-${i}|`)).toBe('OK|')
    }
    expect(script.ask(1, 'DIRECTORY', 'data|')).toBe('E2BIG|')
    let list = ''
    const generations = new Set<string>()
    for (let round = 0; round < 10; round++) {
      const reply = script.ask(1, 'DIRECTORY_PART', `data|${list.length}|`)
      expect(reply.length).toBeLessThanOrEqual(4096)
      const cut = reply.indexOf('|') + 1
      generations.add(reply.slice(0, cut))
      const part = reply.slice(cut)
      if (part.endsWith('||') || part === '|') {
        list += part.slice(0, -1)
        break
      }
      list += part
    }
    expect(list).toBe(names.map((name) => `${name}|`).join(''))
    expect(generations.size).toBe(1)
    expect(script.ask(1, 'DIRECTORY_PART', 'data|x|')).toBe('EINVAL|')
    expect(script.ask(1, 'DIRECTORY_PART', 'none|0|')).toBe('ENOENT|')
    for (const name of script.exercised) exercised.add(name)
  })

  it('node, watch and transaction quotas hold one domain back and no other', () => {
    const script = new StoreScript()
    const have = script.daemon.store.tree.owned.get(1) ?? 0
    for (let i = have; i < 1000; i++) expect(script.ask(1, 'WRITE', `data/${i}|x`)).toBe('OK|')
    expect(script.ask(1, 'WRITE', 'data/more|x')).toBe('ENOSPC|')
    expect(script.ask(2, 'WRITE', 'data/more|x')).toBe('OK|')
    expect(script.ask(1, 'RM', 'data/999|')).toBe('OK|')
    expect(script.ask(1, 'WRITE', 'data/more|x')).toBe('OK|')
    for (let i = 0; i < 128; i++) expect(script.ask(1, 'WATCH', `data|${i}|`)).toBe('OK|')
    expect(script.ask(1, 'WATCH', 'data|one more|')).toBe('E2BIG|')
    for (let i = 0; i < 10; i++) expect(script.ask(1, 'TRANSACTION_START', '|')).toMatch(/^\d+\|$/)
    expect(script.ask(1, 'TRANSACTION_START', '|')).toBe('ENOSPC|')
    expect(script.ask(2, 'TRANSACTION_START', '|')).toMatch(/^\d+\|$/)
    expect(script.ask(1, 'RESET_WATCHES', '|')).toBe('OK|')
    expect(script.ask(1, 'TRANSACTION_START', '|')).toMatch(/^\d+\|$/)
    for (const name of script.exercised) exercised.add(name)
  })

  it('a transaction has a limit of changes and of nodes it may touch', () => {
    const script = new StoreScript()
    const id = script.ask(1, 'TRANSACTION_START', '|').slice(0, -1)
    for (let i = 0; i < QUOTA.transactionChanges; i++) expect(script.ask(1, `WRITE@${id}`, `data/same|${i}`)).toBe('OK|')
    expect(script.ask(1, `WRITE@${id}`, 'data/same|x')).toBe('ENOSPC|')
    expect(script.ask(1, `TRANSACTION_END@${id}`, 'T|')).toBe('OK|')
    expect(script.ask(1, 'READ', 'data/same|')).toBe(String(QUOTA.transactionChanges - 1))
    const wide = script.ask(1, 'TRANSACTION_START', '|').slice(0, -1)
    for (let i = 0; i < QUOTA.transactionNodes; i++) expect(script.ask(1, `READ@${wide}`, `data/n${i}|`)).toBe('ENOENT|')
    expect(script.ask(1, `READ@${wide}`, 'data/more|')).toBe('ENOSPC|')
    expect(script.ask(2, 'READ', 'name|')).toBe('guest2')
  })

  it.each(['READ', 'WRITE', 'MKDIR', 'RM', 'DIRECTORY', 'GET_PERMS', 'SET_PERMS'])(
    'a transaction keeps no more than it may touch, whatever %s asks for',
    (name) => {
      const script = new StoreScript()
      const id = script.ask(1, 'TRANSACTION_START', '|').slice(0, -1)
      const more = name === 'SET_PERMS' ? 'n1|' : name === 'WRITE' ? 'x' : ''
      for (let i = 0; i < 2 * QUOTA.transactionNodes; i++) script.ask(1, `${name}@${id}`, `data/n${i}|${more}`)
      expect(script.ask(1, `${name}@${id}`, `data/more|${more}`)).toBe('ENOSPC|')
      const [transaction] = script.connection(1).transactions.values()
      // One that was begun within the limit may look at the places above it too.
      expect(transaction?.size).toBeLessThanOrEqual(QUOTA.transactionNodes + QUOTA.depth)
    },
  )

  it('watch events that a domU does not take are limited, in number and in bytes', () => {
    const script = new StoreScript()
    const token = long(1000)
    script.ask(1, 'WATCH', `data|${token}|`)
    for (let i = 0; i < 3000; i++) script.ask(1, 'WRITE', `data/n${i % 500}|x`)
    const { events, dropped } = script.connection(1)
    expect(events.reduce((sum, event) => sum + event.token.length, 0)).toBeLessThanOrEqual(QUOTA.pendingEventBytes)
    expect(events.length).toBeLessThanOrEqual(QUOTA.pendingEvents)
    expect(dropped + events.length).toBeGreaterThan(500)
  })

  it('a quota cannot be passed by several transactions at once', () => {
    const script = new StoreScript()
    const have = script.daemon.store.tree.owned.get(1) ?? 0
    for (let i = have; i < 999; i++) script.ask(1, 'WRITE', `data/${i}|x`)
    const ids = [1, 2].map(() => script.ask(1, 'TRANSACTION_START', '|').slice(0, -1))
    for (const id of ids) expect(script.ask(1, `WRITE@${id}`, `data/t${id}|x`)).toBe('OK|')
    expect(ids.map((id) => script.ask(1, `TRANSACTION_END@${id}`, 'T|'))).toEqual(['OK|', 'ENOSPC|'])
  })

  it('random requests get a reply each and break nothing', () => {
    const script = new StoreScript()
    let seed = 12345
    const random = (n: number) => {
      seed = (Math.imul(seed, 1103515245) + 12345) >>> 0
      return (seed >>> 8) % n
    }
    const words = [
      'data',
      '/',
      '|',
      '..',
      'a',
      'control/shutdown',
      '@releaseDomain',
      '0',
      '1',
      '/local/domain/1',
      'T',
      '\u0000',
      'n1',
      HOME,
    ]
    for (let i = 0; i < 20_000; i++) {
      let payload = ''
      for (let j = random(6); j > 0; j--) payload += words[random(words.length)]
      const reply = script.daemon.request(
        script.connection(1),
        i + 1,
        request(random(28), payload, random(3) === 0 ? random(20) : 0),
      )
      if (reply === undefined) throw new Error('no reply')
      if (i % 100 === 0) script.events(1)
    }
    expect(script.ask(2, 'READ', 'name|')).toBe('guest2')
    let counted = 0
    for (const n of script.daemon.store.tree.owned.values()) counted += n
    expect(counted).toBe(count(script.daemon.store.tree.root))
  })

  it('a released domain leaves nothing behind', () => {
    const script = new StoreScript()
    script.ask(1, 'WATCH', '@releaseDomain|t|')
    script.daemon.release(handleOf(2))
    expect(script.ask(0, 'DIRECTORY', '/local/domain|')).toBe('0|1|')
    expect(script.ask(0, 'DIRECTORY', '/vm|')).toBe(`${handleOf(1)}|`)
    expect(script.ask(0, 'DIRECTORY', '/libxl|')).toBe('1|')
    expect(script.ask(0, 'DIRECTORY', '/local/domain/0/backend/console|')).toBe('1|')
    expect(script.daemon.store.tree.owned.get(2)).toBe(undefined)
  })

  it('every message of the table that guests or domain 0 may send was exercised', () => {
    const rows = XS_MESSAGE_ROWS.filter((row) => row[4] !== 'server').map((row) => row[0])
    expect(rows.filter((name) => !exercised.has(name) && name !== 'XS_WATCH' && name !== 'XS_UNWATCH')).toEqual([])
  })
})

function count(node: unknown): number {
  let sum = 1
  if (typeof node === 'object' && node !== null && 'children' in node && node.children instanceof Map) {
    for (const child of node.children.values()) sum += count(child)
  }
  return sum
}
