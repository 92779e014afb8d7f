// What was copied here, typed in the guest: how far it is, and what its keyboard has no keys for. Runs in: domain window.

import { useEffect, useRef, useState } from 'react'
import type { KeymapName } from '../../../src-main/public/keymap'
import { useClient } from '../../client/Client'
import { useAnnounce } from '../../components/Announcer'
import { useWords } from '../../components/Language'
import type { Translator } from '../../lib/translate'
import { useAppStore } from '../../state/store'
import { strokesOf } from './layouts'
import { LONGEST_PASTE, type PasteTyping, typeStrokes } from './paste-typing'
import type { ScreenSession } from './screen-session'

/** What was typed stays to be read for a moment. */
const READ_MS = 6000

export interface TypingState {
  readonly done: number
  readonly total: number
  /** Characters the guest's keyboard has no key for. */
  readonly missing: number
  readonly over: boolean
}

export interface Paste {
  readonly typing: TypingState | null
  readonly start: (keymap: KeymapName) => Promise<void>
  readonly stop: () => void
}

export function usePaste(session: ScreenSession | null): Paste {
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const announce = useAnnounce()
  const [typing, setTyping] = useState<TypingState | null>(null)
  const typist = useRef<PasteTyping | null>(null)
  useEffect(() => () => typist.current?.stop(), [])

  const start = async (keymap: KeymapName) => {
    const read = await client.call('clipboardRead', {})
    if (!read.ok) return store.dispatch({ kind: 'failed', error: read.error })
    const { strokes, missing } = strokesOf(read.value.text.slice(0, LONGEST_PASTE), keymap)
    typist.current?.stop()
    setTyping({ done: 0, total: strokes.length, missing: missing.length, over: false })
    typist.current = typeStrokes(
      strokes,
      (keys) => {
        const viewer = session?.viewer
        if (viewer === null || viewer === undefined) return false
        viewer.press(keys)
        return true
      },
      (done) => setTyping((before) => before && { ...before, done }),
      (done) => {
        typist.current = null
        setTyping((before) => before && { ...before, done, over: true })
        announce(t('screen.typed', { done, total: strokes.length }))
        session?.viewer?.focus()
      },
    )
  }

  useEffect(() => {
    if (typing?.over !== true) return
    const timer = setTimeout(() => setTyping(null), READ_MS)
    return () => clearTimeout(timer)
  }, [typing])

  return { typing, start, stop: () => typist.current?.stop() }
}

export function typingWords({ done, total, missing }: TypingState, t: Translator): string {
  const typed = t('screen.typed', { done, total })
  return missing === 0 ? typed : `${typed} ${t.count('screen.missing', missing)}`
}
