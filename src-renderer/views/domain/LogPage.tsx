// The log of a domain: what the toolstack and the hypervisor said about it, newest at the end.
// Invariant: it follows the end only while the end is in sight, so that reading further up is not disturbed.
// Runs in: domain window.

import { useLayoutEffect, useRef } from 'react'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { errorText } from '../../client/error-text'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { useDomainLog } from '../../state/domain-log'

export function LogPage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const client = useClient()
  const { lines, error } = useDomainLog(domain.uuid)
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)

  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls whenever the lines change
  useLayoutEffect(() => {
    const node = box.current
    if (node !== null && atEnd.current) node.scrollTop = node.scrollHeight
  }, [lines])

  const copy = () => {
    const text = (lines ?? []).map(({ time, level, text }) => `${new Date(time).toISOString()} ${level} ${text}`).join('\n')
    void client.call('clipboardWrite', { text })
  }

  return (
    <div className="log">
      <div
        ref={box}
        className="log-lines selectable"
        role="log"
        aria-label={t('log.label', { name: domain.name })}
        // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region must be reachable by keyboard
        tabIndex={0}
        onScroll={(event) => {
          const node = event.currentTarget
          atEnd.current = node.scrollHeight - node.scrollTop - node.clientHeight < 24
        }}
      >
        {error !== null && <p className="log-empty">{errorText(error, t.language).cause}</p>}
        {lines !== null && lines.length === 0 && <p className="log-empty">{t('log.empty')}</p>}
        {(lines ?? []).map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are only added at the end or dropped together
          <div key={`${line.time}-${index}`} className={`log-line log-${line.level}`}>
            <time>{formats.clock(line.time)}</time>
            <span className="log-level">{t(`log.level-${line.level}`)}</span>
            <span className="log-text">{line.text}</span>
          </div>
        ))}
      </div>
      <div className="status-bar">
        <span>{t.count('log.lines', lines?.length ?? 0)}</span>
        <span className="last" />
        <Button kind="tool" icon="copy" label={t('log.copy')} disabled={(lines?.length ?? 0) === 0} onPress={copy} />
      </div>
    </div>
  )
}
