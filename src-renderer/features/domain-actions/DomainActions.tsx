// Carries out actions on domains: asks first where the table says so, picks files, calls the toolstack, shows failures.
// Views get one function, perform(action, domain or domains), and need to know nothing of how.
// Invariant: one dialog at a time; a confirmed action is checked again against what is allowed then.
// Runs in: manager and domain windows.

import { createContext, type ReactNode, useCallback, useContext, useMemo, useRef, useState } from 'react'
import { deviceKey } from '../../../src-main/public/device'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { Result } from '../../../src-main/public/result'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { Question } from '../../components/Question'
import { NAMES_SHOWN, someNames } from '../../lib/some-names'
import { usePreferences } from '../../state/answers'
import { useAppStore } from '../../state/store'
import { actionCalls } from './action-calls'
import { type ActionId, actionTable, canBeMany, doneTo, isReadyAfter, labelOf, listOf, savedFileName } from './action-table'
import { DeletedDisks } from './DeletedDisks'
import { useDoneOnce } from './double-click'

/** On one domain, or on all of several for which it is allowed now. */
type Perform = (action: ActionId, domains: DomainInfo | readonly DomainInfo[] | null) => void

const PerformContext = createContext<Perform>(() => undefined)

export function usePerform(): Perform {
  return useContext(PerformContext)
}

const asked = ['forceOff', 'reset', 'delete', 'runFresh', 'shutdown', 'reboot', 'save', 'managedSave', 'pause'] as const
type AskedAction = (typeof asked)[number]

function isAsked(action: ActionId): action is AskedAction {
  return asked.some((each) => each === action)
}

interface Asked {
  readonly action: AskedAction
  /** Those it is done to. */
  readonly domains: readonly DomainInfo[]
  /** Those it cannot be done to now. */
  readonly left: readonly DomainInfo[]
}

/** A start that failed because an image refers to a file that the user was not asked about. */
interface Refused {
  readonly domain: DomainInfo
  readonly fresh: boolean
  readonly error: ErrorReport
}

