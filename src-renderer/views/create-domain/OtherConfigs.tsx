// Configurations that were dropped beside the one the page is filled in from: they are named, and one press makes a machine of each, as it is.
// Invariant: nothing is made before the press; what is refused stays named and can be pressed for again. Runs in: create-domain window.

import { useState } from 'react'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { importConfig } from '../../features/definition/import-config'
import { lastPart } from '../../lib/path'
import { someNames } from '../../lib/some-names'
import type { DroppedConfig } from './dropped'

export interface OtherConfigsProps {
  /** The path of the configuration that the page shows. */
  readonly file: string
  readonly others: readonly DroppedConfig[]
  readonly disabled: boolean
  readonly onLeft: (left: readonly DroppedConfig[]) => void
  readonly onRefusal: (error: ErrorReport | null) => void
}

export function OtherConfigs(props: OtherConfigsProps) {
  const { others } = props
  const { t } = useWords()
  const client = useClient()
  const [busy, setBusy] = useState(false)
  const [made, setMade] = useState<readonly string[]>([])

  const importAll = async () => {
    setBusy(true)
    props.onRefusal(null)
    const left: DroppedConfig[] = []
    for (const config of others) {
      const done = await importConfig(client, config.text, lastPart(config.path))
      if (done.ok) {
        setMade((before) => [...before, done.value.name])
      } else {
        left.push(config)
        props.onRefusal(done.error)
      }
    }
    setBusy(false)
    props.onLeft(left)
  }

  if (others.length === 0 && made.length === 0) return null
  const names = others.map(({ path }) => lastPart(path))
  return (
    <Notice
      tone="info"
      boxed
      below={
        others.length > 0 && (
          <Button disabled={busy || props.disabled} onPress={() => void importAll()}>
            {t('create.others-import')}
          </Button>
        )
      }
    >
      {others.length > 0 && t('create.others', { file: lastPart(props.file), names: someNames(names, t) })}{' '}
      {made.length > 0 && t('create.others-made', { names: someNames(made, t) })}
    </Notice>
  )
}
