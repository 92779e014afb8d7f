// Notes about a configuration that was read, in the user's language. Runs in: manager and domain windows.

import type { ConfigNote } from '../../../src-main/public/config-note'
import { fillSentence } from '../../../src-main/public/error-code'
import { useWords } from '../../components/Language'
import { Notice } from '../../components/Notice'
import { messages } from '../../lib/messages'
import './definition.css'

export function ConfigNotes(props: { readonly notes: readonly ConfigNote[] }) {
  const { t } = useWords()
  if (props.notes.length === 0) return null
  return (
    <Notice tone="info" boxed>
      <ul className="config-notes">
        {props.notes.map((note) => {
          const text = fillSentence(messages[`note.${note.reason}`][t.language], note.values)
          return <li key={text}>{text}</li>
        })}
      </ul>
    </Notice>
  )
}
