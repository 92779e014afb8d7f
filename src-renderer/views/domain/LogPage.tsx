// The log of a domain: its life, what the hypervisor's message ring, backends and the engine said, newest at the end; filtered by
// who says it, how grave it is and by words, and saved to a file with the whole message ring.
// Invariant: it follows the end only while the end is in sight, so that reading further up is not disturbed.
// Runs in: domain window.

import { Fragment, useLayoutEffect, useMemo, useRef, useState } from 'react'
import { Input, SearchField } from 'react-aria-components'
import { type DomainInfo, logSources } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { useAnnounce } from '../../components/Announcer'
import { Button } from '../../components/Button'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { Select } from '../../components/Select'
import { Refusal } from '../../remedy/Refusal'
import { useDomainLog } from '../../state/domain-log'
import { useAppStore } from '../../state/store'
import { dayHeads, filterLog, type LogFilter, lineText, logAsText } from './log-filter'

const levels = ['debug', 'info', 'warning', 'error'] as const

export function LogPage(props: { readonly domain: DomainInfo }) {
  const { domain } = props
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const announce = useAnnounce()
  const { lines, error, reload } = useDomainLog(domain.uuid)
  const [filter, setFilter] = useState<LogFilter>({ source: 'all', level: 'debug', words: '' })
  const box = useRef<HTMLDivElement>(null)
  const atEnd = useRef(true)
  const shown = useMemo(() => filterLog(lines ?? [], filter, t), [lines, filter, t])

  const heads = useMemo(() => dayHeads(shown, Date.now(), formats.day), [shown, formats])

  // biome-ignore lint/correctness/useExhaustiveDependencies: scrolls whenever the lines change
  useLayoutEffect(() => {
    const node = box.current
    if (node !== null && atEnd.current) node.scrollTop = node.scrollHeight
  }, [shown])

  const copy = () => {
    void client.call('clipboardWrite', { text: logAsText(shown) })
    announce(t('announce.copied'))
  }
  const save = async () => {
    const ring =
      domain.domid === null || domain.kind !== 'guest' ? null : await client.call('domainDmesg', { uuid: domain.uuid })
    const picked = await client.call('filePick', { kind: 'saveLog', suggestedName: domain.name })
    if (!picked.ok || picked.value.path === null) return
    const whole = ring?.ok === true ? `\n--- hypervisor message ring ---\n${ring.value.text}` : ''
    const content = `${logAsText(shown)}\n${whole}`
    const written = await client.call('fileWrite', { path: picked.value.path, kind: 'saveLog', content })
    if (!written.ok) store.dispatch({ kind: 'failed', error: written.error })
  }
  const change = (part: Partial<LogFilter>) => setFilter((before) => ({ ...before, ...part }))

  if (error !== null)
    return (
      <div className="log">
        <Refusal error={error} onChange={() => void reload()} />
      </div>
    )
  return (
    <div className="log">
      <div className="store-head">
        <SearchField
          className="filter"
          aria-label={t('log.filter')}
          value={filter.words}
          onChange={(words) => change({ words })}
        >
          <Icon name="search" />
          <Input className="input" placeholder={t('log.filter')} />
        </SearchField>
        <Select
          label={t('log.source')}
          value={filter.source}
          choices={[
            { value: 'all', label: t('log.source-all') },
            ...logSources.map((source) => ({ value: source, label: t(`log.source-${source}`) })),
          ]}
          onChange={(source) => change({ source })}
        />
        <Select
          label={t('log.least')}
          value={filter.level}
          choices={levels.map((level) => ({ value: level, label: t(`log.least-${level}`) }))}
          onChange={(level) => change({ level })}
        />
        <span className="fill" />
        <Button icon="save" onPress={() => void save()}>
          {t('log.save')}
        </Button>
      </div>
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
        {lines !== null && shown.length === 0 && (
          <p className="log-empty">{t(lines.length === 0 ? 'log.empty' : 'log.none')}</p>
        )}
        {shown.map((line, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: lines are only added at the end or dropped together
          <Fragment key={`${line.time}-${index}`}>
            {typeof heads[index] === 'string' && <p className="log-day">{heads[index]}</p>}
            <div className={`log-line log-${line.level}`}>
              <time>{formats.clock(line.time)}</time>
              <span className="log-level">{t(`log.level-${line.level}`)}</span>
              <span className="log-source">{t(`log.source-${line.source}`)}</span>
              <span className="log-text">{lineText(line, t)}</span>
            </div>
          </Fragment>
        ))}
      </div>
      <div className="status-bar">
        <span>{t.count('log.lines', shown.length)}</span>
        <span className="last" />
        <Button kind="tool" icon="copy" label={t('log.copy')} disabled={shown.length === 0} onPress={copy} />
      </div>
    </div>
  )
}
