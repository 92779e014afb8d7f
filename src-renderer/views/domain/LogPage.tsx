// The log of a domain: what the toolstack and the hypervisor said about it, newest at the end.
// Invariant: it follows the end only while the end is in sight, so that reading further up is not disturbed.
// Runs in: domain window.

import { useEffect, useLayoutEffect, useRef, useState } from 'react'
import type { DomainInfo, LogLine } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'

const LINES_KEPT = 2000
const DRAW_MS = 150

export function LogPage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { uuid } = domain
  const { t, formats } = useWords()
  const client = useClient()
  const [lines, setLines] = useState<readonly LogLine[] | null>(null)
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)

  useEffect(() => {
    // Lines are collected and drawn a few times a second: a guest that floods its log does not stop the window.
    let waiting: LogLine[] = []
    let loaded = false
    let timer: ReturnType<typeof setTimeout> | undefined
    const draw = () => {
      timer = undefined
      const fresh = waiting
      waiting = []
      setLines((before) => [...(before ?? []), ...fresh].slice(-LINES_KEPT))
    }
    const end = client.subscribe('logLine', (event) => {
      if (event.uuid !== uuid) return
      waiting.push(event.line)
      if (waiting.length > LINES_KEPT) waiting.shift()
      if (loaded) timer ??= setTimeout(draw, DRAW_MS)
    })
    void client.call('domainLog', { uuid }).then((log) => {
      loaded = true
      const known = log.ok ? log.value : []
      const lastTime = known.at(-1)?.time ?? 0
      waiting = waiting.filter(({ time }) => time > lastTime)
      setLines(known)
      draw()
    })
    return () => {
      end()
      clearTimeout(timer)
    }
  }, [client, uuid])

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
