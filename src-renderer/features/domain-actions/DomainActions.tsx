// Carries out actions on domains: asks first where the table says so, picks files, calls the toolstack, shows failures.
// Views get one function, perform(action, domain), and need to know nothing of how.
// Invariant: one dialog at a time; a confirmed action is checked again against what is allowed then.
// Runs in: manager and domain windows.

import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { Result } from '../../../src-main/public/result'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { useWords } from '../../components/Language'
import { usePreferences } from '../../state/answers'
import { useAppStore } from '../../state/store'
import { type ActionId, actionTable, isAllowed, savedFileName } from './action-table'

type Perform = (action: ActionId, domain: DomainInfo | null) => void

const PerformContext = createContext<Perform>(() => undefined)

export function usePerform(): Perform {
  return useContext(PerformContext)
}

interface Question {
  readonly action: 'forceOff' | 'delete' | 'runFresh'
  readonly domain: DomainInfo
}

export function DomainActionsProvider(props: { readonly children: ReactNode }) {
  const client = useClient()
  const store = useAppStore()
  const { confirmDestroy } = usePreferences()
  const [question, setQuestion] = useState<Question | null>(null)

  const report = useCallback(
    (result: Result<unknown, ErrorReport>) => {
      if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
    },
    [store],
  )

  const restore = useCallback(async () => {
    const picked = await client.call('filePick', { kind: 'openSaved', suggestedName: '' })
    if (!picked.ok) return report(picked)
    const { path } = picked.value
    if (path !== null) report(await client.call('domainRestore', { path }))
  }, [client, report])

  const save = useCallback(
    async (domain: DomainInfo) => {
      const picked = await client.call('filePick', { kind: 'saveSaved', suggestedName: savedFileName(domain, new Date()) })
      if (!picked.ok) return report(picked)
      const { path } = picked.value
      if (path !== null) report(await client.call('domainSave', { uuid: domain.uuid, path }))
    },
    [client, report],
  )

  const carryOut = useCallback(
    async (action: ActionId, domain: DomainInfo) => {
      const { uuid } = domain
      switch (action) {
        case 'open':
          return report(await client.call('windowOpen', { view: 'domain', uuid }))
        case 'run':
          return report(await client.call('domainCreate', { uuid, fresh: false }))
        case 'runFresh':
          return report(await client.call('domainCreate', { uuid, fresh: true }))
        case 'pause':
          return report(await client.call('domainSuspend', { uuid }))
        case 'resume':
          return report(await client.call('domainResume', { uuid }))
        case 'shutdown':
          return report(await client.call('domainShutdown', { uuid }))
        case 'reboot':
          return report(await client.call('domainReboot', { uuid }))
        case 'forceOff':
          return report(await client.call('domainDestroy', { uuid }))
        case 'save':
          return save(domain)
        case 'managedSave':
          return report(await client.call('domainManagedSave', { uuid }))
        case 'restore':
          return restore()
        case 'delete':
          return report(await client.call('domainUndefine', { uuid }))
      }
    },
    [client, report, restore, save],
  )

  const perform = useCallback<Perform>(
    (action, domain) => {
      if (domain === null) {
        if (action === 'restore') void restore()
        return
      }
      if (!isAllowed(action, domain)) return
      const { confirm } = actionTable[action]
      const ask = confirm === 'asked' || (confirm === 'preference' && confirmDestroy)
      if (ask && (action === 'forceOff' || action === 'delete' || action === 'runFresh')) setQuestion({ action, domain })
      else void carryOut(action, domain)
    },
    [carryOut, restore, confirmDestroy],
  )

  const answer = useMemo(
    () => (yes: boolean) => {
      setQuestion(null)
      if (yes && question !== null) void carryOut(question.action, question.domain)
    },
    [carryOut, question],
  )

  return (
    <PerformContext.Provider value={perform}>
      {props.children}
      {question !== null && <ConfirmDialog question={question} onAnswer={answer} />}
    </PerformContext.Provider>
  )
}

function ConfirmDialog(props: { readonly question: Question; readonly onAnswer: (yes: boolean) => void }) {
  const { t, formats } = useWords()
  const { action, domain } = props.question
  const { name } = domain
  const time = formats.dateTime(domain.savedAt ?? 0)
  const words = {
    forceOff: {
      title: t('confirm.force-off-title', { name }),
      body: t('confirm.force-off-body'),
      button: t('action.force-off'),
    },
    delete: { title: t('confirm.delete-title', { name }), body: t('confirm.delete-body'), button: t('action.delete') },
    runFresh: {
      title: t('confirm.fresh-title', { name }),
      body: t('confirm.fresh-body', { time }),
      button: t('confirm.fresh-button'),
    },
  }[action]
  return (
    <Dialog
      title={words.title}
      alert
      onClose={() => props.onAnswer(false)}
      onSubmit={() => props.onAnswer(true)}
      buttons={
        <>
          <Button onPress={() => props.onAnswer(false)} autoFocus>
            {t('button.cancel')}
          </Button>
          <Button kind="danger" onPress={() => props.onAnswer(true)}>
            {words.button}
          </Button>
        </>
      }
    >
      <p>{words.body}</p>
      {action === 'delete' && domain.savedAt !== null && <p>{t('confirm.delete-saved')}</p>}
    </Dialog>
  )
}
