// Offers to undo what was done last, for a while, over the lower left of the window; Ctrl+Z does the same, and when it has gone brings it back first.
// Invariant: nothing is undone by the key that is not named here; it floats over the list and moves nothing, and stays while somebody is at its buttons; it is said to screen readers when it comes. Runs in: manager, host, networks and domain windows.

import { useEffect, useState } from 'react'
import { useStore } from 'zustand'
import { Button } from '../../components/Button'
import { homeward } from '../../components/home'
import { useWords } from '../../components/Language'
import { useAppStore } from '../../state/store'
import './undo.css'

const SHOWN_MS = 12_000

/** `about`: that of one machine, which others stand beside. */
export function UndoBar({ about }: { readonly about?: string }) {
  const { t } = useWords()
  const { undo } = useAppStore()
  const offered = useStore(undo.offered)
  const step = useStore(undo.steps, (steps) => steps.find(({ id }) => id === offered))
  /** Somebody is at its buttons. */
  const [isHeld, setHeld] = useState(false)
  // biome-ignore lint/correctness/useExhaustiveDependencies: one that goes says nothing of who was there
  useEffect(() => setHeld(false), [offered])
  useEffect(() => {
    if (offered === null || isHeld) return
    const timer = setTimeout(() => undo.withdraw(offered), SHOWN_MS)
    return () => clearTimeout(timer)
  }, [offered, isHeld, undo])
  if (step === undefined || (about !== undefined && step.about !== undefined && step.about !== about)) return null
  return (
    <div
      ref={homeward}
      className="undo-bar"
      role="status"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <span>{step.label}</span>
      <Button kind="link" onPress={() => void undo.undo()}>
        {t('action.undo')}
      </Button>
      <kbd>{t('key.undo')}</kbd>
      <Button kind="tool" icon="close" label={t('button.dismiss')} onPress={() => undo.withdraw(step.id)} />
    </div>
  )
}
