// The trash: deleted machines, each restored or removed for good. Removing asks once more, in the same dialog.
// Invariant: Escape changes nothing; what goes with an entry is said before it goes. Runs in: manager window.

import { useCallback, useEffect, useRef, useState } from 'react'
import type { TrashEntry } from '../../../src-main/public/definition'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { useWords } from '../../components/Language'
import { useAppStore } from '../../state/store'
import './definition.css'

export function TrashDialog(props: { readonly onClose: () => void }) {
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const [entries, setEntries] = useState<readonly TrashEntry[] | null>(null)
  /** Those that are to be removed for good, once more asked about. */
  const [asked, setAsked] = useState<readonly TrashEntry[] | null>(null)
  const [busy, setBusy] = useState(false)
  const box = useRef<HTMLUListElement>(null)

  const load = useCallback(async () => {
    const result = await client.call('trashList', {})
    setEntries(result.ok ? result.value : [])
  }, [client])
  useEffect(() => {
    void load()
    return client.subscribe('trashChanged', () => void load())
  }, [client, load])

  const restore = async ({ id }: TrashEntry) => {
    // Its button goes: the keyboard stays in the dialog.
    box.current?.focus()
    setBusy(true)
    const result = await client.call('trashRestore', { id })
    setBusy(false)
    if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
  }
  const empty = async (going: readonly TrashEntry[]) => {
    setBusy(true)
    const result = await client.call('trashEmpty', { ids: going.map(({ id }) => id) })
    setBusy(false)
    setAsked(null)
    if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
  }

  if (asked !== null) {
    const disks = asked.flatMap((entry) => entry.disks)
    return (
      <Dialog
        title={t.count('trash.remove-title', asked.length)}
        alert
        width={520}
        onClose={() => setAsked(null)}
        onSubmit={() => void empty(asked)}
        buttons={
          <>
            <Button autoFocus onPress={() => setAsked(null)}>
              {t('button.cancel')}
            </Button>
            <Button kind="danger" submit disabled={busy}>
              {t('trash.remove')}
            </Button>
          </>
        }
      >
        <p className="quit-names">{asked.map(({ name }) => name).join(', ')}</p>
        <p>{t(disks.length > 0 ? 'trash.remove-disks' : 'trash.remove-body')}</p>
        {disks.length > 0 && (
          <ul className="config-notes mono">
            {disks.map((path) => (
              <li key={path}>{path}</li>
            ))}
          </ul>
        )}
      </Dialog>
    )
  }
  const list = entries ?? []
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
          <Button kind="primary" submit autoFocus>
            {t('button.close')}
          </Button>
        </>
      }
    >
      <ul ref={box} tabIndex={-1} className="trash-list" aria-label={t('trash.title')}>
        {list.map((entry) => (
          <li key={entry.id} className="trash-entry">
            <span className="trash-words">
              <span className="trash-name">{entry.name}</span>
              <span className="trash-what">
                {[
                  t('trash.deleted', { time: formats.dateTime(entry.deletedAt) }),
                  formats.size(entry.size),
                  ...(entry.hasManagedSave ? [t('trash.with-save')] : []),
                  ...(entry.disks.length > 0 ? [t.count('trash.with-disks', entry.disks.length)] : []),
                ].join(' · ')}
              </span>
              {entry.problem !== null && <span className="trash-problem">{t('trash.damaged', { detail: entry.problem })}</span>}
            </span>
            <Button
              label={t('trash.restore-name', { name: entry.name })}
              disabled={busy || entry.problem !== null}
              onPress={() => void restore(entry)}
            >
              {t('trash.restore')}
            </Button>
            <Button
              kind="tool"
              icon="trash"
              label={t('trash.remove-name', { name: entry.name })}
              disabled={busy}
              onPress={() => setAsked([entry])}
            />
          </li>
        ))}
      </ul>
      {entries !== null && list.length === 0 && <p className="diff-none">{t('trash.nothing')}</p>}
    </Dialog>
  )
}
