// Leaving the new machine by Escape: at once where there is nothing to lose, else after a question.
// Runs in: create-domain window.
import { type ReactNode, useState } from 'react'
import { useWords } from '../../components/Language'
import { Question } from '../../components/Question'
import { useEscape } from '../../components/use-escape'

export function useLeaving(props: { readonly begun: boolean; readonly busy: boolean; readonly close: () => void }): ReactNode {
  const { begun, busy, close } = props
  const { t } = useWords()
  const [asking, setAsking] = useState(false)
  useEscape(() => {
    if (busy) return
    if (begun) setAsking(true)
    else close()
  })
  if (!asking) return null
  return (
    <Question
      title={t('create.leave-title')}
      yes={t('create.leave-yes')}
      no={t('details.leave-stay')}
      onAnswer={(yes) => (yes ? close() : setAsking(false))}
    >
      <p>{t('create.leave-body')}</p>
    </Question>
  )
}
