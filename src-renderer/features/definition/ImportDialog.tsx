// A configuration file the user chose, before it becomes a machine: its name, what was changed to fit, and the text.
// Runs in: manager window.

import { type ReactNode, useState } from 'react'
import type { ReadConfigText } from '../../../src-main/public/definition'
import { useClientAt } from '../../client/Client'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { useWords } from '../../components/Language'
import { useAppStore } from '../../state/store'
import { ConfigEditor } from './ConfigEditor'
import { ConfigNotes } from './notes'
import './definition.css'

export interface ImportedFile {
  readonly source: string
  readonly look: ReadConfigText
}

export type ConnectionField = (value: string | undefined, onChange: (connection: string | undefined) => void) => ReactNode

export function ImportDialog(props: {
  readonly file: ImportedFile
  /** Where it goes at first. */
  readonly connection: string | undefined
  readonly connectionField: ConnectionField
  readonly onClose: () => void
}) {
  const { look } = props.file
  const [connection, setConnection] = useState(props.connection)
  const { t } = useWords()
  const client = useClientAt(connection)
  const store = useAppStore()
  const [busy, setBusy] = useState(false)

  const define = async (start: boolean) => {
    setBusy(true)
    const result = await client.call('configDefine', { uuid: null, text: look.text, start })
    setBusy(false)
    props.onClose()
    if (!result.ok) return store.dispatch({ kind: 'failed', error: result.error })
    await client.call('windowOpen', { view: 'domain', uuid: result.value.uuid })
  }

  return (
    <Dialog
      title={t('import.title', { name: look.name })}
      width={680}
      onClose={props.onClose}
      onSubmit={() => void define(false)}
      buttons={
        <>
          <Button onPress={props.onClose}>{t('button.cancel')}</Button>
          <span className="fill" />
          <Button disabled={busy} onPress={() => void define(true)}>
            {t('import.start')}
          </Button>
          <Button kind="primary" submit disabled={busy}>
            {t('import.import')}
          </Button>
        </>
      }
    >
      {props.connectionField(connection, setConnection)}
      <ConfigNotes notes={look.notes} />
      <p className="import-becomes">{t(look.format === 'xl' ? 'import.becomes-xl' : 'import.becomes')}</p>
      <ConfigEditor label={t('definition.text')} text={look.text} editable={false} wrong={null} onChange={() => undefined} />
    </Dialog>
  )
}
