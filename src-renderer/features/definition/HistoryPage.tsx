// What a definition was: its revisions, newest first, the difference of the chosen one to the one before or to what is now, and
// the way back. Runs in: domain window.

import { useEffect, useState } from 'react'
import type { DiffLine, Revision } from '../../../src-main/public/definition'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { Select } from '../../components/Select'
import { SideItem, SideList } from '../../components/SideList'
import { useAppStore } from '../../state/store'
import { DiffView } from './DiffView'
import './definition.css'

const none: readonly DiffLine[] = []

export function HistoryPage(props: { readonly domain: DomainInfo; readonly editable: boolean }) {
  const { domain, editable } = props
  const { uuid, config } = domain
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const [revisions, setRevisions] = useState<readonly Revision[]>([])
  const [chosen, setChosen] = useState<number | null>(null)
  const [against, setAgainst] = useState<'before' | 'now'>('before')
  const [diff, setDiff] = useState(none)
  const [busy, setBusy] = useState(false)

  // biome-ignore lint/correctness/useExhaustiveDependencies: config stands for the definition: a change of it is a revision
  useEffect(() => {
    let gone = false
    void client.call('revisionList', { uuid }).then((result) => {
      if (!gone && result.ok) setRevisions([...result.value].reverse())
    })
    return () => {
      gone = true
    }
  }, [client, uuid, config])

  const [newest] = revisions
  const shown = revisions.find(({ revision }) => revision === chosen) ?? newest
  const before = shown && revisions[revisions.indexOf(shown) + 1]
  const [from, to] =
    against === 'now' ? [shown?.revision, null] : [before?.revision ?? shown?.revision, shown?.revision ?? null]

  // biome-ignore lint/correctness/useExhaustiveDependencies: what is now changes with the list
  useEffect(() => {
    if (from === undefined) return setDiff(none)
    let gone = false
    void client.call('revisionDiff', { uuid, from, to }).then((result) => {
      if (!gone) setDiff(result.ok ? result.value : none)
    })
    return () => {
      gone = true
    }
  }, [client, uuid, from, to, revisions])

  const revert = async () => {
    if (shown === undefined) return
    setBusy(true)
    const result = await client.call('revisionRevert', { uuid, revision: shown.revision })
    setBusy(false)
    if (result.ok) setChosen(null)
    else store.dispatch({ kind: 'failed', error: result.error })
  }

  return (
    <div className="history">
      <div className="details-title">
        <h2>{t('definition.history')}</h2>
        <span className="fill" />
        <Select
          label={t('definition.compare')}
          value={against}
          choices={[
            { value: 'before', label: t('definition.compare-before') },
            { value: 'now', label: t('definition.compare-now') },
          ]}
          onChange={setAgainst}
        />
        <Button disabled={!editable || busy || shown === undefined || shown === newest} onPress={() => void revert()}>
          {t('definition.go-back')}
        </Button>
      </div>
      <div className="history-main">
        <div className="side">
          <SideList
            label={t('definition.revisions')}
            chosen={shown === undefined ? '' : String(shown.revision)}
            onChoose={(key) => setChosen(Number(key))}
          >
            {revisions.map(({ revision, time, cause }) => (
              <SideItem
                key={revision}
                id={String(revision)}
                name={t(`revision.${cause}`)}
                note={formats.dateTime(time)}
                spoken={`${t(`revision.${cause}`)}, ${formats.dateTime(time)}`}
                mark={revision === newest?.revision && <span className="history-now">{t('definition.now')}</span>}
              />
            ))}
          </SideList>
        </div>
        <div
          className="history-diff"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, and the keyboard must reach that
          tabIndex={0}
        >
          <DiffView diff={diff} label={t('definition.changes')} />
        </div>
      </div>
    </div>
  )
}
