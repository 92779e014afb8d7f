// What is asked when changes that were not applied would be left behind: apply them, drop them, or stay.
// Invariant: Escape stays, and loses nothing. Runs in: windows of machines, networks and the host.

import { Button } from './Button'
import { Dialog } from './Dialog'
import { useWords } from './Language'

export type LeaveChoice = 'apply' | 'discard' | 'stay'

export function LeaveDialog(props: {
  /** Names what was changed: windows of several may be open, and several in one. */
  readonly title: string
  readonly what: string
  /** The answer that does it; left out: Apply. */
  readonly apply?: string
  readonly canApply: boolean
  readonly busy: boolean
  readonly onChoice: (choice: LeaveChoice) => void
}) {
  const { t } = useWords()
  return (
    <Dialog
      title={props.title}
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
            {props.apply ?? t('button.apply')}
          </Button>
        </>
      }
    >
      <p>{props.what}</p>
    </Dialog>
  )
}
