// The virtual networks: a list, and the chosen one beside it with its addresses, who is in it, which addresses it gave and which
// ports lead into it. New ones are filled in here too.
// Invariant: nothing is changed before Apply or Create is pressed, and nobody leaves changes behind without being asked; a refusal keeps what was typed; what was done can be undone.
// Runs in: networks and host windows.

import { useRef, useState } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { NetworkInfo } from '../../../src-main/public/types'
import { useAnnounce } from '../../components/Announcer'
import { Button } from '../../components/Button'
import { Check } from '../../components/Check'
import { NumberField, TextField } from '../../components/Field'
import { goToList } from '../../components/home'
import { useWords } from '../../components/Language'
import { Question } from '../../components/Question'
import { SelectField } from '../../components/Select'
import { SideItem, SideList } from '../../components/SideList'
import { neighbourOf } from '../../components/use-neighbour'
import { Activity } from '../../features/activity/Activity'
import { useConnectionTitle } from '../../features/connection/use-connection-title'
import { UndoBar } from '../../features/undo/UndoBar'
import { useUndoKey } from '../../features/undo/use-undo-key'
import { useNetworks } from '../../state/answers'
import { FixedLeases } from './FixedLeases'
import { LeaveNetwork } from './LeaveNetwork'
import { NetworkTraffic } from './NetworkTraffic'
import { checkNetworkForm, formOf, isQuad, type NetworkForm, networkOf, newNetwork, rangeFor, withHost } from './network-form'
import { useNetworkChanges } from './use-network-changes'
import './networks.css'
import { Refusal } from '../../remedy/Refusal'

/** Among the keys of the list: the network that does not exist yet. */
const NEW = ' new'

export function NetworksView() {
  const { t } = useWords()
  const [chosen, setChosen] = useState('default')
  useUndoKey()
  useConnectionTitle(t('network.window'))
  return (
    <div className="window">
      <NetworksPanel chosen={chosen} onChoose={setChosen} />
      <Activity uuid={null} />
      <UndoBar />
    </div>
  )
}

/** Also a page of the host window. */
export function NetworksPanel(props: { readonly chosen: string; readonly onChoose: (name: string) => void }) {
  const { chosen, onChoose } = props
  const { t } = useWords()
  const networks = useNetworks()
  /** The one that is shown: it stays until its changes are applied or given up. */
  const [shown, setShown] = useState(chosen)
  const info = networks.find(({ network }) => network.name === shown) ?? networks[0]
  const isNew = shown === NEW
  const now = useRef({ chosen, shown })
  now.current = { chosen, shown }
  /** From the one that is shown here. Who chose another one while the answer was under way is there, or gets there. */
  const go = (name: string) => {
    if (now.current.shown !== shown) return
    setShown(name)
    if (now.current.chosen === shown) onChoose(name)
  }
  const names = networks.map(({ network }) => network.name)
  const page = {
    leaving: chosen !== shown,
    onLeave: () => setShown(chosen),
    onStay: () => onChoose(shown),
    onDone: go,
    onGone: (name: string) => {
      go(
        neighbourOf(
          name,
          names,
          names.filter((each) => each !== name),
        ) ?? 'default',
      )
      goToList()
    },
  }
  return (
    <div className="networks">
      <aside className="side">
        <SideList label={t('network.list')} chosen={isNew ? '' : (info?.network.name ?? '')} onChoose={onChoose}>
          {networks.map(({ network: { name, kind, stopped } }) => {
            const what = t(`network.kind-${kind}`)
            const note = stopped === true ? t('network.kind-stopped', { kind: what }) : what
            return <SideItem key={name} id={name} icon="network" name={name} note={note} />
          })}
        </SideList>
        <div className="side-foot">
          <Button icon="plus" onPress={() => onChoose(NEW)}>
            {t('network.new')}
          </Button>
        </div>
      </aside>
      {isNew ? (
        <NetworkPage
          key={NEW}
          info={null}
          start={newNetwork(networks.map(({ network }) => network))}
          onCancel={() => go('default')}
          {...page}
        />
      ) : (
        info !== undefined && (
          <NetworkPage key={info.network.name} info={info} start={formOf(info.network)} onCancel={() => undefined} {...page} />
        )
      )}
    </div>
  )
}

