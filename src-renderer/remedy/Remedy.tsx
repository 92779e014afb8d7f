// The button beside an error: mends what we can mend, or opens the window where it is mended.
// Invariant: it is there only when what it needs is: the machine, the network or the connection that the error names.
// Runs in: every window.

import { useState } from 'react'
import { type ErrorReport, errorReport } from '../../src-main/public/error-code'
import type { Result } from '../../src-main/public/result'
import type { DomainInfo, NetworkInfo, WindowView } from '../../src-main/public/types'
import { useClient } from '../client/Client'
import { type Mend, remedies } from '../client/error-remedy'
import { Button } from '../components/Button'
import { useWords } from '../components/Language'
import { Question } from '../components/Question'
import { connectionName } from '../lib/connection-name'
import { useConnections } from '../state/answers'
import { connectionOf } from '../state/app-state'
import { useAppState, useAppStore } from '../state/store'

type Done = Promise<Result<unknown, ErrorReport>>

/** Pages of a machine's window. */
const pages: Partial<Record<Mend, string>> = { details: 'details', log: 'log', snapshots: 'snapshots', console: 'console' }

export function Remedy(props: {
  readonly error: ErrorReport
  /** Of the connection it is about; left out: this window's. */
  readonly connection?: string | undefined
  /** The machine that was to do it, where the error names none. */
  readonly uuid?: string | undefined
  /** Nothing that only turns a page of this window. */
  readonly elsewhere?: boolean
  /** Done, or on its way in a window of its own. */
  readonly onMended: () => void
  /** Left out: told on a card. */
  readonly onFailed?: (error: ErrorReport) => void
}) {
  const { reason, values } = props.error
  const { mend } = remedies[reason]
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const connections = useConnections()
  const domains = useAppState((state) => state.domains)
  const [asking, setAsking] = useState(false)
  if (mend === undefined) return null
  const { name = '', network = '', path = '', kept = '' } = values
  const isHere = (of: string): boolean => props.connection === undefined || of === props.connection
  const named = Object.values(domains).find((domain) => domain.name === name && isHere(connectionOf(domain)))
  const machine = named ?? (name === '' && props.uuid !== undefined ? domains[props.uuid] : undefined)
  const closed = connections.find((each) => connectionName(each, t) === name || (each.name ?? each.driver) === name)
  const at = props.connection === undefined ? {} : { connection: props.connection }
  const shown = new URLSearchParams(window.location.search)
  const isShown = (view: WindowView, uuid?: string): boolean =>
    props.elsewhere === true && shown.get('view') === view && (uuid === undefined || shown.get('uuid') === uuid)
  const opens = (view: 'doctor' | 'networks' | 'host', page?: string): (() => Done) | undefined => {
    if (isShown(view)) return undefined
    const uuid = view === 'doctor' ? null : (props.connection ?? null)
    return () => client.call('windowOpen', { view, uuid, ...(page !== undefined && { page }) })
  }

  const startNetwork = async (): Done => {
    const list = await client.call('networkList', at)
    if (!list.ok) return list
    const found: NetworkInfo | undefined = list.value.find((each) => each.network.name === network)
    if (found === undefined) return { ok: false, error: errorReport('no-network', { network }) }
    const { stopped: _stopped, ...running } = found.network
    return client.call('networkDefine', { ...at, network: running, replaces: network, base: found.network })
  }

  const restore = async (): Done => {
    const trash = await client.call('trashList', {})
    if (!trash.ok) return trash
    const [newest] = trash.value.filter(({ uuid }) => uuid === values['uuid']).sort((x, y) => y.deletedAt - x.deletedAt)
    if (newest === undefined) return { ok: false, error: errorReport('no-domain', { uuid: values['uuid'] ?? '' }) }
    return client.call('trashRestore', { id: newest.id })
  }

  const work = (): (() => Done) | undefined => {
    const page = pages[mend]
    if (page !== undefined || mend === 'pause') {
      if (machine === undefined) return undefined
      const { uuid } = machine
      if (page === undefined) return () => client.call('domainSuspend', { uuid })
      return isShown('domain', uuid) ? undefined : () => client.call('windowOpen', { view: 'domain', uuid, page })
    }
    switch (mend) {
      case 'network-start':
        return startNetwork
      case 'fresh': {
        if (machine?.state !== 'saved') return undefined
        const { uuid } = machine
        return () => client.call('domainCreate', { uuid, fresh: true })
      }
      case 'repair':
        return () => client.call('imageCheck', { ...at, path, repair: true })
      case 'restore':
        return values['uuid'] === undefined ? undefined : restore
      case 'file':
        return kept === '' ? undefined : () => client.call('asideShow', { path: kept })
      case 'create':
        return isShown('create-domain') ? undefined : () => client.call('windowOpen', { view: 'create-domain', uuid: null })
      case 'connect':
        return closed === undefined ? undefined : () => client.call('connectionOpen', { connection: closed.connection })
      case 'storage':
        return opens('host', 'storage')
      case 'networks':
      case 'doctor':
        return opens(mend)
    }
    return undefined
  }
  const act = work()
  if (act === undefined) return null
  const press = async () => {
    const done = await act()
    if (done.ok) props.onMended()
    else if (props.onFailed) props.onFailed(done.error)
    else store.dispatch({ kind: 'failed', error: done.error })
  }
  const label = t(`mend.${mend}`, { name: machine?.name ?? name })
  if (mend !== 'fresh' || machine === undefined) return <Button onPress={() => void press()}>{label}</Button>
  return (
    <>
      <Button onPress={() => setAsking(true)}>{label}</Button>
      {asking && (
        <DiscardQuestion
          domain={machine}
          onAnswer={(yes) => {
            setAsking(false)
            if (yes) void press()
          }}
        />
      )}
    </>
  )
}

function DiscardQuestion(props: { readonly domain: DomainInfo; readonly onAnswer: (yes: boolean) => void }) {
  const { domain, onAnswer } = props
  const { t, formats } = useWords()
  return (
    <Question title={t('confirm.fresh-title', { name: domain.name })} yes={t('confirm.fresh-button')} onAnswer={onAnswer}>
      <p>{t('confirm.fresh-body', { time: formats.dateTime(domain.savedAt ?? 0) })}</p>
    </Question>
  )
}
