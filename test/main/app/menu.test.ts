// The menu bar as data: what it has in each window, in both languages, and what a page must offer. Runs in: vitest, plain Node.
import type { MenuItemConstructorOptions } from 'electron'
import { describe, expect, it } from 'vitest'
import { type MenuActions, menuTemplate } from '../../../src-main/app/menu'
import { TEXTS } from '../../../src-main/app/menu-text'
import { DOMAIN_PAGES, MACHINE_COMMANDS } from '../../../src-main/public/menu'
import { sendKeys } from '../../../src-main/public/send-keys'
import { isActionId } from '../../../src-renderer/features/domain-actions/action-table'
import { messages } from '../../../src-renderer/lib/messages'

const nothing = (): void => {}
const actions: MenuActions = {
  newMachine: nothing,
  restore: nothing,
  importConfig: nothing,
  trash: nothing,
  addConnection: nothing,
  preferences: nothing,
  networks: nothing,
  wall: nothing,
  doctor: nothing,
  host: nothing,
  about: nothing,
  manager: nothing,
  zoom: nothing,
  quit: nothing,
}

function all(items: readonly MenuItemConstructorOptions[]): MenuItemConstructorOptions[] {
  return items.flatMap((item) => [item, ...(Array.isArray(item.submenu) ? all(item.submenu) : [])])
}

const template = (view: Parameters<typeof menuTemplate>[0], language: 'en' | 'de' = 'en', chosen: string[] = []) =>
  menuTemplate(view, TEXTS[language], actions, (command) => chosen.push(command))

describe('the menu bar', () => {
  it.each([
    ['manager', ['&File', '&Edit', 'Virtual &machine', '&View', '&Help']],
    ['domain', ['File', 'Edit', 'Virtual machine', 'View', 'Send key', 'Help']],
    ['host', ['&File', '&Edit', '&View', '&Help']],
  ] as const)('has in the window %s what virt-manager has there', (view, labels) => {
    expect(template(view).map(({ label }) => label)).toEqual(labels)
  })

  it('has words of its own for all of it, in both languages', () => {
    for (const language of ['en', 'de'] as const) {
      const items = all(template('domain', language)).filter(({ type }) => type !== 'separator')
      for (const item of items) expect(item.label, JSON.stringify(item)).toMatch(/\S/)
    }
    const of = (language: 'en' | 'de') => all(template('domain', language)).map(({ label }) => label)
    const same = of('en').filter((label, index) => label !== undefined && label === of('de')[index])
    expect(same).toEqual(['Details'])
  })

  it('calls pages and actions what the windows call them', () => {
    for (const language of ['en', 'de'] as const) {
      const labels = new Map(all(template('domain', language)).map(({ id, label }) => [id, label]))
      for (const page of DOMAIN_PAGES) expect(labels.get(`page-${page}`)).toBe(messages[`domain.tab-${page}`][language])
      expect(labels.get('forceOff')).toBe(messages['action.force-off'][language])
      expect(labels.get('clone')).toBe(messages['action.clone'][language])
    }
  })

  it('greys what the page has not offered, and tells the page what is chosen', () => {
    const chosen: string[] = []
    const offered = all(template('domain', 'en', chosen)).filter(({ id }) => id !== undefined)
    expect(offered.every(({ enabled }) => enabled === false)).toBe(true)
    const ids = offered.map(({ id }) => id)
    expect(ids).toEqual(expect.arrayContaining(DOMAIN_PAGES.map((page) => `page-${page}`)))
    expect(ids).toEqual(expect.arrayContaining(sendKeys.map(({ id }) => `send-${id}`)))
    for (const { click } of offered) Reflect.apply(click ?? nothing, undefined, [])
    expect(chosen).toEqual(ids)
    const known = MACHINE_COMMANDS.filter((id) => id !== 'screen-shot')
    expect(known.filter((id) => !isActionId(id))).toEqual([])
  })
})
