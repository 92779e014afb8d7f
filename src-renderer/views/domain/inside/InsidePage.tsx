// What only this hypervisor can show: what its guest asks of it, event channels, grants, rings, XenStore, vcpus, shared info. A list
// left, a page right; only the page that shows asks. Domain 0 has XenStore alone: it is no guest.
// Runs in: domain window.

import { type FunctionComponent, useState } from 'react'
import type { IconName } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { SideItem, SideList } from '../../../components/SideList'
import type { MessageKey } from '../../../lib/messages'
import { StorePage } from './StorePage'
import { CountersPage, GrantsPage, type InsideProps, PortsPage, RingsPage, SharedPage } from './TablePages'
import { VcpuPage } from './VcpuPage'
import './inside.css'

interface InsideRow {
  readonly id: string
  readonly icon: IconName
  readonly name: MessageKey & `inside.${'counters' | 'ports' | 'grants' | 'rings' | 'store' | 'vcpus' | 'shared'}`
  readonly page: FunctionComponent<InsideProps>
}

const pages: readonly InsideRow[] = [
  { id: 'counters', icon: 'bolt', name: 'inside.counters', page: CountersPage },
  { id: 'ports', icon: 'network', name: 'inside.ports', page: PortsPage },
  { id: 'grants', icon: 'check', name: 'inside.grants', page: GrantsPage },
  { id: 'rings', icon: 'refresh', name: 'inside.rings', page: RingsPage },
  { id: 'store', icon: 'folder', name: 'inside.store', page: StorePage },
  { id: 'vcpus', icon: 'chip', name: 'inside.vcpus', page: VcpuPage },
  { id: 'shared', icon: 'memory', name: 'inside.shared', page: SharedPage },
]

export function InsidePage(props: InsideProps) {
  const { domain } = props
  const { t } = useWords()
  const [chosen, setChosen] = useState('counters')
  const shown = domain.kind === 'guest' ? pages : pages.filter(({ id }) => id === 'store')
  const page = shown.find(({ id }) => id === chosen) ?? shown[0]
  if (page === undefined) return null
  const Page = page.page
  return (
    <div className="inside">
      <aside className="side">
        <SideList label={t('inside.list')} chosen={page.id} onChoose={setChosen}>
          {shown.map(({ id, icon, name }) => (
            <SideItem key={id} id={id} icon={icon} name={t(name)} />
          ))}
        </SideList>
      </aside>
      <div className={page.id === 'store' ? 'inside-page whole' : 'inside-page'} data-testid="inside-page">
        <Page domain={domain} />
      </div>
    </div>
  )
}
