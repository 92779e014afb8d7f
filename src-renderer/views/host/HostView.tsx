// The host: what it is and how busy its guests keep it, the virtual networks with their wiring, and storage: folders of disk images and what is in
// them. Invariant: pages keep what was chosen while the window is open. Runs in: host window.
import { useEffect, useRef, useState } from 'react'
import { Tab, TabList, TabPanel, Tabs } from 'react-aria-components'
import { useClient } from '../../client/Client'
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

/** `page`: which of them it opens with; the first, where it is none. */
export function HostView(props: { readonly page: string }) {
  const { t } = useWords()
  const client = useClient()
  const first = pages.find((each) => each === props.page) ?? 'overview'
  const [page, setPage] = useState<Page>(first)
  const [network, setNetwork] = useState('default')
  const [seen, setSeen] = useState<ReadonlySet<Page>>(new Set([first]))
  useUndoKey()
  useConnectionTitle(t('host.window'))
  const choose = (key: unknown): void => {
    const next = pages.find((each) => each === key)
    if (next === undefined) return
    setPage(next)
    setSeen((before) => new Set([...before, next]))
  }
  const chooseNow = useRef(choose)
  chooseNow.current = choose
  // A window that is open already is told.
  useEffect(() => client.subscribe('menuChosen', ({ command }) => chooseNow.current(command.replace(/^page-/, ''))), [client])
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
