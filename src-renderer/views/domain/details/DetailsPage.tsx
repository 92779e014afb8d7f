// Details of a domain: its parts in a list, the chosen one beside it. Devices come and go at once; changes of the definition are
// collected, and the line below says which apply at once and which at the next start before anybody presses Apply.
// Invariant: changing the choice loses no change; nobody leaves changes behind without being asked; the line below is always
// there. A definition that changes elsewhere is never overwritten unseen. Runs in: domain window.

import { type RefObject, useEffect, useState } from 'react'
import { configChanges } from '../../../../src-main/public/live-changes'
import type { DomainConfig, DomainInfo } from '../../../../src-main/public/types'
import { useClient } from '../../../client/Client'
import { Button } from '../../../components/Button'
import { Icon, type IconName } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { type LeaveChoice, LeaveDialog } from '../../../components/LeaveDialog'
import { MenuButton } from '../../../components/Menu'
import { Notice } from '../../../components/Notice'
import { SideItem, SideList } from '../../../components/SideList'
import { useNeighbour } from '../../../components/use-neighbour'
import type { TypedText } from '../../../features/definition/ConfigTextPage'
import { useDefinitionUndo } from '../../../features/definition/use-definition-undo'
import { UndoBar } from '../../../features/undo/UndoBar'
import { useUndoKey } from '../../../features/undo/use-undo-key'
import { useHost } from '../../../state/answers'
import { useAppStore } from '../../../state/store'
import { AddDevice, type AddedKind } from './AddDevice'
import { changeNames, whenWords } from './change-words'
import { DevicePage } from './DevicePage'
import {
  applied,
  conflicts,
  type DeviceStanding,
  type Edits,
  isChanged,
  isRight,
  type ListedDevice,
  listedDevices,
} from './edits'
import { type PartRow, parts } from './part-list'
import { deviceName, deviceWords } from './words'
import './details.css'

const deviceIcons: Record<ListedDevice['device']['kind'], IconName> = { vbd: 'disk', vif: 'network', vfb: 'guest' }
const marks: Partial<Record<DeviceStanding, 'clock' | 'pencil' | 'close'>> = {
  next: 'clock',
  changed: 'pencil',
  leaving: 'close',
}

/** Set while there is something to ask about: goes on with `go` when the answer allows it. */
export type LeaveGuard = (go: () => void) => void

interface Work {
  readonly edits: Edits
  /** The definition as it was when the first change was made. */
  readonly base: DomainConfig | null
}
const nothing: Work = { edits: {}, base: null }

interface Leaving {
  readonly go: () => void
  /** Apply was pressed before, and what comes of it answers the question as a rule. */
  readonly isApplied: boolean
}

