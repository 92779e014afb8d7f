// The keys that give the keyboard back: shown in words, and changed by pressing them.
// Invariant: a key that is pressed in ordinary typing, alone, is not accepted. Runs in: preferences window.

import { type KeyboardEvent, useEffect, useId, useRef, useState } from 'react'
import { GRAB_KEY, GRAB_KEYS_MOST } from '../../../src-main/public/preferences'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { useWords } from '../../components/Language'
import { chordText } from '../../lib/keys'

/** Alone, only a key that nobody needs for typing. */
export function isChord(codes: readonly string[]): boolean {
  if (codes.length > GRAB_KEYS_MOST || !codes.every((code) => GRAB_KEY.test(code))) return false
  return codes.length >= 2 || codes[0] === 'ControlRight' || codes[0]?.startsWith('Meta') === true
}

export function GrabKeys(props: { readonly value: readonly string[]; readonly onChange: (codes: readonly string[]) => void }) {
  const { t } = useWords()
  const [asking, setAsking] = useState(false)
  const id = useId()
  return (
    <div className="field">
      <span className="field-label" id={id}>
        {t('preferences.grab')}
      </span>
      <div className="field-control preferences-grab">
        <span data-testid="grab-keys">{chordText(props.value, t)}</span>
        <Button onPress={() => setAsking(true)}>{t('preferences.grab-change')}</Button>
      </div>
      <span className="field-message">{t('preferences.grab-hint')}</span>
      {asking && (
        <Recorder
          onDone={(codes) => {
            setAsking(false)
            if (codes !== null) props.onChange(codes)
          }}
        />
      )}
    </div>
  )
}

function Recorder(props: { readonly onDone: (codes: readonly string[] | null) => void }) {
  const { t } = useWords()
  const [down, setDown] = useState<readonly string[]>([])
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    // After the dialog has taken the focus for itself.
    const frame = requestAnimationFrame(() => box.current?.focus())
    return () => cancelAnimationFrame(frame)
  }, [])
  const onDown = (event: KeyboardEvent) => {
    if (!GRAB_KEY.test(event.code)) {
      setDown([])
      return
    }
    event.preventDefault()
    setDown((before) => (before.includes(event.code) ? before : [...before, event.code]))
  }
  const onUp = () => {
    if (isChord(down)) props.onDone(down)
    else setDown([])
  }
  return (
    <Dialog
      title={t('preferences.grab-title')}
      onClose={() => props.onDone(null)}
      buttons={<Button onPress={() => props.onDone(null)}>{t('button.cancel')}</Button>}
    >
      <div
        ref={box}
        className="preferences-record"
        role="application"
        aria-label={t('preferences.grab-press')}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: it takes keys, which is all it is for
        tabIndex={0}
        onKeyDown={onDown}
        onKeyUp={onUp}
      >
        <p>{t('preferences.grab-press')}</p>
        <p className="preferences-pressed" role="status">
          {down.length === 0 ? t('preferences.grab-none') : chordText(down, t)}
        </p>
      </div>
    </Dialog>
  )
}