export function DomainActionsProvider(props: {
  readonly children: ReactNode
  /** The dialog that asks how to clone: another feature's. */
  readonly cloneDialog: (domain: DomainInfo, onClose: () => void) => ReactNode
  /** The dialogs for a snapshot and for a running copy: another feature's too. */
  readonly snapshotDialog: (action: 'snapshot' | 'fork', domain: DomainInfo, onClose: () => void) => ReactNode
  /** The dialog that asks how to save a template: another feature's too. */
  readonly templateDialog: (domain: DomainInfo, onClose: () => void) => ReactNode
  /** Asks whether the file of a `backing-refused` may be opened: another feature's too. */
  readonly backingDialog: (error: ErrorReport, onAnswer: (open: boolean) => void) => ReactNode
}) {
  const client = useClient()
  const store = useAppStore()
  const { t } = useWords()
  const preferences = usePreferences()
  const [question, setQuestion] = useState<Asked | null>(null)
  const [cloning, setCloning] = useState<DomainInfo | null>(null)
  const [copied, setCopied] = useState<{ readonly action: 'snapshot' | 'fork'; readonly domain: DomainInfo } | null>(null)
  const [templated, setTemplated] = useState<DomainInfo | null>(null)
  const [refused, setRefused] = useState<Refused | null>(null)

  const report = useCallback(
    (result: Result<unknown, ErrorReport>, uuid?: string) => {
      if (!result.ok) store.dispatch({ kind: 'failed', error: result.error, uuid: uuid ?? null })
    },
    [store],
  )

  const restore = useCallback(
    async (connection: string | undefined) => {
      const picked = await client.call('filePick', { kind: 'openSaved', suggestedName: '' })
      if (!picked.ok) return report(picked)
      const { path } = picked.value
      if (path !== null) report(await client.call('domainRestore', connection === undefined ? { path } : { connection, path }))
    },
    [client, report],
  )

  const save = useCallback(
    async (domain: DomainInfo) => {
      const picked = await client.call('filePick', { kind: 'saveSaved', suggestedName: savedFileName(domain, new Date()) })
      if (!picked.ok) return report(picked)
      const { path } = picked.value
      if (path !== null) report(await client.call('domainSave', { uuid: domain.uuid, path }), domain.uuid)
    },
    [client, report],
  )

  /** Deleting moves to the trash, and forces off first what was on when it was asked about; undoing takes from there all that were deleted together. `disks` are those of a single one. */
  const remove = useCallback(
    async (domains: readonly DomainInfo[], disks: readonly string[]) => {
      const gone: DomainInfo[] = []
      for (const domain of domains) {
        // Whether it is off then, deleting says.
        if (isReadyAfter('delete', domain)) await client.call('domainDestroy', { uuid: domain.uuid })
        const removed = await client.call('domainUndefine', { uuid: domain.uuid, disks })
        report(removed, domain.uuid)
        if (removed.ok) gone.push(domain)
      }
      const [first] = gone
      if (first === undefined) return
      const label = gone.length === 1 ? t('undo.delete', first) : t('undo.delete-many', { count: t.number(gone.length) })
      store.undo.add(label, async () => {
        const trash = await client.call('trashList', {})
        if (!trash.ok) return report(trash)
        for (const { uuid } of gone) {
          const entries = trash.value.filter((entry) => entry.uuid === uuid).sort((x, y) => y.deletedAt - x.deletedAt)
          const [newest] = entries
          if (newest !== undefined) report(await client.call('trashRestore', { id: newest.id }))
        }
      })
    },
    [client, report, store, t],
  )

  const run = useCallback(
    async (domain: DomainInfo, fresh: boolean) => {
      const started = await actionCalls[fresh ? 'runFresh' : 'run'](client, domain.uuid)
      if (!started.ok && started.error.reason === 'backing-refused') setRefused({ domain, fresh, error: started.error })
      else report(started, domain.uuid)
    },
    [client, report],
  )

  /** The answer goes into the definition; then it is started again, and perhaps the next file is asked about. */
  const answerRefused = async (open: boolean) => {
    setRefused(null)
    if (!open || refused === null) return
    const { domain, fresh, error } = refused
    const disk = domain.config?.devices.find((device) => device.kind === 'vbd' && device.dev === error.values['dev'])
    const { path } = error.values
    if (disk === undefined || path === undefined) return
    const allowed = await client.call('backingAllow', { uuid: domain.uuid, key: deviceKey(disk), path })
    if (allowed.ok) await run(domain, fresh)
    else report(allowed, domain.uuid)
  }

  const carryOutNow = useCallback(
    async (action: ActionId, domain: DomainInfo, disks: readonly string[] = []) => {
      const { uuid } = domain
      switch (action) {
        case 'open':
          return report(await client.call('windowOpen', { view: 'domain', uuid }))
        case 'details':
          return report(await client.call('windowOpen', { view: 'domain', uuid, page: 'details' }))
        case 'run':
          return run(domain, false)
        case 'runFresh':
          return run(domain, true)
        case 'save':
          return save(domain)
        case 'restore':
          return restore(domain.connection)
        case 'delete':
          return remove([domain], disks)
        case 'clone':
          return setCloning(domain)
        case 'snapshot':
        case 'fork':
          return setCopied({ action, domain })
        case 'template':
          return setTemplated(domain)
        case 'migrate':
          return
        default:
          return report(await actionCalls[action](client, uuid), uuid)
      }
    },
    [client, remove, report, restore, run, save],
  )

  /** What is being done to which machine: pressed twice, it is done once, and its second press is no error. */
  const underWay = useRef(new Set<string>())
  const carryOut = useCallback(
    async (action: ActionId, domain: DomainInfo, disks: readonly string[] = []) => {
      const key = `${action} ${domain.uuid}`
      if (underWay.current.has(key)) return
      underWay.current.add(key)
      await carryOutNow(action, domain, disks).finally(() => underWay.current.delete(key))
    },
    [carryOutNow],
  )

  const isOnce = useDoneOnce()
  const perform = useCallback<Perform>(
    (action, given) => {
      if (!isOnce()) return
      const domains = listOf(given)
      if (domains.length === 0) {
        if (action === 'restore') void restore(undefined)
        return
      }
      const able = doneTo(action, domains)
      if (able.length === 0 || (able.length > 1 && !canBeMany(action))) return
      const { confirm } = actionTable[action]
      // Whatever the preferences say of one: a slip of the hand must not end the work of many.
      const slip = confirm === 'confirmShutdown' && able.length > 1
      const ask = slip || confirm === 'asked' || (confirm !== 'no' && preferences[confirm])
      if (ask && isAsked(action)) {
        setQuestion({
          action,
          domains: able,
          left: domains.filter((domain) => domain.kind === 'guest' && !able.includes(domain)),
        })
      } else for (const domain of able) void carryOut(action, domain)
    },
    [carryOut, isOnce, restore, preferences],
  )

  const answer = useMemo(
    () => (yes: boolean, disks?: readonly string[]) => {
      setQuestion(null)
      if (!yes || question === null) return
      const { action, domains } = question
      if (action === 'delete') void remove(domains, disks ?? [])
      else for (const domain of domains) void carryOut(action, domain)
    },
    [carryOut, remove, question],
  )

  return (
    <PerformContext.Provider value={perform}>
      {props.children}
      {question !== null && <ConfirmDialog question={question} onAnswer={answer} />}
      {refused !== null && props.backingDialog(refused.error, (open) => void answerRefused(open))}
      {copied !== null && props.snapshotDialog(copied.action, copied.domain, () => setCopied(null))}
      {templated !== null && props.templateDialog(templated, () => setTemplated(null))}
      {cloning !== null && props.cloneDialog(cloning, () => setCloning(null))}
    </PerformContext.Provider>
  )
}

