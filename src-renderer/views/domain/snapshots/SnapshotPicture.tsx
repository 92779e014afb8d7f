// The picture of a snapshot: its screen, or the end of its text console in small type, or a sign that there is none.
// Invariant: as large as its place before and after it has come. Runs in: domain window.
import { useQuery } from '@tanstack/react-query'
import { useMemo } from 'react'
import type { SnapshotInfo } from '../../../../src-main/public/snapshot'
import { useClient } from '../../../client/Client'
import { callQuery } from '../../../client/queries'
import { Icon } from '../../../components/Icon'
import { useWords } from '../../../components/Language'
import { consoleLines } from './snapshot-rows'

function dataUrl(png: Uint8Array): string {
  let text = ''
  for (let at = 0; at < png.length; at += 8192) text += String.fromCharCode(...png.subarray(at, at + 8192))
  return `data:image/png;base64,${btoa(text)}`
}

export function SnapshotPicture(props: { readonly uuid: string; readonly snapshot: SnapshotInfo; readonly large?: boolean }) {
  const { uuid, snapshot } = props
  const { t } = useWords()
  const client = useClient()
  const query = callQuery(client, 'snapshotPicture', { uuid, id: snapshot.id })
  const { data } = useQuery({ ...query, enabled: snapshot.picture !== 'none' })
  const url = useMemo(() => (data?.png ? dataUrl(data.png) : undefined), [data])
  const name = t('snapshots.picture', { name: snapshot.name })
  return (
    <span className={props.large === true ? 'snapshot-picture large' : 'snapshot-picture'}>
      {url !== undefined && <img src={url} alt={props.large === true ? name : ''} draggable={false} />}
      {data !== undefined && url === undefined && (
        <pre aria-hidden={props.large !== true} aria-label={name} role="img">
          {consoleLines(data.text, props.large === true ? 24 : 12)}
        </pre>
      )}
      {snapshot.picture === 'none' && <Icon name={snapshot.state === 'shutoff' ? 'power' : 'guest'} />}
    </span>
  )
}
