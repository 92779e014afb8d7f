// On which connection something is made: asked when there is more than one that is open.
// Runs in: windows that make machines.

import { LOCAL_CONNECTION } from '../../../src-main/public/connection'
import { useWords } from '../../components/Language'
import { SelectField } from '../../components/Select'
import { connectionName } from '../../lib/connection-name'
import { useConnections } from '../../state/answers'

export function ConnectionSelect(props: {
  /** Undefined: the first that is open. */
  readonly value: string | undefined
  readonly onChange: (connection: string | undefined) => void
}) {
  const { t } = useWords()
  const open = useConnections().filter(({ state }) => state === 'connected')
  if (open.length < 2) return null
  const chosen = open.find(({ connection }) => connection === props.value) ?? open[0]
  return (
    <SelectField
      label={t('connection.on')}
      value={chosen?.connection ?? LOCAL_CONNECTION}
      choices={open.map((each) => ({ value: each.connection, label: connectionName(each, t) }))}
      onChange={props.onChange}
    />
  )
}