function ConfirmDialog(props: {
  readonly question: Asked
  /** `disks` are image files that are to go with the machine. */
  readonly onAnswer: (yes: boolean, disks?: readonly string[]) => void
}) {
  const { t, formats } = useWords()
  const { action, domains, left } = props.question
  const [first] = domains
  const name = first?.name ?? ''
  const many = domains.length > 1
  const isOn = action === 'delete' && first !== undefined && isReadyAfter(action, first)
  const [disks, setDisks] = useState<readonly string[]>([])
  const count = { count: t.number(domains.length) }
  const time = formats.dateTime(first?.savedAt ?? 0)
  // What can be gone on with afterwards is asked about in few words.
  const label = labelOf(action, domains.length === 1 ? (first ?? null) : null, t).replace(/\s*…$/, '')
  const gentle = {
    title: many ? t('confirm.gentle-many', { action: label, ...count }) : t('confirm.gentle-title', { action: label, name }),
    body: t(many ? 'confirm.gentle-body-many' : 'confirm.gentle-body'),
    button: label,
  }
  const words = {
    shutdown: gentle,
    reboot: gentle,
    save: gentle,
    managedSave: gentle,
    pause: gentle,
    forceOff: {
      title: many ? t('confirm.force-off-many', count) : t('confirm.force-off-title', { name }),
      body: t(many ? 'confirm.force-off-body-many' : 'confirm.force-off-body'),
      button: t('action.force-off'),
    },
    reset: {
      title: many ? t('confirm.reset-many', count) : t('confirm.reset-title', { name }),
      body: t(many ? 'confirm.reset-body-many' : 'confirm.reset-body'),
      button: t('action.reset'),
    },
    delete: {
      title: many ? t('confirm.delete-many', count) : t('confirm.delete-title', { name }),
      body: t(many ? 'confirm.delete-body-many' : 'confirm.delete-body'),
      button: t(isOn ? 'confirm.delete-on-button' : 'action.delete'),
    },
    runFresh: {
      title: many ? t('confirm.fresh-many', count) : t('confirm.fresh-title', { name }),
      body: many ? t('confirm.fresh-body-many') : t('confirm.fresh-body', { time }),
      button: t('confirm.fresh-button'),
    },
  }[action]
  const namesOf = (some: readonly DomainInfo[]) =>
    someNames(
      some.map(({ name }) => name),
      t,
    )
  const saved = domains.filter(({ savedAt }) => savedAt !== null)
  return (
    <Question
      title={words.title}
      yes={words.button}
      kind={words === gentle ? 'primary' : 'danger'}
      onAnswer={(yes) => (yes ? props.onAnswer(true, disks) : props.onAnswer(false))}
    >
      {isOn && (
        <Notice tone="warn" boxed>
          {t('confirm.delete-on')}
        </Notice>
      )}
      <p>{words.body}</p>
      {many && <Names domains={domains} />}
      {action === 'delete' && saved.length > 0 && (
        <p>{many ? t('confirm.delete-saved-many', { names: namesOf(saved) }) : t('confirm.delete-saved')}</p>
      )}
      {action === 'delete' && !many && first && <DeletedDisks domain={first} value={disks} onChange={setDisks} />}
      {left.length > 0 && <p className="muted">{t(leftKey(action), { names: namesOf(left) })}</p>}
    </Question>
  )
}

function leftKey(action: AskedAction) {
  return action === 'forceOff' || action === 'delete' || action === 'runFresh'
    ? (`confirm.left-${action}` as const)
    : 'confirm.left-gentle'
}

function Names(props: { readonly domains: readonly DomainInfo[] }) {
  const { t } = useWords()
  const more = props.domains.length - NAMES_SHOWN
  return (
    <ul className="confirm-names selectable">
      {props.domains.slice(0, NAMES_SHOWN).map(({ uuid, name, state }) => (
        <li key={uuid}>
          {name} <span className="muted">{t(`state.${state}`)}</span>
        </li>
      ))}
      {more > 0 && <li className="muted">{t('confirm.more', { count: t.number(more) })}</li>}
    </ul>
  )
}
