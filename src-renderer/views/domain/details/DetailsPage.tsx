// Details of a domain: its parts in a list, the chosen one beside it. Devices come and go at once; changes of the definition are
// collected, and the line below says when they apply before anybody presses Apply.
// Invariant: changing the choice loses no change; the line below is always there. Runs in: domain window.

import { useState } from 'react'
import { ListBox, ListBoxItem } from 'react-aria-components'
import type { DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { Button } from '../../../components/Button'
import { Icon, type IconName } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { MenuButton } from '../../../components/Menu'
import { useHost } from '../../../state/answers'
import { useAppStore } from '../../../state/store'
import { AddDevice, type AddedKind } from './AddDevice'
import { DevicePage } from './DevicePage'
import { BootPage, MemoryPage, OverviewPage } from './DomainPages'
import { applied, type DeviceStanding, type Edits, isChanged, isRight, type ListedDevice, listedDevices } from './edits'
import { deviceName, deviceWords } from './words'
import './details.css'

const pages = ['overview', 'memory', 'boot'] as const
type Page = (typeof pages)[number]
const pageIcons: Record<Page, IconName> = { overview: 'info', memory: 'chip', boot: 'power' }
const deviceIcons: Record<ListedDevice['device']['kind'], IconName> = { vbd: 'disk', vif: 'network', vfb: 'guest' }
const marks: Partial<Record<DeviceStanding, 'clock' | 'pencil' | 'close'>> = {
  next: 'clock',
  changed: 'pencil',
  leaving: 'close',
}

export function DetailsPage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const host = useHost()
  const [chosen, setChosen] = useState('overview')
  const [edits, setEdits] = useState<Edits>({})
  const [adding, setAdding] = useState<AddedKind | null>(null)
  const [busy, setBusy] = useState(false)
  const { config } = domain
  if (config === null) return null

  const devices = listedDevices(domain)
  const device = devices.find(({ key }) => key === chosen)
  const page: Page | undefined = pages.find((each) => each === chosen)
  const edit = (change: Partial<Edits>) => setEdits((before) => ({ ...before, ...change }))
  const changed = isChanged(config, edits)
  const editable = domain.operations.includes('redefine')
  const attachable = domain.operations.includes('attachDevice')
  const kinds = host?.limits.devices ?? []

  const apply = async () => {
    setBusy(true)
    const result = await client.call('domainRedefine', { uuid: domain.uuid, config: applied(config, edits) })
    setBusy(false)
    if (result.ok) setEdits({})
    else store.dispatch({ kind: 'failed', error: result.error })
  }

  return (
    <div className="details">
      <div className="details-main">
        <aside className="details-side">
          <ListBox
            className="details-list"
            aria-label={t('details.list')}
            selectionMode="single"
            selectionBehavior="replace"
            disallowEmptySelection
            selectedKeys={[device === undefined ? (page ?? 'overview') : device.key]}
            onSelectionChange={(keys) => {
              if (keys === 'all') return
              const [key] = keys
              if (key !== undefined) setChosen(String(key))
            }}
          >
            {pages.map((each) => (
              <ListBoxItem key={each} id={each} textValue={t(`details.${each}`)} className="details-item">
                <Icon name={pageIcons[each]} />
                <span className="details-item-name">{t(`details.${each}`)}</span>
              </ListBoxItem>
            ))}
            {devices.map((listed) => {
              const mark = marks[listed.standing]
              return (
                <ListBoxItem key={listed.key} id={listed.key} textValue={deviceName(listed.device, t)} className="details-item">
                  <Icon name={deviceIcons[listed.device.kind]} />
                  <span className="details-item-words">
                    <span className="details-item-name">{deviceName(listed.device, t)}</span>
                    <span className="details-item-what">{deviceWords(listed.device, t)}</span>
                  </span>
                  {mark !== undefined && <Icon name={mark} className="details-mark" />}
                </ListBoxItem>
              )
            })}
          </ListBox>
          {kinds.length > 0 && (
            <div className="details-add">
              <MenuButton
                icon="plus"
                kind="plain"
                label={t('details.add')}
                text={t('details.add')}
                disabled={!attachable}
                entries={[
                  { kind: 'action', id: 'vbd', label: t('details.add-vbd'), icon: 'disk', disabled: !kinds.includes('vbd') },
                  { kind: 'action', id: 'vif', label: t('details.add-vif'), icon: 'network', disabled: !kinds.includes('vif') },
                  {
                    kind: 'action',
                    id: 'vfb',
                    label: t('details.add-vfb'),
                    icon: 'guest',
                    disabled: !kinds.includes('vfb') || devices.some(({ device: { kind } }) => kind === 'vfb'),
                  },
                ]}
                onAction={(id) => {
                  if (id === 'vbd' || id === 'vif' || id === 'vfb') setAdding(id)
                }}
              />
            </div>
          )}
        </aside>
        <div className="details-page" data-testid="details-page">
          {device !== undefined ? (
            <DevicePage key={device.key} domain={domain} listed={device} edits={edits} editable={editable} onEdit={edit} />
          ) : page === 'memory' ? (
            <MemoryPage domain={domain} edits={edits} editable={editable} onEdit={edit} />
          ) : page === 'boot' ? (
            <BootPage domain={domain} edits={edits} editable={editable} onEdit={edit} />
          ) : (
            <OverviewPage domain={domain} edits={edits} editable={editable} onEdit={edit} />
          )}
        </div>
      </div>
      <footer className="details-foot">
        <span className="muted" role="status">
          {!editable
            ? t('details.not-now', { state: t(`state.${domain.state}`) })
            : !changed
              ? t('details.unchanged')
              : domain.running === null
                ? t('details.apply-off')
                : t('details.apply-next')}
        </span>
        <span className="fill" />
        <Button disabled={!changed || busy} onPress={() => setEdits({})}>
          {t('details.revert')}
        </Button>
        <Button kind="primary" disabled={!changed || busy || !editable || !isRight(edits, t)} onPress={() => void apply()}>
          {t('button.apply')}
        </Button>
      </footer>
      {adding !== null && (
        <AddDevice
          kind={adding}
          domain={domain}
          onClose={() => setAdding(null)}
          onAdded={(key) => {
            setAdding(null)
            setChosen(key)
          }}
        />
      )}
    </div>
  )
}
