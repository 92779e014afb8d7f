// Save as template…: a machine's definition kept for new ones under a name, of one that is off also what is on its disks.
// Invariant: a refusal keeps what was typed. Runs in: manager and domain windows.

import { useState } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { NAME_BYTES_MOST } from '../../../src-main/public/name'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { Ways } from '../../components/Ways'
import { Refusal } from '../../remedy/Refusal'

export function TemplateDialog(props: { readonly domain: DomainInfo; readonly onClose: () => void }) {
  const { domain, onClose } = props
  const { t } = useWords()
  const client = useClient()
  const written = (domain.config?.devices ?? []).some(
    (device) => device.kind === 'vbd' && device.path !== '' && !device.readonly,
  )
  const copiable = domain.operations.includes('clone')
  const [name, setName] = useState(domain.name)
  const [disks, setDisks] = useState<'copied' | 'empty'>(copiable ? 'copied' : 'empty')
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const submit = async () => {
    const saved = await client.call('templateSave', { uuid: domain.uuid, name, disks: written && disks === 'copied' })
    if (saved.ok) onClose()
    else setRefusal(saved.error)
  }
  return (
    <Dialog
      title={t('template.title', domain)}
      width={520}
      onClose={onClose}
      onSubmit={() => void submit()}
      buttons={
        <>
          <Button onPress={onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit disabled={name.trim() === ''}>
            {t('template.save')}
          </Button>
        </>
      }
    >
      <TextField label={t('filter.name')} value={name} onChange={setName} maxLength={NAME_BYTES_MOST} autoFocus />
      {written && (
        <Ways
          label={t('create.disks')}
          value={disks}
          ways={[
            {
              value: 'copied',
              name: t('template.copied'),
              hint: t(copiable ? 'template.copied-hint' : 'why.undefine'),
              disabled: !copiable,
            },
            { value: 'empty', name: t('template.empty'), hint: t('template.empty-hint') },
          ]}
          onChange={setDisks}
        />
      )}
      <p className="muted">{t('template.note')}</p>
      <Refusal error={refusal} onChange={setRefusal} />
    </Dialog>
  )
}
