// The end of the page: what the machine will be, in a line, as the command that makes it, and as configuration text.
// Invariant: texts are main's own, of the machine exactly as it would be made now; as long as something is missing they say so.
// Runs in: create-domain window.

import { keepPreviousData, useQuery } from '@tanstack/react-query'
import { useState } from 'react'
import { LOCAL_CONNECTION } from '../../../src-main/public/connection'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { callQuery, reportOf } from '../../client/queries'
import { useAnnounce } from '../../components/Announcer'
import { Button } from '../../components/Button'
import { SegmentedField } from '../../components/Field'
import { useWords } from '../../components/Language'
import { useConnections, useHere } from '../../state/answers'
import type { Order } from './check-form'
import { commandText } from './shown-command'

const SHOWN = ['summary', 'command', 'xml', 'xl'] as const
type Shown = (typeof SHOWN)[number]

export interface ShownOrder extends Order {
  /** The ISO image that kernel and ramdisk are taken out of. */
  readonly media?: { readonly path: string; readonly kernel: string; readonly ramdisk: string }
}

export interface ShownTextsProps {
  readonly summary: string
  /** Null while something is missing or wrong. */
  readonly order: ShownOrder | null
  readonly origin: string | undefined
  readonly start: boolean
}

export function ShownTexts(props: ShownTextsProps) {
  const { t } = useWords()
  const client = useClient()
  const { commandLine } = useQuery(callQuery(client, 'aboutInfo', {})).data ?? {}
  const [shown, setShown] = useState<Shown>('summary')
  const choices = SHOWN.filter((each) => each !== 'command' || commandLine !== null)
  return (
    <section className="create-shown">
      <SegmentedField
        label={t('create.shown')}
        value={shown}
        choices={choices.map((value) => ({ value, label: t(`create.shown-${value}`) }))}
        onChange={setShown}
        hint={t(`create.shown-${shown}-hint`)}
      />
      {shown === 'summary' ? (
        <p className="create-summary" data-testid="summary">
          {props.summary}
        </p>
      ) : props.order === null ? (
        <p className="create-summary muted">{t('create.shown-missing')}</p>
      ) : (
        <Text shown={shown} order={props.order} origin={props.origin} start={props.start} program={commandLine ?? ''} />
      )}
    </section>
  )
}

function Text(props: {
  readonly shown: Exclude<Shown, 'summary'>
  readonly order: ShownOrder
  readonly origin: string | undefined
  readonly start: boolean
  readonly program: string
}) {
  const { shown, order, origin, start, program } = props
  const { t } = useWords()
  const client = useClient()
  const announce = useAnnounce()
  const here = useHere()
  const connection = useConnections().find((each) => each.connection === here)
  const params = { config: order.config, ...(origin !== undefined && { origin }) }
  const draft = useQuery({ ...callQuery(client, 'configDraft', params), placeholderData: keepPreviousData, gcTime: 0 })
  if (draft.error !== null) return <p className="create-summary">{errorText(reportOf(draft.error), t.language).cause}</p>
  if (draft.data === undefined)
    return (
      <div className="create-text-box">
        <section className="create-text" />
      </div>
    )
  const name = here === LOCAL_CONNECTION ? null : (connection?.name ?? null)
  const text =
    shown === 'command'
      ? commandText({ program, connection: name, images: order.images, media: order.media, draft: draft.data, start })
      : draft.data[shown]
  const copy = () => void client.call('clipboardWrite', { text }).then(() => announce(t('announce.copied')))
  return (
    <div className="create-text-box">
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, by keyboard too */}
      <section className="create-text selectable" tabIndex={0} aria-label={t(`create.shown-${shown}`)}>
        <pre>{text}</pre>
      </section>
      <Button icon="copy" onPress={copy}>
        {t('create.shown-copy')}
      </Button>
    </div>
  )
}
