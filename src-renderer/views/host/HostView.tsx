// The host: what it is and how busy its guests keep it, the virtual networks with their wiring, and storage: folders of disk images and what is in
// them. Invariant: pages keep what was chosen while the window is open. Runs in: host window.
import { useState } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { useWords } from '../../components/Language'
import { Activity } from '../../features/activity/Activity'
import { useConnectionTitle } from '../../features/connection/use-connection-title'
import { UndoBar } from '../../features/undo/UndoBar'
import { useUndoKey } from '../../features/undo/use-undo-key'
import { NetworksPanel } from '../networks/NetworksView'
import { OverviewPage } from './OverviewPage'
import { StoragePage } from './StoragePage'
import { TopologyPage } from './topology/TopologyPage'
import './host.css'

const pages = ['overview', 'networks', 'topology', 'storage'] as const
type Page = (typeof pages)[number]

export function HostView() {
  const { t } = useWords()
  const [page, setPage] = useState<Page>('overview')
  const [network, setNetwork] = useState('default')
  const [seen, setSeen] = useState<ReadonlySet<Page>>(new Set(['overview']))
  useUndoKey()
  useConnectionTitle(t('host.window'))
  const choose = (key: unknown): void => {
    const next = pages.find((each) => each === key)
    if (next === undefined) return
    setPage(next)
    setSeen((before) => new Set([...before, next]))
  }
  return (
    <div className="window">
      <Tabs className="tabs fill" selectedKey={page} onSelectionChange={choose}>
        <TabList className="tab-list" aria-label={t('host.tabs')}>
          {pages.map((each) => (
            <Tab key={each} id={each} className="tab">
              {t(`host.tab-${each}`)}
            </Tab>
          ))}
        </TabList>
        <TabPanel id="overview" className="tab-panel">
          <OverviewPage />
        </TabPanel>
        <TabPanel id="networks" className="tab-panel" shouldForceMount={seen.has('networks')}>
          {seen.has('networks') && <NetworksPanel chosen={network} onChoose={setNetwork} />}
        </TabPanel>
        <TabPanel id="topology" className="tab-panel">
          <TopologyPage
            onOpenNetwork={(name) => {
              setNetwork(name)
              choose('networks')
            }}
          />
        </TabPanel>
        <TabPanel id="storage" className="tab-panel" shouldForceMount={seen.has('storage')}>
          {seen.has('storage') && <StoragePage />}
        </TabPanel>
      </Tabs>
      <Activity uuid={null} />
      <UndoBar />
    </div>
  )
}
