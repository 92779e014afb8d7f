// The dialogs about connections: a new one, what there is to know and change of one, closing one whose guests run, removing one.
// Invariant: Escape and Cancel leave everything as it was; what is refused is said in the dialog, and what was typed stays.
// Runs in: manager window.

import { useQuery } from '@tanstack/react-query'
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
  type FormerConnection,
  type JobChoice,
  jobChoices,
} from '../../../src-main/public/connection'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { nameKey, properName } from '../../../src-main/public/name'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { Button } from '../../components/Button'
import { Check } from '../../components/Check'
import { Dialog } from '../../components/Dialog'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { Question } from '../../components/Question'
import { SelectField } from '../../components/Select'
import { Ways } from '../../components/Ways'
import { connectionName } from '../../lib/connection-name'
import { lastPart } from '../../lib/path'
import { someNames, sortedNames } from '../../lib/some-names'
import type { Translator } from '../../lib/translate'
import { Refusal } from '../../remedy/Refusal'
import { useConnections } from '../../state/answers'
import { useAppState } from '../../state/store'
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
      (each) =>
        each.connection !== own?.connection && nameKey(connectionName(each, t).toLowerCase()) === nameKey(name.toLowerCase()),
    )
    return isTaken ? t('connection.name-taken') : undefined
  }
}

function formerWords(former: FormerConnection, t: Translator): string {
  const name = former.name ?? lastPart(former.folder)
  return t('connection.from-former', { name, guests: t.count('manager.guests', former.domains) })
}

function freeName(base: string, taken: readonly string[]): string {
  const names = new Set(taken.map((name) => name.toLowerCase()))
  let name = base
  for (let number = 2; names.has(name.toLowerCase()); number++) name = `${base} ${number}`
  return name
}

/** Among identifiers: no connection that was removed, but a new one. */
const FRESH = 'new'

export function AddConnectionDialog(props: { readonly onClose: () => void; readonly onAdded: (connection: string) => void }) {
  const { t } = useWords()
  const client = useClient()
  const connections = useConnections()
  const [picked, setDriver] = useState<ConnectionDriver>('embedded')
  const [former, setFormer] = useState<FormerConnection | null>(null)
  const [typed, setTyped] = useState<string | null>(null)
  const [autoconnect, setAutoconnect] = useState(true)
  const [refused, setRefused] = useState<ErrorReport | null>(null)
  const [busy, setBusy] = useState(false)
  const nameError = useNameError()
  const { data: formers = [] } = useQuery({ ...callQuery(client, 'connectionFormer', {}), refetchOnMount: 'always' })
  // What it connects to stays as it was made.
  const driver = former?.driver ?? picked
  const names = connections.map((each) => connectionName(each, t))
  const name = typed ?? freeName(former?.name ?? t(`connection.short-${driver}`), names)
  const wrong = nameError(properName(name))
  const add = async () => {
    if (wrong !== undefined) return
    setBusy(true)
    const made = await client.call('connectionDefine', {
      connection: former?.connection ?? null,
      name: properName(name),
      driver,
      autoconnect,
    })
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
          disabled: !isDone(value) || (former !== null && value !== driver),
        }))}
        onChange={(chosen) => setDriver(isDone(chosen) ? chosen : driver)}
      />
      {formers.length > 0 && (
        <SelectField
          label={t('connection.from')}
          value={former?.connection ?? FRESH}
          choices={[
            { value: FRESH, label: t('connection.from-none') },
            ...formers.map((each) => ({ value: each.connection, label: formerWords(each, t) })),
          ]}
          hint={t('connection.from-hint')}
          onChange={(chosen) => {
            setFormer(formers.find(({ connection }) => connection === chosen) ?? null)
            setTyped(null)
          }}
        />
      )}
      <TextField label={t('connection.name')} value={name} autoFocus onChange={setTyped} error={wrong} />
      <Check label={t('connection.autoconnect')} value={autoconnect} onChange={setAutoconnect} />
      <Refusal error={refused} onChange={setRefused} />
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
  const wrong = nameError(properName(name), connection)
  const apply = async () => {
    if (wrong !== undefined) return
    const isOwn = connection.name === null && properName(name) === connectionName(connection, t)
    const { driver } = connection
    const order = { connection: connection.connection, name: isOwn ? null : properName(name), driver, autoconnect }
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
      <Refusal error={refused} onChange={setRefused} />
    </Dialog>
  )
}

/** Closing one that is in use: what becomes of guests that run, and of jobs at work. */
export function CloseConnectionDialog(props: {
  readonly connection: ConnectionInfo
  readonly busy: boolean
  readonly onClose: () => void
  readonly onChosen: (endings: { readonly guests?: CloseChoice; readonly jobs?: JobChoice }) => void
}) {
  const { t } = useWords()
  const { connection, busy } = props
  const domains = useAppState((state) => state.domains)
  const [way, setWay] = useState<CloseChoice>('save')
  const [jobs, setJobs] = useState<JobChoice>('wait')
  const names = guestsThatRun(domains, connection.connection).map(({ name }) => name)
  const hasGuests = names.length > 0
  return (
    <Dialog
      title={t('connection.close-title', { name: connectionName(connection, t) })}
      alert
      onClose={props.onClose}
      onSubmit={() => props.onChosen({ ...(hasGuests && { guests: way }), ...(busy && { jobs }) })}
      buttons={
        <>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit>
            {t('connection.close')}
          </Button>
        </>
      }
    >
      {hasGuests && (
        <>
          <p className="quit-names">{someNames(sortedNames(names, t.language), t)}</p>
          <p>{t('connection.close-body')}</p>
          <Ways
            label={t('connection.close-choices')}
            value={way}
            autoFocus
            ways={closeChoices.map((value) => ({ value, name: t(`quit.${value}`), hint: t(`quit.${value}-hint`) }))}
            onChange={setWay}
          />
        </>
      )}
      {busy && (
        <>
          <p>{t('connection.busy-body')}</p>
          <Ways
            label={t('connection.jobs')}
            value={jobs}
            autoFocus={!hasGuests}
            ways={jobChoices.map((value) => ({
              value,
              name: t(`connection.jobs-${value}`),
              hint: t(`connection.jobs-${value}-hint`),
            }))}
            onChange={setJobs}
          />
        </>
      )}
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
    <Question
      title={t('connection.remove-title', { name: connectionName(connection, t) })}
      yes={t('connection.remove-button')}
      width={520}
      onAnswer={(yes) => (yes ? props.onRemove() : props.onClose())}
    >
      <p>{t('connection.remove-body')}</p>
      <p className="mono selectable">{connection.folder}</p>
    </Question>
  )
}
