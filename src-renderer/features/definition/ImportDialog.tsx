// A configuration file the user chose, before it becomes a machine: its name, which can be another, what was changed to fit, and the
// text. What is proposed is of the connection that is chosen. Invariant: nothing that is refused closes it; a machine that was made and does not start is told of where others are.
// Runs in: manager window.

import { type ReactNode, useEffect, useState } from 'react'
import type { ReadConfigText } from '../../../src-main/public/definition'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { machineNameProblem, NAME_BYTES_MOST, properName } from '../../../src-main/public/name'
import { useClientAt } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { Button } from '../../components/Button'
import { Dialog } from '../../components/Dialog'
import { TextField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { Refusal } from '../../remedy/Refusal'
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
  const { source } = props.file
  const [connection, setConnection] = useState(props.connection)
  const { t } = useWords()
  const client = useClientAt(connection)
  const store = useAppStore()
  const [busy, setBusy] = useState(false)
  const [looked, setLooked] = useState({ connection, look: props.file.look })
  const { look } = looked
  const [typed, setTyped] = useState<string | null>(null)
  const name = typed ?? look.name
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  const isWaiting = busy || looked.connection !== connection
  const bad = machineNameProblem(properName(name))
  const ofName = bad ?? (refusal?.reason === 'name-exists' ? refusal : undefined)

  // Elsewhere other names are taken, and what is changed to fit is another.
  useEffect(() => {
    if (looked.connection === connection) return
    let isLeft = false
    void client.call('configLook', { uuid: null, text: source }).then((result) => {
      if (isLeft) return
      if (result.ok) setLooked({ connection, look: result.value })
      else setRefusal(result.error)
    })
    return () => {
      isLeft = true
    }
  }, [client, connection, looked.connection, source])

  const define = async (start: boolean) => {
    if (isWaiting || bad !== undefined) return
    setBusy(true)
    setRefusal(null)
    const result = await client.call('configDefine', { uuid: null, text: look.text, name, start: false })
    setBusy(false)
    if (!result.ok) return setRefusal(result.error)
    props.onClose()
    const { uuid } = result.value
    const started = start ? await client.call('domainCreate', { uuid, fresh: false }) : null
    if (started?.ok === false) store.dispatch({ kind: 'failed', error: started.error })
    await client.call('windowOpen', { view: 'domain', uuid })
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
          <Button disabled={isWaiting || bad !== undefined} onPress={() => void define(true)}>
            {t('import.start')}
          </Button>
          <Button kind="primary" submit disabled={isWaiting || bad !== undefined}>
            {t('import.import')}
          </Button>
        </>
      }
    >
      {props.connectionField(connection, (next) => {
        setConnection(next)
        setRefusal(null)
      })}
      <TextField
        label={t('create.name')}
        value={name}
        onChange={(next) => {
          setTyped(next)
          setRefusal(null)
        }}
        error={ofName && errorText(ofName, t.language).cause}
        maxLength={NAME_BYTES_MOST}
        autoFocus
      />
      <ConfigNotes notes={look.notes} />
      <p className="import-becomes">{t(look.format === 'xl' ? 'import.becomes-xl' : 'import.becomes')}</p>
      <ConfigEditor label={t('definition.text')} text={look.text} editable={false} wrong={null} onChange={() => undefined} />
      <Refusal error={ofName === undefined ? refusal : null} onChange={setRefusal} />
    </Dialog>
  )
}
