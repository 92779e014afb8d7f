// What a dialog or a page was refused, or cannot show: cause, what follows, what to do, and a button that does it or leads there.
// It comes in sight: a long form would have it below its edge, and the button seems to have done nothing.
// Invariant: in the flow of the form, which keeps what was typed; a button that would only turn a page under the dialog is not there.
// Runs in: every window.

import { useEffect, useRef } from 'react'
import type { ErrorReport } from '../../src-main/public/error-code'
import { errorText } from '../client/error-text'
import { useWords } from '../components/Language'
import { Notice } from '../components/Notice'
import { Remedy } from './Remedy'

export function Refusal(props: {
  readonly error: ErrorReport | null
  /** Mended: null, and what was refused may be tried again. Else why it could not be. */
  readonly onChange: (error: ErrorReport | null) => void
  /** What follows, where it was not something asked for that was refused, but what is shown that cannot be read. */
  readonly follows?: string
}) {
  const { error, onChange } = props
  const { t } = useWords()
  const box = useRef<HTMLDivElement>(null)
  useEffect(() => {
    if (error !== null) box.current?.scrollIntoView({ block: 'nearest' })
  }, [error])
  if (error === null) return null
  const { cause, consequence, action } = errorText(error, t.language)
  const below = <Remedy error={error} elsewhere onMended={() => onChange(null)} onFailed={onChange} />
  return (
    <Notice ref={box} tone="bad" boxed action={action} below={below}>
      {cause} {props.follows ?? consequence}
    </Notice>
  )
}
