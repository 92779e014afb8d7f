// The dialogs about connections: a new one, what there is to know and change of one, closing one whose guests run, removing one.
// Invariant: Escape and Cancel leave everything as it was; what is refused is said in the dialog, and what was typed stays.
// Runs in: manager window.

import { type ReactNode, useState } from 'react'
import {
  type CloseChoice,
  type ConnectionDriver,
  type ConnectionInfo,
  closeChoices,
  connectionDrivers,
  connectionNameShape,
  type DriverKind,
  driverKinds,
} from '../../../src-main/public/connection'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { Button } from '../../components/Button'
import { Check } from '../../components/Check'
import { Dialog } from '../../components/Dialog'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { Ways } from '../../components/Ways'
import { connectionName } from '../../lib/connection-name'
import { useConnections } from '../../state/answers'
import { useAppState, useAppStore } from '../../state/store'
import { connectionLine, guestsThatRun } from './connection-words'
import './connection.css'

const kinds = Object.keys(driverKinds).filter((kind): kind is DriverKind => kind in driverKinds)
const isDone = (kind: DriverKind): kind is ConnectionDriver => connectionDrivers.some((each) => each === kind)

/** What is wrong with a name, before anybody is asked. */
function useNameError(): (name: string, own?: ConnectionInfo) => string | undefined {
  const { t } = useWords()
  const connections = useConnections()
  return (name, own) => {
    if (!connectionNameShape.is(name)) return t('connection.name-bad')
    const isTaken = connections.some(
      (each) => each.connection !== own?.connection && connectionName(each, t).toLowerCase() === name.toLowerCase(),
    )
    return isTaken ? t('connection.name-taken') : undefined
  }
}

function Refusal(props: { readonly error: ErrorReport | null }) {
  const { t } = useWords()
  if (props.error === null) return null
  const { cause, action } = errorText(props.error, t.language)
  return (
    <Notice tone="bad" boxed action={action}>
      {cause}
    </Notice>
  )
}

function freeName(base: string, taken: readonly string[]): string {
  const names = new Set(taken.map((name) => name.toLowerCase()))
  let name = base
  for (let number = 2; names.has(name.toLowerCase()); number++) name = `${base} ${number}`
  return name
}

export function AddConnectionDialog(props: { readonly onClose: () => void; readonly onAdded: (connection: string) => void }) {
  const { t } = useWords()
  const client = useClient()
  const connections = useConnections()
  const [driver, setDriver] = useState<ConnectionDriver>('embedded')
  const [typed, setTyped] = useState<string | null>(null)
  const [autoconnect, setAutoconnect] = useState(true)
  const [refused, setRefused] = useState<ErrorReport | null>(null)
  const [busy, setBusy] = useState(false)
  const nameError = useNameError()
  const names = connections.map((each) => connectionName(each, t))
  const name = typed ?? freeName(t(`connection.short-${driver}`), names)
  const wrong = nameError(name.trim())
  const add = async () => {
    if (wrong !== undefined) return
    setBusy(true)
    const made = await client.call('connectionDefine', { connection: null, name: name.trim(), driver, autoconnect })
    setBusy(false)
    if (made.ok) props.onAdded(made.value.connection)
    else setRefused(made.error)
  }
  return (
    <Dialog
      title={t('connection.add-title')}
      width={540}
      onClose={props.onClose}
      onSubmit={() => void add()}
      buttons={
        <>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit disabled={busy || wrong !== undefined}>
            {t('connection.add-button')}
          </Button>
        </>
      }
    >
      <Ways
        label={t('connection.driver')}
        value={driver}
        ways={kinds.map((value) => ({
          value,
          name: t(`connection.driver-${value}`),
          hint: t(`connection.hint-${value}`),
          disabled: !isDone(value),
        }))}
        onChange={(chosen) => setDriver(isDone(chosen) ? chosen : driver)}
      />
      <TextField label={t('connection.name')} value={name} autoFocus onChange={setTyped} error={wrong} />
      <Check label={t('connection.autoconnect')} value={autoconnect} onChange={setAutoconnect} />
      <Refusal error={refused} />
    </Dialog>
  )
}

