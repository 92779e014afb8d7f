// A machine's name as a field in its row. A name that main refuses stays in the field with the reason below it, to be mended.
// Invariant: nothing that was typed is lost but by Escape; a refusal takes the keyboard from nobody who went on elsewhere.
// Runs in: manager window.

import { useEffect, useRef, useState } from 'react'
import { Popover } from 'react-aria-components'
import type { ErrorReport } from '../../../../src-main/public/error-code'
import type { DomainInfo } from '../../../../src-main/public/types'
import { errorText } from '../../../client/error-text'
import { useWords } from '../../../components/Language'

interface RenameProps {
  readonly domain: DomainInfo
  /** Gives the machine that name, null the one it has; the field is done unless a refusal is answered. */
  readonly onDone: (domain: DomainInfo, name: string | null) => Promise<ErrorReport | null>
}

export function RenameField(props: RenameProps) {
  const { domain, onDone } = props
  const { t } = useWords()
  const input = useRef<HTMLInputElement>(null)
  const [refusal, setRefusal] = useState<ErrorReport | null>(null)
  /** It is asked already, or all is done: leaving the field must not ask again. */
  const asked = useRef(false)
  useEffect(() => {
    input.current?.focus()
    input.current?.select()
  }, [])
  const finish = async (name: string | null) => {
    if (asked.current) return
    asked.current = true
    const refused = await onDone(domain, name)
    asked.current = refused === null
    setRefusal(refused)
  }
  const message = refusal === null ? null : errorText(refusal, t.language)
  return (
    <>
      <input
        ref={input}
        className="input rename"
        defaultValue={domain.name}
        aria-label={t('manager.rename-field', { name: domain.name })}
        aria-invalid={message !== null}
        maxLength={256}
        dir="auto"
        spellCheck={false}
        onInput={() => setRefusal(null)}
        onBlur={(event) => void finish(event.currentTarget.value)}
        onKeyDown={(event) => {
          event.stopPropagation()
          if (event.key === 'Enter') void finish(event.currentTarget.value)
          else if (event.key === 'Escape') void finish(null)
          else return
          event.preventDefault()
        }}
      />
      <Popover
        className="popover rename-refused"
        triggerRef={input}
        isOpen={message !== null}
        isNonModal
        placement="bottom start"
        offset={3}
        trigger="manual"
      >
        <p role="alert">
          {message?.cause} {message?.action}
        </p>
      </Popover>
    </>
  )
}
