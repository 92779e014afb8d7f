// Picks a volume for a disk from the pools: the lists of the Storage page in a dialog.
// Invariant: Cancel changes nothing. A guest writes to what was picked here under the same rules as to a file that was typed.
// Runs in: create-domain and domain windows.
import { useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { DEFAULT_POOL, type Volume } from '../../../src-main/public/storage'
import { useClient } from '../../client/Client'
import { callQuery } from '../../client/queries'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { useWords } from '../../components/Language'
import { PoolList, VolumeTable } from './StorageLists'

export function VolumePicker(props: { readonly onPick: (volume: Volume) => void; readonly onClose: () => void }) {
  const { t } = useWords()
  const client = useClient()
  const [pool, setPool] = useState<string>(DEFAULT_POOL)
  const [chosen, setChosen] = useState('')
  const pools = useQuery({ ...callQuery(client, 'poolList', {}), refetchOnMount: 'always' }).data ?? []
  const query = useQuery({ ...callQuery(client, 'volumeList', { pool }), refetchOnMount: 'always' })
  const volumes = query.data ?? []
  const pick = (name: string) => {
    const volume = volumes.find((one) => one.name === name)
    if (volume === undefined || volume.format === null) return
    props.onPick(volume)
    props.onClose()
  }
  return (
    <Dialog
      title={t('storage.pick-title')}
      width={760}
      onClose={props.onClose}
      onSubmit={() => pick(chosen)}
      buttons={
        <>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit disabled={!volumes.some(({ name, format }) => name === chosen && format !== null)}>
            {t('storage.pick')}
          </Button>
        </>
      }
    >
      <div className="volume-picker">
        <div className="side">
          <PoolList pools={pools} chosen={pool} onChoose={setPool} />
        </div>
        <VolumeTable
          key={pool}
          volumes={volumes}
          loading={query.isLoading}
          chosen={chosen}
          onChoose={setChosen}
          onOpen={pick}
        />
      </div>
    </Dialog>
  )
}
