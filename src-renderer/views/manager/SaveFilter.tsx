// Gives the present filter a name, under which the menu beside the field and the palette offer it. Runs in: manager window.

import { useState } from 'react'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'

export interface SaveFilterProps {
  readonly text: string
  readonly onSave: (name: string) => void
  readonly onClose: () => void
}

export function SaveFilter(props: SaveFilterProps) {
  const { t } = useWords()
  const [name, setName] = useState(props.text.slice(0, 64))
  const submit = () => {
    const wanted = name.trim().slice(0, 64)
    if (wanted !== '') props.onSave(wanted)
  }
  return (
    <Dialog
      title={t('filter.save-title', { text: props.text })}
      onClose={props.onClose}
      onSubmit={submit}
      buttons={
        <>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <Button kind="primary" submit disabled={name.trim() === ''}>
            {t('filter.save')}
          </Button>
        </>
      }
    >
      <TextField label={t('filter.name')} value={name} onChange={setName} maxLength={64} autoFocus />
    </Dialog>
  )
}
