// The configuration as text: libvirt's domain XML, edited in place. What it would become is asked of main while it is typed,
// and shown as the difference to what is stored before anybody presses Apply.
// Invariant: a text that changed elsewhere meanwhile does not take away what is being typed. Runs in: domain window.

import { useEffect, useMemo, useRef, useState } from 'react'
import type { ConfigFormat, ReadConfigText } from '../../../src-main/public/definition'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { engineWords } from '../../../src-main/public/german/german-words'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { MenuButton } from '../../components/Menu'
import { Notice } from '../../components/Notice'
import { useAppStore } from '../../state/store'
import { ConfigEditor, type EditorHandle } from './ConfigEditor'
import { DiffView } from './DiffView'
import { ConfigNotes } from './notes'
import { useDefinitionUndo } from './use-definition-undo'
import type { WrongLine } from './xml-editor'
import './definition.css'

const ASK_AFTER_MS = 250

type Look =
  | { readonly kind: 'good'; readonly look: ReadConfigText }
  | { readonly kind: 'bad'; readonly error: ErrorReport }
  | null

/** What was typed, and the text that this began with. */
export interface TypedText {
  readonly text: string
  readonly from: string
}

export function ConfigTextPage(props: {
  readonly domain: DomainInfo
  readonly editable: boolean
  /** What was typed and is not applied; null: what is stored. It outlives this page. */
  readonly typed: TypedText | null
  readonly onType: (typed: TypedText | null) => void
}) {
  const { domain, editable, typed, onType } = props
  const { uuid, config } = domain
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const [stored, setStored] = useState<string | null>(null)
  const [look, setLook] = useState<Look>(null)
  const [busy, setBusy] = useState(false)
  const asked = useRef(0)
  const typedNow = useRef(typed)
  typedNow.current = typed
  const editor = useRef<EditorHandle>(null)
  const undoably = useDefinitionUndo(domain)

  // Asked again whenever the definition has changed.
  // biome-ignore lint/correctness/useExhaustiveDependencies: config stands for the definition's text
  useEffect(() => {
    let gone = false
    void client.call('configText', { uuid, format: 'xml' }).then((result) => {
      if (!gone && result.ok) setStored(result.value.text)
    })
    return () => {
      gone = true
    }
  }, [client, uuid, config])

  // biome-ignore lint/correctness/useExhaustiveDependencies: against what is stored now
  useEffect(() => {
    const turn = ++asked.current
    if (typed === null) return setLook(null)
    const timer = setTimeout(async () => {
      const result = await client.call('configLook', { uuid, text: typed.text })
      if (turn !== asked.current) return
      setLook(result.ok ? { kind: 'good', look: result.value } : { kind: 'bad', error: result.error })
    }, ASK_AFTER_MS)
    return () => clearTimeout(timer)
  }, [client, uuid, typed, stored])

  const apply = async () => {
    if (typed === null) return
    setBusy(true)
    const done = await undoably(async () => {
      const result = await client.call('configDefine', { uuid, text: typed.text, start: false })
      if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
      return result.ok
    })
    const stands = done ? await client.call('configText', { uuid, format: 'xml' }) : null
    setBusy(false)
    if (!done) return
    // Shown before what was typed is let go of, or the text before would be.
    if (stands?.ok === true) setStored(stands.value.text)
    const more = typedNow.current
    if (more === typed) onType(null)
    // What was typed meanwhile stays, as a change of what stands now.
    else if (more !== null && stands?.ok === true) onType({ text: more.text, from: stands.value.text })
  }
  const write = async (format: ConfigFormat) => {
    const suggestedName = `${domain.name}.${format === 'xml' ? 'xml' : 'cfg'}`
    const picked = await client.call('filePick', { kind: 'saveConfig', suggestedName })
    if (!picked.ok || picked.value.path === null) return
    const written = await client.call('configWrite', { uuid, format, path: picked.value.path })
    if (!written.ok) store.dispatch({ kind: 'failed', error: written.error })
  }

  const words = look?.kind === 'bad' ? errorText(look.error, t.language) : null
  const wrong = useMemo((): WrongLine | null => {
    const { line, detail } = look?.kind === 'bad' && look.error.reason === 'config-text' ? look.error.values : {}
    return line === undefined ? null : { line: Number(line), words: engineWords(detail ?? '', t.language) }
  }, [look, t.language])
  const elsewhere = typed !== null && stored !== null && typed.from !== stored
  const changed = look?.kind === 'good' && look.look.diff.some(({ kind }) => kind !== 'kept')
  return (
    <div className="config-text">
      <div className="details-title">
        <h2>{t('definition.text')}</h2>
        <span className="fill" />
        <MenuButton
          icon="save"
          kind="plain"
          label={t('definition.export')}
          text={t('definition.export')}
          entries={[
            { kind: 'action', id: 'xml', label: t('definition.export-xml') },
            { kind: 'action', id: 'xl', label: t('definition.export-xl') },
          ]}
          onAction={(id) => void write(id === 'xl' ? 'xl' : 'xml')}
        />
      </div>
      <ConfigEditor
        handle={editor}
        label={t('definition.text')}
        text={typed?.text ?? stored ?? ''}
        editable={editable && stored !== null}
        wrong={wrong}
        onChange={(text) => onType(text === stored ? null : { text, from: typed?.from ?? stored ?? '' })}
      />
      {elsewhere && (
        <Notice tone="warn" boxed>
          {t('definition.elsewhere')}
        </Notice>
      )}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too */}
      <section className="config-outcome" aria-live="polite" tabIndex={0} aria-label={t('definition.outcome')}>
        {words !== null ? (
          <Notice
            tone="bad"
            action={words.action}
            actions={
              wrong !== null && (
                <Button kind="link" onPress={() => editor.current?.goTo(wrong.line)}>
                  {t('definition.go-to-line', { line: wrong.line })}
                </Button>
              )
            }
          >
            {words.cause} {words.consequence}
          </Notice>
        ) : look?.kind === 'good' ? (
          <>
            <ConfigNotes notes={look.look.notes} />
            <DiffView diff={look.look.diff} label={t('definition.changes')} />
          </>
        ) : (
          <p className="diff-none">{t(editable ? 'definition.text-hint' : 'definition.text-readonly')}</p>
        )}
      </section>
      <div className="config-buttons">
        <Button disabled={typed === null || busy} onPress={() => onType(null)}>
          {t('definition.discard')}
        </Button>
        <Button kind="primary" disabled={!editable || !changed || busy} onPress={() => void apply()}>
          {t('definition.apply')}
        </Button>
      </div>
    </div>
  )
}
