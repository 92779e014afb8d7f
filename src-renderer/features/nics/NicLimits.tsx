// What an attached interface can be told at any time: cable in or out, how fast, and a capture of all its frames for Wireshark.
// Runs in: domain window.

import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { Check } from '../../components/Check'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { checkCapture, checkRate, type NicForm } from './nic-form'

export function NicLimits(props: {
  readonly form: NicForm
  readonly name: string
  readonly onChange: (change: Partial<NicForm>) => void
}) {
  const { form, onChange } = props
  const { t } = useWords()
  const client = useClient()
  const browse = async () => {
    const picked = await client.call('filePick', { kind: 'saveCapture', suggestedName: `${props.name} vif${form.index}` })
    if (picked.ok && picked.value.path !== null) onChange({ capture: picked.value.path })
  }
  return (
    <>
      <div className="field">
        <span className="field-label">{t('nic.link')}</span>
        <div className="field-control">
          <Check
            label={t('nic.link-up')}
            value={form.link === 'up'}
            onChange={(up) => onChange({ link: up ? 'up' : 'down' })}
          />
        </div>
        <span className="field-message">{t('nic.link-hint')}</span>
      </div>
      <TextField
        label={t('nic.rate')}
        value={form.rate}
        placeholder={t('nic.rate-none')}
        maxLength={10}
        onChange={(rate) => onChange({ rate })}
        hint={t('nic.rate-hint')}
        error={checkRate(form.rate, t)}
      />
      <TextField
        label={t('nic.capture')}
        value={form.capture}
        mono
        placeholder={t('nic.capture-none')}
        onChange={(capture) => onChange({ capture })}
        hint={t('nic.capture-hint')}
        error={checkCapture(form.capture, t)}
        after={
          <Button icon="folder" label={t('nic.capture-browse')} onPress={() => void browse()}>
            {t('button.browse')}
          </Button>
        }
      />
    </>
  )
}
