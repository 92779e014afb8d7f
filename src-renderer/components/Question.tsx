// A question with two answers, of which the safe one has the keyboard: what it asks about stands in its title, what follows in its body.
// Invariant: Escape is the safe answer. Runs in: every window.
import type { ReactNode } from 'react'
import { Button } from './Button'
import { Dialog } from './Dialog'
import { useWords } from './Language'

export function Question(props: {
  readonly title: string
  /** The answer that does it. */
  readonly yes: string
  /** The safe answer; left out: Cancel. */
  readonly no?: string
  /** What can be gone on with afterwards is `primary`. */
  readonly kind?: 'danger' | 'primary'
  /** Enter in what the body has is the safe answer too. */
  readonly careful?: boolean
  /** It is being done: it is not answered once more. */
  readonly busy?: boolean
  readonly width?: number
  readonly onAnswer: (yes: boolean) => void
  readonly children: ReactNode
}) {
  const { title, yes, no, kind = 'danger', careful = false, busy = false, onAnswer, children } = props
  const { t } = useWords()
  return (
    <Dialog
      title={title}
      alert
      {...(props.width !== undefined && { width: props.width })}
      onClose={() => onAnswer(false)}
      onSubmit={() => onAnswer(!careful)}
      buttons={
        <>
          <Button onPress={() => onAnswer(false)} autoFocus>
            {no ?? t('button.cancel')}
          </Button>
          <Button kind={kind} disabled={busy} onPress={() => onAnswer(true)}>
            {yes}
          </Button>
        </>
      }
    >
      {children}
    </Dialog>
  )
}
