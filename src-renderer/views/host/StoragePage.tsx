// Storage: pools at the left with how full each is, the volumes of the chosen one in a table, and what can be done with them.
// Invariant: what is used by somebody can be neither resized nor deleted here, and the row says by whom. Runs in: host window.
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useState } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { Result } from '../../../src-main/public/result'
import { DEFAULT_POOL, type PoolInfo } from '../../../src-main/public/storage'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { useAnnounce } from '../../components/Announcer'
import { Button } from '../../components/Button'
import { Check } from '../../components/Check'
import { goToList } from '../../components/home'
import { useWords } from '../../components/Language'
import { PoolList, poolName, VolumeTable } from '../../features/disks/StorageLists'
import { Refusal } from '../../remedy/Refusal'
import { useAppStore } from '../../state/store'
import { useVolumeChanges } from './use-volume-changes'
import { PoolDialog, UploadDialog, VolumeDialog, type VolumeQuestion } from './VolumeDialogs'

export function StoragePage() {
  const { t } = useWords()
  const client = useClient()
  const { data: pools } = useQuery({ ...callQuery(client, 'poolList', {}), refetchOnMount: 'always' })
  const [chosen, setChosen] = useState<string>(DEFAULT_POOL)
  const [adding, setAdding] = useState<string | null>(null)
  const pool = pools?.find(({ name }) => name === chosen) ?? pools?.[0]
  const add = async () => {
    const picked = await client.call('filePick', { kind: 'poolFolder', suggestedName: '' })
    if (picked.ok && picked.value.path !== null) setAdding(picked.value.path)
  }
  return (
    <div className="storage">
      <aside className="side">
        <PoolList pools={pools ?? []} chosen={pool?.name ?? ''} onChoose={setChosen} />
        <div className="side-foot">
          <Button icon="plus" onPress={() => void add()}>
            {t('storage.add-pool')}
          </Button>
        </div>
      </aside>
      {pool !== undefined && <PoolPage key={pool.name} pool={pool} onGone={() => setChosen(DEFAULT_POOL)} />}
      {adding !== null && <PoolDialog path={adding} onDone={setChosen} onClose={() => setAdding(null)} />}
    </div>
  )
}

function PoolPage(props: { readonly pool: PoolInfo; readonly onGone: () => void }) {
  const { pool } = props
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  const changes = useVolumeChanges()
  const announce = useAnnounce()
  const queries = useQueryClient()
  // The folder itself may have gone or come back, too.
  const lookAgain = () => Promise.all(['poolList', 'volumeList'].map((name) => queries.invalidateQueries({ queryKey: [name] })))
  const query = useQuery({ ...callQuery(client, 'volumeList', { pool: pool.name }), refetchOnMount: 'always' })
  const [chosen, setChosen] = useState('')
  const [unused, setUnused] = useState(false)
  const [question, setQuestion] = useState<VolumeQuestion | null>(null)
  const [upload, setUpload] = useState<string | null>(null)
  /** The volume that was checked last, if nothing was wrong with it. */
  const [sound, setSound] = useState<string | null>(null)
  const volumes = (query.data ?? []).filter(({ usedBy }) => !unused || usedBy.length === 0)
  const volume = volumes.find(({ name }) => name === chosen)
  const free = volume !== undefined && volume.usedBy.length === 0
  const report = (result: Result<unknown, ErrorReport>): void => {
    if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
  }
  const takeIn = async () => {
    const picked = await client.call('filePick', { kind: 'openDisk', suggestedName: '' })
    if (picked.ok && picked.value.path !== null) setUpload(picked.value.path)
  }
  const remove = async () => {
    const removed = await changes.removePool(pool)
    report(removed)
    if (!removed.ok) return
    props.onGone()
    goToList()
  }
  const ask = (kind: VolumeQuestion['kind']) => () => {
    if (kind === 'create') setQuestion({ kind, volume: null })
    else if (volume !== undefined) setQuestion({ kind, volume })
  }
  const check = async () => {
    if (volume === undefined) return
    setSound(null)
    const checked = await changes.check(volume)
    report(checked)
    if (!checked.ok || !checked.value) return
    setSound(volume.name)
    announce(t('storage.sound', { name: volume.name }))
  }
  const running = volume?.usedBy.some(({ how }) => how === 'running') === true
  return (
    <section className="storage-page" aria-label={poolName(pool.name, t)}>
      <div className="storage-head">
        <Button icon="plus" kind="primary" onPress={ask('create')}>
          {t('storage.new')}
        </Button>
        <Button icon="restore" onPress={() => void takeIn()}>
          {t('storage.take-in')}
        </Button>
        <div className="storage-head-end">
          <Check label={t('storage.unused-only')} value={unused} onChange={setUnused} />
          <Button icon="refresh" label={t('storage.refresh')} disabled={query.isFetching} onPress={() => void lookAgain()} />
          {!pool.permanent && <Button icon="trash" label={t('storage.remove-pool')} onPress={() => void remove()} />}
        </div>
      </div>
      <div className="muted small storage-line">
        <p className="storage-path selectable">{pool.path}</p>
        {sound !== null && sound === volume?.name && (
          <span className="storage-sound">{t('storage.sound', { name: sound })}</span>
        )}
      </div>
      <Refusal error={pool.problem} follows={t('storage.pool-unread')} onChange={() => void lookAgain()} />
      <VolumeTable volumes={volumes} loading={query.isLoading} chosen={chosen} onChoose={setChosen} />
      <footer className="storage-foot">
        <Button
          icon="expand"
          disabled={volume === undefined || running || !volume.usedBy.every(({ how }) => how === 'disk')}
          onPress={ask('resize')}
        >
          {t('storage.resize')}
        </Button>
        <Button
          icon="down"
          disabled={volume?.format !== 'qcow2' || running || volume.usedBy.some(({ how }) => how === 'snapshot')}
          onPress={ask('rebase')}
        >
          {t('storage.rebase')}
        </Button>
        <Button icon="check" disabled={volume === undefined || running} onPress={() => void check()}>
          {t('storage.check')}
        </Button>
        <Button icon="copy" disabled={volume === undefined || running} onPress={ask('clone')}>
          {t('storage.copy')}
        </Button>
        <span className="fill" />
        <Button icon="trash" disabled={!free} onPress={ask('delete')}>
          {t('storage.delete')}
        </Button>
      </footer>
      {question !== null && (
        <VolumeDialog
          pool={pool}
          volumes={query.data ?? []}
          question={question}
          onMade={setChosen}
          onClose={() => setQuestion(null)}
        />
      )}
      {upload !== null && (
        <UploadDialog pool={pool} volumes={query.data ?? []} from={upload} onMade={setChosen} onClose={() => setUpload(null)} />
      )}
    </section>
  )
}
