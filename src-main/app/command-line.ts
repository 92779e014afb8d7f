// Words after the program's name that open a window at once, as virt-manager takes them: `ringmaster --show-domain-console web`. A second
// start hands them to the app that runs.
// Runs in: main and tests, plain Node.
import type { DomainPage } from '../public/menu'
import { nameKey, properName } from '../public/name'
import type { DomainInfo, WindowView } from '../public/types'

interface Row {
  readonly view: WindowView
  /** Of a machine, which is named after it. */
  readonly page?: DomainPage | ''
}

const OPTIONS: Readonly<Record<string, Row>> = {
  '--show-domain-creator': { view: 'create-domain' },
  '--show-domain-editor': { view: 'domain', page: 'details' },
  '--show-domain-performance': { view: 'domain', page: 'performance' },
  // Its screen, or its text console where it has none.
  '--show-domain-console': { view: 'domain', page: '' },
  '--show-host-summary': { view: 'host' },
}

export interface AskedWindow {
  readonly view: WindowView
  /** Name, domid or UUID of the machine; empty for other windows. */
  readonly machine: string
  /** Empty for the usual one. */
  readonly page: string
}

/** The window asked for, if any; a machine stands after its option or behind `=`. */
export function askedWindow(words: readonly string[]): AskedWindow | undefined {
  for (const [index, word] of words.entries()) {
    const [option = '', ...value] = word.split('=')
    const row = Object.hasOwn(OPTIONS, option) ? OPTIONS[option] : undefined
    if (row === undefined) continue
    const machine = row.page === undefined ? '' : value.length > 0 ? value.join('=') : (words[index + 1] ?? '')
    return { view: row.view, machine, page: row.page ?? '' }
  }
  return undefined
}

/** What a second start has handed over. */
export function wordsOf(said: unknown): readonly string[] {
  const words: unknown = typeof said === 'object' && said !== null && 'words' in said ? said.words : []
  return Array.isArray(words) ? words.filter((word) => typeof word === 'string') : []
}

export function namedMachine(domains: readonly DomainInfo[], word: string): DomainInfo | undefined {
  return (
    domains.find(({ name }) => nameKey(name) === nameKey(properName(word))) ??
    domains.find(({ uuid }) => uuid === word.toLowerCase()) ??
    domains.find(({ domid }) => domid !== null && String(domid) === word)
  )
}
