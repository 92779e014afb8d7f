// What is asked when changes that were not applied would be left behind: apply them, drop them, or stay.
// Invariant: Escape stays, and loses nothing. Runs in: domain window.

import { Button } from '../../../components/Button'
import { Dialog } from '../../../components/Dialog'
import { useWords } from '../../../components/Language'

export type LeaveChoice = 'apply' | 'discard' | 'stay'

export function LeaveDialog(props: {
  /** Of the machine: windows of several may be open, and several machines in one. */
  readonly name: string
  readonly what: string
  readonly canApply: boolean
  readonly busy: boolean
  readonly onChoice: (choice: LeaveChoice) => void
}) {
  const { t } = useWords()
  return (
    <Dialog
      title={t('details.leave-title', { name: props.name })}
      alert
      onClose={() => props.onChoice('stay')}
      onSubmit={() => props.onChoice('apply')}
      buttons={
        <>
          <Button onPress={() => props.onChoice('stay')}>{t('details.leave-stay')}</Button>
          <Button kind="danger" disabled={props.busy} onPress={() => props.onChoice('discard')}>
            {t('details.leave-discard')}
          </Button>
          <Button kind="primary" submit autoFocus disabled={!props.canApply || props.busy}>
            {t('button.apply')}
          </Button>
        </>
      }
    >
      <p>{props.what}</p>
    </Dialog>
  )
}