export function DetailsPage(props: {
  readonly domain: DomainInfo
  readonly visible: boolean
  readonly guard: RefObject<LeaveGuard | null>
  /** The device that is being added: another page may ask for it too. */
  readonly adding: AddedKind | null
  readonly onAdding: (kind: AddedKind | null) => void
  readonly onLeaving: () => void
}) {
  const { domain, visible, guard, adding, onAdding, onLeaving } = props
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const host = useHost()
  const [chosen, setChosen] = useState('overview')
  const [work, setWork] = useState<Work>(nothing)
  const [typed, setTyped] = useState<TypedText | null>(null)
  const [leaving, setLeaving] = useState<Leaving | null>(null)
  const [busy, setBusy] = useState(false)
  const undoably = useDefinitionUndo(domain)
  useUndoKey()
  const { config, running } = domain
  const { edits, base } = work
  const changed = config !== null && isChanged(config, edits)
  const left = changed || typed !== null

  useEffect(() => {
    guard.current = left ? (go) => setLeaving({ go, isApplied: busy }) : null
    if (!left) return
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault()
      event.returnValue = ''
      onLeaving()
      setLeaving({ go: () => void client.call('windowClose', {}), isApplied: busy })
    }
    window.addEventListener('beforeunload', ask)
    return () => {
      window.removeEventListener('beforeunload', ask)
      guard.current = null
    }
  }, [left, busy, client, guard, onLeaving])

  // After the guard is gone: nothing is left to ask about.
  useEffect(() => {
    if (leaving === null || left) return
    setLeaving(null)
    leaving.go()
  }, [leaving, left])

  const devices = listedDevices(domain)
  const device = devices.find(({ key }) => key === chosen)
  const shownParts = parts.filter(({ isThere }) => isThere?.(domain) !== false)
  const placed = (at: PartRow['place']) => shownParts.filter(({ place }) => place === at)
  const keys = [...placed('first').map(({ id }) => id), ...devices.map(({ key }) => key), ...placed('last').map(({ id }) => id)]
  useNeighbour(keys, chosen, setChosen)
  if (config === null) return null
  const part = shownParts.find(({ id }) => id === chosen) ?? shownParts[0]
  const edit = (change: Partial<Edits>) =>
    setWork((before) => ({ edits: { ...before.edits, ...change }, base: before.base ?? config }))
  const editable = domain.operations.includes('redefine')
  const attachable = domain.operations.includes('attachDevice')
  const kinds = host?.limits.devices ?? []
  const wanted = applied(config, edits)
  const changes = changed ? configChanges(running, config, wanted) : []
  const clashes = changed && base !== null ? conflicts(base, config, edits) : []
  const right = editable && isRight(edits, host?.limits.pinning ?? 0, t)

  const apply = async (): Promise<boolean> => {
    setBusy(true)
    const done = await undoably(async () => {
      const result = await client.call('domainRedefine', { uuid: domain.uuid, config: wanted, base: config })
      if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
      return result.ok
    })
    setBusy(false)
    // What was changed meanwhile stays, as changes of what stands now.
    if (done) setWork((now) => (now.edits === edits ? nothing : { edits: now.edits, base: null }))
    return done
  }
  const answer = async (choice: LeaveChoice) => {
    if (choice === 'discard') {
      setWork(nothing)
      setTyped(null)
    } else if (choice === 'stay' || !(await apply())) setLeaving(null)
  }

  const partItem = ({ id, icon, name }: PartRow) => <SideItem key={id} id={id} icon={icon} name={name(t)} />
  const pageProps = { domain, visible, edits, editable, onEdit: edit, typed, onType: setTyped }
  return (
    <div className="details">
      <div className="details-main">
        <aside className="side">
          <SideList label={t('details.list')} chosen={device?.key ?? part?.id ?? ''} onChoose={setChosen}>
            {placed('first').map(partItem)}
            {devices.map((listed) => {
              const mark = marks[listed.standing]
              return (
                <SideItem
                  key={listed.key}
                  id={listed.key}
                  icon={deviceIcons[listed.device.kind]}
                  name={deviceName(listed.device, t)}
                  note={deviceWords(listed.device, t)}
                  mark={mark !== undefined && <Icon name={mark} className="details-mark" />}
                />
              )
            })}
            {placed('last').map(partItem)}
          </SideList>
          {kinds.length > 0 && (
            <div className="side-foot">
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
                  // Those who look for what other hypervisors have find why it is not here.
                  {
                    kind: 'action',
                    id: 'other',
                    label: t('details.add-none'),
                    disabled: true,
                    reason: t('details.add-none-why'),
                  },
                ]}
                onAction={(id) => {
                  if (id === 'vbd' || id === 'vif' || id === 'vfb') onAdding(id)
                }}
              />
            </div>
          )}
        </aside>
        <div
          className="details-page"
          data-testid="details-page"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls on small screens, and the keyboard must reach that
          tabIndex={0}
        >
          {device !== undefined ? (
            <DevicePage key={device.key} {...pageProps} listed={device} />
          ) : (
            part !== undefined && <part.page {...pageProps} />
          )}
        </div>
      </div>
      {clashes.length > 0 && <Notice tone="warn">{t('details.clash', { changes: changeNames(clashes, t) })}</Notice>}
      {(changed || device !== undefined || part?.ownButtons !== true) && (
        <footer className="details-foot">
          <span className="details-foot-words" role="status">
            {!editable
              ? t('details.not-now', { state: t(`state.${domain.state}`) })
              : changed
                ? whenWords(changes, t)
                : t('details.unchanged')}
          </span>
          <Button disabled={!changed || busy} onPress={() => setWork(nothing)}>
            {t('details.revert')}
          </Button>
          <Button kind="primary" disabled={!changed || busy || !right} onPress={() => void apply()}>
            {t('button.apply')}
          </Button>
        </footer>
      )}
      <UndoBar about={domain.uuid} />
      {leaving !== null && !(leaving.isApplied && busy) && (
        <LeaveDialog
          title={t('details.leave-title', { name: domain.name })}
          what={[whenWords(changes, t), typed === null ? '' : t('details.leave-text')].join(' ').trim()}
          canApply={right && typed === null}
          busy={busy}
          onChoice={(choice) => void answer(choice)}
        />
      )}
      {adding !== null && (
        <AddDevice
          kind={adding}
          domain={domain}
          onClose={() => onAdding(null)}
          onAdded={(key) => {
            onAdding(null)
            setChosen(key)
          }}
        />
      )}
    </div>
  )
}
