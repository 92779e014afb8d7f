// The text console of a domain: the terminal, what to say when there is none, and a line with its state and keys.
// Invariant: the terminal lives as long as the window, so its scrollback survives the guest's end and other pages.
// Keyboard: everything goes to the guest but Ctrl+Tab (leave), Ctrl+Shift+C and Ctrl+Shift+V (copy, paste), Ctrl+Shift+F (find).
// Runs in: domain window.

import { type MouseEvent, type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import type { PortDesk } from '../../client/port-desk'
import { useAnnounce } from '../../components/Announcer'
import { Button } from '../../components/Button'
import { useWords } from '../../components/Language'
import { ContextMenu, type MenuPoint } from '../../components/Menu'
import type { Translator } from '../../lib/translate'
import { usePreferences } from '../../state/answers'
import { type ConnectionState, ConsoleSession } from './console-session'
import { FindBar } from './FindBar'
import type { FoundAt, Terminal } from './terminal'
import './console.css'

export interface ConsolePaneProps {
  readonly domain: DomainInfo
  readonly desk: PortDesk
  readonly visible: boolean
  /** How often its tab was clicked: each time it gets the keyboard. */
  readonly clicks: number
  /** Shown in the middle while there is nothing to show: what can be done. */
  readonly offActions: ReactNode
  readonly onLeave: (backwards: boolean) => void
}

/** What to say while there is nothing to show. */
function idleWords(domain: DomainInfo, t: Translator): string {
  const { name, state } = domain
  if (domain.kind === 'domain0') return t('console.none')
  if (state === 'shutoff') return t('console.off', { name })
  return state === 'saved' ? t('console.saved', { name }) : t('announce.state', { name, state: t(`state.${state}`) })
}

interface Parts {
  readonly terminal: Terminal
  readonly session: ConsoleSession
}

export function ConsolePane(props: ConsolePaneProps) {
  const { domain, desk, visible, clicks } = props
  const { t } = useWords()
  const client = useClient()
  const announce = useAnnounce()
  const box = useRef<HTMLDivElement>(null)
  const [parts, setParts] = useState<Parts | null>(null)
  const [connection, setConnection] = useState<ConnectionState>('off')
  const [size, setSize] = useState({ columns: 0, rows: 0 })
  const [menuAt, setMenuAt] = useState<MenuPoint | null>(null)
  const [screenReader, setScreenReader] = useState(false)
  /** How often it was asked for since it was closed: asked again, the field has the keyboard again. */
  const [finding, setFinding] = useState(0)
  const [found, setFound] = useState<FoundAt>({ at: 0, count: 0 })
  const find = useCallback(() => setFinding((asked) => asked + 1), [])

  const copy = (text: string) => {
    if (text === '') return
    void client.call('clipboardWrite', { text }).then(() => announce(t('announce.copied')))
  }
  const paste = (terminal: Terminal | undefined) => {
    void client.call('clipboardRead', {}).then((read) => {
      if (read.ok && read.value.text !== '') terminal?.paste(read.value.text)
    })
  }

  const { consoleFontSize, consoleScrollback } = usePreferences()
  const lookNow = useRef({ fontSize: consoleFontSize, scrollback: consoleScrollback })

  // The newest handlers, for a terminal that is made once.
  const handlers = useRef({ copy, paste, leave: props.onLeave })
  handlers.current = { copy, paste, leave: props.onLeave }

  useEffect(() => {
    let made: Parts | null = null
    let gone = false
    void import('./terminal').then(({ makeTerminal }) => {
      if (gone || box.current === null) return
      let session: ConsoleSession | null = null
      const terminal = makeTerminal(
        box.current,
        {
          onInput: (text) => session?.send(text),
          onResize: (columns, rows) => {
            setSize({ columns, rows })
            session?.resize(columns, rows)
          },
          onCopy: (text) => handlers.current.copy(text),
          onPaste: () => handlers.current.paste(terminal),
          onLeave: (backwards) => handlers.current.leave(backwards),
          onFind: find,
          onFound: setFound,
        },
        lookNow.current,
      )
      setSize(terminal.size())
      session = new ConsoleSession(client, desk, terminal, setConnection)
      made = { terminal, session }
      setParts(made)
    })
    return () => {
      gone = true
      made?.session.dispose()
      made?.terminal.dispose()
    }
  }, [client, desk, find])

  useEffect(() => {
    parts?.terminal.setLook({ fontSize: consoleFontSize, scrollback: consoleScrollback })
  }, [parts, consoleFontSize, consoleScrollback])

  const { uuid, domid } = domain
  const open = domain.operations.includes('openConsole')
  const restored = domain.clockStandsAt !== null
  useEffect(() => {
    parts?.session.follow({ uuid, domid, open, restored })
  }, [parts, uuid, domid, open, restored])

  useEffect(() => {
    parts?.terminal.setLabel(t('console.label', { name: domain.name }))
  }, [parts, t, domain.name])

  const idle = connection === 'off' && parts !== null && !open
  // The keyboard goes to the console when it comes in sight or its tab is clicked, unless it was steered there through the tabs.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a click is all it takes
  useEffect(() => {
    if (!visible || !open || parts === null) return
    const frame = requestAnimationFrame(() => {
      if (document.activeElement?.matches('[role="tab"][data-focus-visible]') !== true) parts.terminal.focus()
    })
    return () => cancelAnimationFrame(frame)
  }, [parts, visible, open, clicks])

  // Also where a tab or a button has the keyboard; the terminal tells of it itself and lets nothing through.
  useEffect(() => {
    if (!visible) return
    const onKey = (event: globalThis.KeyboardEvent) => {
      if (!event.ctrlKey || !event.shiftKey || event.code !== 'KeyF') return
      event.preventDefault()
      find()
    }
    window.addEventListener('keydown', onKey)
    return () => window.removeEventListener('keydown', onKey)
  }, [visible, find])

  const words: Record<ConnectionState, string> = {
    off: t('console.ended'),
    connecting: t('console.connecting'),
    connected: t('console.connected'),
    ended: t('console.ended'),
  }
  const act = (id: string) => {
    if (id === 'copy') copy(parts?.terminal.selection() ?? '')
    if (id === 'paste') paste(parts?.terminal)
    if (id === 'find') find()
    if (id === 'selectAll') parts?.terminal.selectAll()
    if (id === 'clear') parts?.terminal.clear()
    if (id === 'screenReader') {
      parts?.terminal.setScreenReader(!screenReader)
      setScreenReader(!screenReader)
    }
  }
  const openMenu = (event: MouseEvent) => {
    event.preventDefault()
    setMenuAt({ x: event.clientX, y: event.clientY, by: event.button === 2 ? 'mouse' : 'keyboard' })
  }

  return (
    <div className="console">
      {/* biome-ignore lint/a11y/noStaticElementInteractions: the terminal inside has the role; its menu key bubbles up */}
      <div className="console-screen" onContextMenu={openMenu}>
        <div ref={box} className="console-box" data-testid="terminal" />
        {finding > 0 && parts !== null && (
          <FindBar
            asked={finding}
            find={parts.terminal.find}
            found={found}
            onClose={() => {
              setFinding(0)
              parts.terminal.endFind()
              parts.terminal.focus()
            }}
          />
        )}
        {idle && (
          <div className="console-idle">
            <p>{idleWords(domain, t)}</p>
            {props.offActions}
          </div>
        )}
      </div>
      <div className="status-bar">
        <span data-testid="console-connection">{words[connection]}</span>
        {size.columns > 0 && <span className="console-size">{t('console.size', size)}</span>}
        <span className="last">{t('console.leave')}</span>
        <span className="console-buttons">
          <Button kind="tool" icon="search" label={t('console.find')} onPress={() => act('find')} />
          <Button kind="tool" icon="copy" label={t('console.copy')} onPress={() => act('copy')} />
          <Button
            kind="tool"
            icon="paste"
            label={t('console.paste')}
            disabled={connection !== 'connected'}
            onPress={() => act('paste')}
          />
        </span>
      </div>
      <ContextMenu
        at={menuAt}
        label={t('console.menu')}
        entries={[
          {
            kind: 'action',
            id: 'copy',
            label: t('console.copy'),
            icon: 'copy',
            keys: t('key.copy'),
            disabled: (parts?.terminal.selection() ?? '') === '',
          },
          {
            kind: 'action',
            id: 'paste',
            label: t('console.paste'),
            icon: 'paste',
            keys: t('key.paste'),
            disabled: connection !== 'connected',
          },
          { kind: 'separator', id: 's1' },
          { kind: 'action', id: 'find', label: t('console.find'), icon: 'search', keys: t('key.find-text') },
          { kind: 'action', id: 'selectAll', label: t('console.select-all') },
          { kind: 'action', id: 'clear', label: t('console.clear'), icon: 'eraser' },
          { kind: 'separator', id: 's2' },
          {
            kind: 'action',
            id: 'screenReader',
            label: t('console.screen-reader'),
            ...(screenReader && { icon: 'check' as const }),
          },
        ]}
        onAction={act}
        onClose={() => {
          setMenuAt(null)
          parts?.terminal.focus()
        }}
      />
    </div>
  )
}
