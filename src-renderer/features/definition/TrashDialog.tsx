// The trash: deleted machines and disk images, each restored or removed for good. Removing asks once more, in the same dialog.
// Invariant: Escape changes nothing; what goes with an entry is said before it goes. Runs in: manager window.

import { useRef, useState } from 'react'
import { engineWords } from '../../../src-main/public/german/german-words'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { useWords } from '../../components/Language'
import { Question } from '../../components/Question'
import { someNames } from '../../lib/some-names'
import { useAppStore } from '../../state/store'
import { type TrashRow, useTrash } from './trash-rows'
import './definition.css'

export function TrashDialog(props: { readonly onClose: () => void }) {
  const { t } = useWords()
  const store = useAppStore()
  const trash = useTrash()
  /** Those that are to be removed for good, once more asked about. */
  const [asked, setAsked] = useState<readonly TrashRow[] | null>(null)
  const [busy, setBusy] = useState(false)
  const box = useRef<HTMLUListElement>(null)

  const restore = async (row: TrashRow) => {
    // Its button goes: the keyboard stays in the dialog.
    box.current?.focus()
    setBusy(true)
    const result = await trash.restore(row)
    setBusy(false)
    if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
  }
  const empty = async (going: readonly TrashRow[]) => {
    setBusy(true)
    const result = await trash.erase(going)
    setBusy(false)
    setAsked(null)
    if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
  }

  if (asked !== null) {
    const machines = asked.flatMap(({ machine }) => machine ?? [])
    const disks = machines.flatMap((entry) => entry.disks)
    return (
      <Question
        title={t.count('trash.remove-title', asked.length)}
        yes={t('trash.remove')}
        busy={busy}
        width={520}
        onAnswer={(yes) => (yes ? void empty(asked) : setAsked(null))}
      >
        <p className="quit-names">
          {someNames(
            asked.map(({ name }) => name),
            t,
          )}
        </p>
        {machines.length < asked.length && <p>{t('trash.remove-volumes')}</p>}
        {machines.length > 0 && <p>{t(disks.length > 0 ? 'trash.remove-disks' : 'trash.remove-body')}</p>}
        {disks.length > 0 && (
          <ul className="config-notes mono">
            {disks.map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>
        )}
      </Question>
    )
  }
  const list = trash.rows ?? []
  return (
    <Dialog
      title={t('trash.title')}
      width={620}
      onClose={props.onClose}
      onSubmit={props.onClose}
      buttons={
        <>
          <Button disabled={list.length === 0 || busy} onPress={() => setAsked(list)}>
            {t('trash.empty')}
          </Button>
          <span className="fill" />
          <Button submit autoFocus>
            {t('button.close')}
          </Button>
        </>
      }
    >
      <ul ref={box} tabIndex={-1} className="trash-list" aria-label={t('trash.title')}>
        {list.map((row) => (
          <li key={row.key} className="trash-entry">
            <span className="trash-words">
              <span className="trash-name">{row.name}</span>
              <span className="trash-what">{row.words.join(' · ')}</span>
              {row.problem !== null && (
                <span className="trash-problem">{t('trash.damaged', { detail: engineWords(row.problem, t.language) })}</span>
              )}
            </span>
            <Button
              label={t('trash.restore-name', { name: row.name })}
              disabled={busy || row.problem !== null}
              onPress={() => void restore(row)}
            >
              {t('trash.restore')}
            </Button>
            <Button
              kind="tool"
              icon="trash"
              label={t('trash.remove-name', { name: row.name })}
              disabled={busy}
              onPress={() => setAsked([row])}
            />
          </li>
        ))}
      </ul>
      {trash.rows !== null && list.length === 0 && <p className="diff-none">{t('trash.nothing')}</p>}
    </Dialog>
  )
}
