// The menu of the tray icon: which machines it has, what can be done to them there. Runs in: vitest, plain Node.
import { expect, it } from 'vitest'
import { TEXTS } from '../../../src-main/app/menu-text'
import { type TrayActions, trayMachines, trayTemplate } from '../../../src-main/app/tray-menu'
import type { DomainInfo } from '../../../src-main/public/types'
import { domainInfo } from '../../support/domain-info'

const machine = (name: string, domid: number | null, operations: DomainInfo['operations'] = []): DomainInfo =>
  domainInfo({ uuid: `uuid of ${name}`, name, domid, operations })

it('has those that are on, by name as people read it, and not a thousand', () => {
  const domains = [
    machine('web-10', 3),
    machine('web-2', 4),
    machine('off', null),
    { ...machine('dom0', 0), kind: 'domain0' as const },
  ]
  expect(trayMachines(domains).map(({ name }) => name)).toEqual(['web-2', 'web-10'])
  expect(trayMachines(Array.from({ length: 1000 }, (_, index) => machine(`m${index}`, index + 1)))).toHaveLength(20)
})

it('opens them, and pauses, resumes and shuts down what can be', () => {
  const done: string[] = []
  const actions: TrayActions = {
    manager: () => done.push('manager'),
    quit: () => done.push('quit'),
    open: (uuid) => done.push(`open ${uuid}`),
    operate: (uuid, operation) => done.push(`${operation} ${uuid}`),
  }
  const items = trayTemplate([machine('a&b', 1, ['suspend', 'shutdown'])], TEXTS.de, actions)
  expect(items.map(({ label, type }) => label ?? type)).toEqual([
    'Verwaltung zeigen',
    'separator',
    'a&&b',
    'separator',
    'Beenden',
  ])
  const below = Array.isArray(items[2]?.submenu) ? items[2].submenu : []
  expect(below.flatMap(({ label, enabled }) => (label === undefined ? [] : [[label, enabled !== false]]))).toEqual([
    ['Öffnen', true],
    ['Anhalten', true],
    ['Fortsetzen', false],
    ['Herunterfahren', true],
  ])
  for (const { click } of [...items, ...below]) if (click) Reflect.apply(click, undefined, [])
  expect(done).toEqual(['manager', 'quit', ...['open', 'suspend', 'resume', 'shutdown'].map((what) => `${what} uuid of a&b`)])
})

it('has no empty part when nothing runs', () => {
  const none = { manager: () => {}, quit: () => {}, open: () => {}, operate: () => {} }
  expect(trayTemplate([], TEXTS.en, none).map(({ label, type }) => label ?? type)).toEqual([
    'Show manager',
    'separator',
    'Quit',
  ])
})
