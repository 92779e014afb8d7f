// Writing one node of XenStore, as xenstore-write does: what it is, what will stand there, and what that may do.
// Invariant: nothing is written before Write is pressed; Escape and Cancel write nothing. Runs in: domain window.

import { useState } from 'react'
import type { ErrorReport } from '../../../../src-main/public/error-code'
import { useClient } from '../../../client/Client'
import { Button } from '../../../components/Button'
import { Dialog } from '../../../components/Dialog'
import { TextField } from '../../../components/Field'
import { useWords } from '../../../components/Language'
import { Notice } from '../../../components/Notice'
import { Refusal } from '../../../remedy/Refusal'

export function EditNode(props: {
  readonly uuid: string
  readonly path: string
  readonly value: string
  readonly onClose: () => void
}) {
  const { t } = useWords()
  const client = useClient()
  const [value, setValue] = useState(props.value)
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const write = async () => {
    const written = await client.call('storeWrite', { uuid: props.uuid, path: props.path, value })
    if (written.ok) props.onClose()
    else setRefusal(written.error)
  }
  return (
    <Dialog
      title={t('store.edit-title')}
      width={560}
      onClose={props.onClose}
      onSubmit={() => void write()}
      buttons={
        <>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <Button kind="danger" submit disabled={value === props.value}>
            {t('store.edit-write')}
          </Button>
        </>
      }
    >
      <dl className="facts">
        <dt>{t('store.edit-path')}</dt>
        <dd className="mono">{props.path}</dd>
      </dl>
      <TextField label={t('store.edit-value')} value={value} mono autoFocus maxLength={4096} onChange={setValue} hint="" />
      <Notice tone="warn" boxed>
        {t('store.edit-warning')}
      </Notice>
      <Refusal error={refusal} onChange={setRefusal} />
    </Dialog>
  )
}