function NetworkPage(props: {
  /** Null for a new one. */
  readonly info: NetworkInfo | null
  readonly start: NetworkForm
  readonly onDone: (name: string) => void
  readonly onGone: (name: string) => void
  readonly onCancel: () => void
  /** Another one was chosen. */
  readonly leaving: boolean
  readonly onLeave: () => void
  readonly onStay: () => void
}) {
  const { info, start } = props
  const { t } = useWords()
  const changes = useNetworkChanges()
  const announce = useAnnounce()
  const [edits, setEdits] = useState<Partial<NetworkForm>>({})
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const [deleting, setDeleting] = useState(false)
  const [applying, setApplying] = useState(false)
  // The range of a new network follows its address and size until it is typed itself.
  const { address, prefix } = { ...start, ...edits }
  const form: NetworkForm = { ...start, ...(info === null && isQuad(address) ? rangeFor(address, prefix) : {}), ...edits }
  const errors = checkNetworkForm(form, t)
  const right = Object.keys(errors).length === 0
  const changed = info === null || JSON.stringify(networkOf(form)) !== JSON.stringify(networkOf(start))
  const edit = (change: Partial<NetworkForm>) => {
    setEdits((before) => ({ ...before, ...change }))
    setRefusal(null)
  }
  const define = async (): Promise<boolean> => {
    const result = await changes.define(networkOf(form), info?.network ?? null)
    if (!result.ok) setRefusal(result.error)
    return result.ok
  }
  const apply = async () => {
    setApplying(true)
    const done = await define()
    setApplying(false)
    // What was refused stands below the fields, which are to be seen then.
    if (!done) return props.onStay()
    // What was changed meanwhile stays, as changes of what stands now.
    setEdits((now) => (now === edits ? {} : now))
    props.onDone(networkOf(form).name)
  }
  const stopped = info?.network.stopped === true
  const run = async () => {
    if (info === null) return
    const { name } = info.network
    const result = await changes.run(info.network, stopped)
    setRefusal(result.ok ? null : result.error)
    if (result.ok) announce(t(stopped ? 'undo.network-started' : 'undo.network-stopped', { name }))
  }
  const remove = async () => {
    setDeleting(false)
    if (info === null) return
    const result = await changes.undefine(info.network)
    if (result.ok) props.onGone(info.network.name)
    else setRefusal(result.error)
  }
  return (
    <form
      className="network-form"
      noValidate
      onSubmit={(event) => {
        event.preventDefault()
        if (changed && right) void apply()
      }}
    >
      <div className="network-body">
        <div className="network-title">
          <h2>{info === null ? t('network.new') : info.network.name}</h2>
          {info !== null && <span className="muted">{t(stopped ? 'network.stopped' : 'network.active')}</span>}
          <span className="fill" />
          {info !== null && (
            <Button icon={stopped ? 'run' : 'stop'} onPress={() => void run()}>
              <span className="same-width">
                <span>{t(stopped ? 'network.start' : 'network.stop')}</span>
                <span aria-hidden="true">{t(stopped ? 'network.stop' : 'network.start')}</span>
              </span>
            </Button>
          )}
          {info !== null && (
            <Button icon="trash" disabled={info.permanent || info.usedBy.length > 0} onPress={() => setDeleting(true)}>
              {t('network.delete')}
            </Button>
          )}
        </div>
        <TextField
          label={t('network.name')}
          value={form.name}
          maxLength={64}
          disabled={info?.permanent === true || (info?.usedBy.length ?? 0) > 0}
          onChange={(name) => edit({ name })}
          error={errors.name}
        />
        <SelectField
          label={t('network.kind')}
          value={form.kind}
          choices={[
            { value: 'nat', label: t('network.kind-nat') },
            { value: 'isolated', label: t('network.kind-isolated') },
            { value: 'routed', label: t('network.kind-routed'), disabled: true },
            { value: 'bridged', label: t('network.kind-bridged'), disabled: true },
          ]}
          onChange={(kind) => {
            if (kind === 'nat' || kind === 'isolated') edit({ kind })
          }}
          hint={`${t(`network.kind-${form.kind}-hint`)}. ${t('network.later')}`}
        />
        <TextField
          label={t('network.address')}
          value={form.address}
          mono
          onChange={(address) => edit({ address })}
          hint={t('network.address-hint')}
          error={errors.address}
        />
        <NumberField
          label={t('network.prefix')}
          value={form.prefix}
          unit=""
          step={1}
          smallest={16}
          largest={30}
          lessLabel={t('network.prefix-less')}
          moreLabel={t('network.prefix-more')}
          onChange={(prefix) => edit({ prefix })}
          hint={t('network.prefix-hint', { count: t.number(2 ** (32 - (form.prefix || 24)) - 2) })}
          error={errors.prefix}
        />
        <div className="network-check">
          <Check label={t('network.dhcp')} value={form.dhcp} onChange={(dhcp) => edit({ dhcp })} />
        </div>
        <div className="network-range">
          <TextField
            label={t('network.dhcp-first')}
            value={form.first}
            mono
            disabled={!form.dhcp}
            onChange={(first) => edit({ first })}
            error={errors.first}
          />
          <TextField
            label={t('network.dhcp-last')}
            value={form.last}
            mono
            disabled={!form.dhcp}
            onChange={(last) => edit({ last })}
            error={errors.last}
          />
        </div>
        <FixedLeases form={form} onChange={(hosts) => edit({ hosts })} />
        {form.kind === 'nat' && (
          <div className="network-check">
            <Check
              label={t('network.loopback')}
              value={form.hostLoopback}
              onChange={(hostLoopback) => edit({ hostLoopback })}
            />
          </div>
        )}
        {info !== null && (
          <NetworkTraffic
            info={info}
            fixed={form.hosts}
            onKeep={(mac, address) => edit({ hosts: withHost(form.hosts, mac, address) })}
          />
        )}
        <Refusal error={refusal} onChange={setRefusal} />
      </div>
      <footer className="window-foot">
        <span className="muted" role="status">
          {info !== null && t(changed ? 'network.changed' : 'network.unchanged')}
        </span>
        <span className="fill" />
        <Button
          disabled={!changed || applying}
          onPress={() => {
            setEdits({})
            setRefusal(null)
            props.onCancel()
          }}
        >
          {t(info === null ? 'button.cancel' : 'details.revert')}
        </Button>
        <Button kind="primary" submit disabled={!changed || !right || applying}>
          {t(info === null ? 'network.create' : 'button.apply')}
        </Button>
      </footer>
      <LeaveNetwork
        name={info?.network.name ?? form.name}
        isNew={info === null}
        changed={info === null ? Object.keys(edits).length > 0 : changed}
        right={right}
        applying={applying}
        leaving={props.leaving}
        onApply={define}
        onDiscard={() => setEdits({})}
        onLeave={props.onLeave}
        onStay={props.onStay}
      />
      {deleting && info !== null && (
        <Question
          title={t('network.delete-title', { name: info.network.name })}
          yes={t('network.delete')}
          onAnswer={(yes) => (yes ? void remove() : setDeleting(false))}
        >
          <p>{t('network.delete-body')}</p>
        </Question>
      )}
    </form>
  )
}
