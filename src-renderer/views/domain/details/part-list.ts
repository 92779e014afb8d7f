// The parts of a machine that every machine has, in virt-manager's order, one row each: name, icon, page. Parts that come with
// features of their own (the definition's text, its history) add a row. Devices follow after these.
// Runs in: domain window.

import type { FunctionComponent } from 'react'
import type { DomainInfo } from '../../../../src-main/public/types'
import type { IconName } from '../../../components/Icon'
import { ConfigTextPage } from '../../../features/definition/ConfigTextPage'
import { HistoryPage } from '../../../features/definition/HistoryPage'
import type { Translator } from '../../../lib/translate'
import { CpusPage } from './CpusPage'
import { BootPage, MemoryPage, OverviewPage, type PageProps } from './DomainPages'
import { ConsolePage, InputPage } from './FactPages'

export interface PartRow {
  readonly id: string
  readonly icon: IconName
  /** Before the devices, or after them. */
  readonly place: 'first' | 'last'
  readonly name: (t: Translator) => string
  readonly page: FunctionComponent<PageProps>
  /** Its page has buttons of its own: those for changes of fields only stand below when there are some. */
  readonly ownButtons?: true
  readonly isThere?: (domain: DomainInfo) => boolean
}

const hasDisplay = ({ config, running }: DomainInfo): boolean =>
  [...(config?.devices ?? []), ...(running?.devices ?? [])].some(({ kind }) => kind === 'vfb')

export const parts: readonly PartRow[] = [
  { id: 'overview', icon: 'info', place: 'first', name: (t) => t('details.overview'), page: OverviewPage },
  { id: 'cpus', icon: 'chip', place: 'first', name: (t) => t('details.cpus'), page: CpusPage },
  { id: 'memory', icon: 'memory', place: 'first', name: (t) => t('details.memory'), page: MemoryPage },
  { id: 'boot', icon: 'power', place: 'first', name: (t) => t('details.boot'), page: BootPage },
  { id: 'input', icon: 'keyboard', place: 'last', name: (t) => t('details.input'), page: InputPage, isThere: hasDisplay },
  { id: 'console', icon: 'terminal', place: 'last', name: (t) => t('details.console'), page: ConsolePage },
  { id: 'text', icon: 'pencil', place: 'last', name: (t) => t('definition.text'), page: ConfigTextPage, ownButtons: true },
  { id: 'history', icon: 'clock', place: 'last', name: (t) => t('definition.history'), page: HistoryPage, ownButtons: true },
]
