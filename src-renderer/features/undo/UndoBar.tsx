// Offers to undo what was done last, for a while, over the lower left of the window; Ctrl+Z does the same at any time.
// Invariant: it floats over the list and moves nothing; it is said to screen readers when it comes. Runs in: manager, host, networks and domain windows.

import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { useAppStore } from '../../state/store'
import './undo.css'

const SHOWN_MS = 12_000

export function UndoBar() {
  const { t } = useWords()
  const { undo } = useAppStore()
  const last = useStore(undo.steps, (steps) => steps.at(-1))
  const [hidden, setHidden] = useState(0)
  const id = last?.id ?? 0
  useEffect(() => {
    const timer = setTimeout(() => setHidden(id), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [id])
  if (last === undefined || last.id <= hidden) return null
  return (
    <div className="undo-bar" role="status">
      <span>{last.label}</span>
      <Button kind="link" onPress={() => void undo.undo()}>
        {t('action.undo')}
      </Button>
      <kbd>{t('key.undo')}</kbd>
      <Button kind="tool" icon="close" label={t('button.dismiss')} onPress={() => setHidden(last.id)} />
    </div>
  )
}
