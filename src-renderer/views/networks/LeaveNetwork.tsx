// What is asked when a network with changes that were not applied would be left for another one, or its window closed.
// Invariant: with nothing changed nobody is asked; who stays loses nothing. Runs in: networks and host windows.
import { useEffect, useLayoutEffect, useState } from 'react'
import { useClient } from '../../client/Client'
import { useWords } from '../../components/Language'
import { type LeaveChoice, LeaveDialog } from '../../components/LeaveDialog'

export function LeaveNetwork(props: {
  readonly name: string
  /** It does not exist yet. */
  readonly isNew: boolean
  readonly changed: boolean
  /** What was typed may be applied. */
  readonly right: boolean
  /** Apply was pressed, and what comes of it answers the question as a rule. */
  readonly applying: boolean
  /** Another one was chosen. */
  readonly leaving: boolean
  readonly onApply: () => Promise<boolean>
  readonly onDiscard: () => void
  readonly onLeave: () => void
  readonly onStay: () => void
}) {
  const { name, isNew, changed, right, leaving, onLeave } = props
  const { t } = useWords()
  const client = useClient()
  const [closing, setClosing] = useState(false)
  const [busy, setBusy] = useState(false)

  useLayoutEffect(() => {
    if (leaving && !changed) onLeave()
  }, [leaving, changed, onLeave])

  useEffect(() => {
    if (!changed) return
    const ask = (event: BeforeUnloadEvent) => {
      event.preventDefault()
      event.returnValue = ''
      setClosing(true)
    }
    window.addEventListener('beforeunload', ask)
    return () => window.removeEventListener('beforeunload', ask)
  }, [changed])

  // After nobody asks any more: Apply may have been pressed just before.
  useEffect(() => {
    if (!closing || changed) return
    setClosing(false)
    void client.call('windowClose', {})
  }, [client, closing, changed])

  const answer = async (choice: LeaveChoice) => {
    setBusy(true)
    // A refusal stands below the fields then.
    const stays = choice === 'stay' || (choice === 'apply' && !(await props.onApply()))
    setBusy(false)
    if (stays) {
      setClosing(false)
      return props.onStay()
    }
    props.onDiscard()
    if (!closing) onLeave()
  }

  if (!changed || !(leaving || closing) || props.applying) return null
  return (
    <LeaveDialog
      title={t(isNew ? 'network.leave-new' : 'details.leave-title', { name })}
      what={t(isNew ? 'network.leave-new-body' : 'network.changed')}
      {...(isNew && { apply: t('network.create') })}
      canApply={right}
      busy={busy}
      onChoice={(choice) => void answer(choice)}
    />
  )
}
