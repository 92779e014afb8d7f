// The field that finds words in the text console, over its upper right corner: Enter goes to older lines, Shift+Enter to newer ones,
// Escape gives the keyboard back to the guest. What was found is selected, so it can be copied; all places are marked. Runs in: domain window.

import { type KeyboardEvent, useEffect, useRef, useState } from 'react'
import { Input, SearchField } from 'react-aria-components'
import { Button } from '../../components/Button'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import type { FoundAt } from './terminal'

export function FindBar(props: {
  /** Changes whenever the search is asked for: the field then takes the keyboard, with what stands in it chosen. */
  readonly asked: number
  readonly find: (words: string, back: boolean, anew: boolean) => void
  readonly found: FoundAt
  readonly onClose: () => void
}) {
  const { t } = useWords()
  const [words, setWords] = useState('')
  const field = useRef<HTMLInputElement>(null)
  // biome-ignore lint/correctness/useExhaustiveDependencies: each time it is asked for
  useEffect(() => {
    field.current?.focus()
    field.current?.select()
  }, [props.asked])
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape') props.onClose()
    else if (event.key === 'Enter' && event.target === field.current) props.find(words, !event.shiftKey, false)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  const { at, count } = props.found
  const told = () => {
    if (count === 0) return t('console.found-none')
    if (at === 0) return t('console.found-many', { count: t.number(count) })
    return t('console.found', { at: t.number(at), count: t.number(count) })
  }
  return (
    <search className="console-find" onKeyDownCapture={onKeyDown}>
      <SearchField
        className="filter"
        aria-label={t('console.find')}
        value={words}
        onChange={(typed) => {
          setWords(typed)
          props.find(typed, true, true)
        }}
      >
        <Icon name="search" />
        <Input ref={field} className="input" placeholder={t('console.find')} />
      </SearchField>
      <output className="console-found">{words !== '' && told()}</output>
      <Button
        kind="tool"
        icon="up"
        label={t('console.find-older')}
        disabled={count === 0}
        onPress={() => props.find(words, true, false)}
      />
      <Button
        kind="tool"
        icon="down"
        label={t('console.find-newer')}
        disabled={count === 0}
        onPress={() => props.find(words, false, false)}
      />
      <Button kind="tool" icon="close" label={t('console.find-close')} onPress={props.onClose} />
    </search>
  )
}