function Fact(props: { readonly name: string; readonly mono?: boolean; readonly children: ReactNode }) {
  return (
    <>
      <dt>{props.name}</dt>
      <dd className={props.mono === true ? 'mono selectable' : 'selectable'}>{props.children}</dd>
    </>
  )
}

export function ConnectionPropertiesDialog(props: { readonly connection: ConnectionInfo; readonly onClose: () => void }) {
  const { t } = useWords()
  const client = useClient()
  const { connection } = props
  const [name, setName] = useState(connectionName(connection, t))
  const [autoconnect, setAutoconnect] = useState(connection.autoconnect)
  const [refused, setRefused] = useState<ErrorReport | null>(null)
  const nameError = useNameError()
  // What it is now: it may open or close while the dialog is there.
  const now = useConnections().find((each) => each.connection === connection.connection) ?? connection
  const wrong = nameError(name.trim(), connection)
  const apply = async () => {
    if (wrong !== undefined) return
    const isOwn = connection.name === null && name.trim() === connectionName(connection, t)
    const { driver } = connection
    const order = { connection: connection.connection, name: isOwn ? null : name.trim(), driver, autoconnect }
    const done = await client.call('connectionDefine', order)
    if (done.ok) props.onClose()
    else setRefused(done.error)
  }
  return (
    <Dialog
      title={t('connection.properties-of', { name: connectionName(connection, t) })}
      width={560}
      onClose={props.onClose}
      onSubmit={() => void apply()}
      buttons={
        <>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit disabled={wrong !== undefined}>
            {t('button.apply')}
          </Button>
        </>
      }
    >
      <TextField label={t('connection.name')} value={name} autoFocus onChange={setName} error={wrong} />
      <Check label={t('connection.autoconnect')} value={autoconnect} onChange={setAutoconnect} />
      <dl className="facts connection-facts">
        <Fact name={t('connection.driver')}>{t(`connection.driver-${connection.driver}`)}</Fact>
        <Fact name={t('connection.state')}>{connectionLine(now, t)}</Fact>
        <Fact name={t('connection.folder')} mono>
          {connection.folder}
        </Fact>
        <Fact name={t('connection.id')} mono>
          {connection.connection}
        </Fact>
      </dl>
      <Refusal error={refused} />
    </Dialog>
  )
}

/** Closing one whose guests run: what becomes of them. */
export function CloseConnectionDialog(props: { readonly connection: ConnectionInfo; readonly onClose: () => void }) {
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const { connection } = props
  const domains = useAppState((state) => state.domains)
  const [way, setWay] = useState<CloseChoice>('save')
  const names = guestsThatRun(domains, connection.connection).map(({ name }) => name)
  const disconnect = async () => {
    // Saving takes its time: jobs show it, not the dialog.
    props.onClose()
    const closed = await client.call('connectionClose', { connection: connection.connection, guests: way })
    if (!closed.ok) store.dispatch({ kind: 'failed', error: closed.error })
  }
  return (
    <Dialog
      title={t('connection.close-title', { name: connectionName(connection, t) })}
      alert
      onClose={props.onClose}
      onSubmit={() => void disconnect()}
      buttons={
        <>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit>
            {t('connection.close')}
          </Button>
        </>
      }
    >
      <p className="quit-names">{names.join(', ')}</p>
      <p>{t('connection.close-body')}</p>
      <Ways
        label={t('connection.close-choices')}
        value={way}
        autoFocus
        ways={closeChoices.map((value) => ({ value, name: t(`quit.${value}`), hint: t(`quit.${value}-hint`) }))}
        onChange={setWay}
      />
    </Dialog>
  )
}

export function RemoveConnectionDialog(props: {
  readonly connection: ConnectionInfo
  readonly onClose: () => void
  readonly onRemove: () => void
}) {
  const { t } = useWords()
  const { connection } = props
  return (
    <Dialog
      title={t('connection.remove-title', { name: connectionName(connection, t) })}
      alert
      width={520}
      onClose={props.onClose}
      onSubmit={props.onRemove}
      buttons={
        <>
          <Button autoFocus onPress={props.onClose}>
            {t('button.cancel')}
          </Button>
          <Button kind="danger" submit>
            {t('connection.remove-button')}
          </Button>
        </>
      }
    >
      <p>{t('connection.remove-body')}</p>
      <p className="mono selectable">{connection.folder}</p>
    </Dialog>
  )
}
