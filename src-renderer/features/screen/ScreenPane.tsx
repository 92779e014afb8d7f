// The screen of a domain: the picture, how it is scaled, who has the keyboard, and keys that cannot be typed.
// Keyboard: everything goes to the guest while its screen has the focus; left Ctrl+Alt gives it back. A screen reader hears
// what it is and how to leave. Invariant: the line below keeps its height and its places whatever it says.
// Runs in: domain window.

import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { SEND_KEY } from '../../../src-main/public/menu'
import { labelOf, sendKeys } from '../../../src-main/public/send-keys'
import type { DomainInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import type { PortDesk } from '../../client/port-desk'
import { useAnnounce } from '../../components/Announcer'
import { Button } from '../../components/Button'
import { Segmented } from '../../components/Field'
import { Icon } from '../../components/Icon'
import { useWords } from '../../components/Language'
import { chordText } from '../../lib/keys'
import type { Translator } from '../../lib/translate'
import { usePreferences } from '../../state/answers'
import { useAppStore } from '../../state/store'
import { type Place, percentOf, placeOf, type ScaleMode, type Size } from './fit'
import { PasteMenu, SendKeysMenu } from './KeyMenus'
import { watchGrab } from './keyboard-grab'
import { ScreenSession, type ScreenState } from './screen-session'
import { StickyModifiers, stickyRows } from './sticky-modifiers'
import { useBox, useDevicePixelRatio, usePageInSight } from './use-box'
import { typingWords, usePaste } from './use-paste'
import './screen.css'

export interface ScreenPaneProps {
  readonly domain: DomainInfo
  readonly desk: PortDesk
  readonly visible: boolean
  /** How often its tab was clicked: each time it gets the keyboard. */
  readonly clicks: number
  /** Shown in the middle while there is nothing to show, as the machine is off, or has no screen: what can be done. */
  readonly offActions: ReactNode
  readonly noScreenActions: ReactNode
  readonly fullScreen: boolean
  readonly onFullScreen: (on: boolean) => void
  /** The keyboard comes back: somewhere outside the screen takes it. */
  readonly onLeave: () => void
}

const NO_SIZE: Size = { width: 0, height: 0 }

export function ScreenPane(props: ScreenPaneProps) {
  const { domain, desk, visible, clicks, fullScreen } = props
  const { t, formats } = useWords()
  const client = useClient()
  const store = useAppStore()
  const announce = useAnnounce()
  const { screenScale, grabKeys } = usePreferences()
  const chord = useRef<readonly string[]>(grabKeys)
  chord.current = grabKeys
  const keys = chordText(grabKeys, t)
  const box = useRef<HTMLDivElement>(null)
  const target = useRef<HTMLDivElement>(null)
  const [session, setSession] = useState<ScreenSession | null>(null)
  const [state, setState] = useState<ScreenState>('off')
  const [guest, setGuest] = useState<Size>(NO_SIZE)
  const preferred: ScaleMode = screenScale !== 'fullScreen' ? screenScale : fullScreen ? 'fit' : 'exact'
  const [mode, setMode] = useState<ScaleMode>(preferred)
  // Full screen may be preferred otherwise; what is chosen then holds until it is left.
  useEffect(() => setMode(preferred), [preferred])
  const [grabbed, setGrabbed] = useState(false)
  const ratio = useDevicePixelRatio()
  const inSight = usePageInSight() && visible
  const size = useBox(box)
  const [held, setHeld] = useState<readonly string[]>([])
  const sticky = useRef<StickyModifiers | null>(null)
  const leave = useRef(props.onLeave)
  leave.current = props.onLeave

  useEffect(() => {
    if (target.current === null) return
    const made = new ScreenSession(client, desk, target.current, { onState: setState, onSize: setGuest })
    setSession(made)
    const unwatch = watchGrab(target.current, {
      onGrab: setGrabbed,
      onRelease: () => leave.current(),
      chord: () => chord.current,
    })
    const modifiers = new StickyModifiers((key, down) => made.viewer?.key(key, down), setHeld)
    sticky.current = modifiers
    // After noVNC has told the guest.
    const typed = ({ isTrusted, code }: KeyboardEvent) => {
      if (isTrusted) setTimeout(() => modifiers.typed(code))
    }
    const box = target.current
    box.addEventListener('keyup', typed, true)
    return () => {
      box.removeEventListener('keyup', typed, true)
      unwatch()
      made.dispose()
    }
  }, [client, desk])

  const { uuid, domid, running } = domain
  const hasScreen = running?.devices.some(({ kind }) => kind === 'vfb') === true
  /** It is in the definition, for the next start. */
  const comes = domain.config?.devices.some(({ kind }) => kind === 'vfb') === true
  const open = hasScreen && domain.operations.includes('openScreen')
  useEffect(() => session?.follow({ uuid, domid, open }), [session, uuid, domid, open])
  useEffect(() => session?.setInSight(inSight), [session, inSight])
  useEffect(() => session?.setLabel(t('screen.label', { name: domain.name, keys })), [session, t, domain.name, keys])

  // The keyboard goes to the screen when it comes in sight or its tab is clicked, unless it was steered there through the tabs.
  const connected = state === 'connected'
  // biome-ignore lint/correctness/useExhaustiveDependencies: a click is all it takes
  useEffect(() => {
    if (!visible || !connected) return
    const frame = requestAnimationFrame(() => {
      if (document.activeElement?.matches('[role="tab"][data-focus-visible]') !== true) session?.viewer?.focus()
    })
    return () => cancelAnimationFrame(frame)
  }, [session, visible, connected, clicks])

  useEffect(() => {
    if (!connected) sticky.current?.forget()
  }, [connected])

  const announced = useRef(false)
  useEffect(() => {
    if (grabbed && !announced.current) announce(t('screen.grabbed', { keys }))
    announced.current = grabbed
  }, [announce, grabbed, keys, t])

  const send = useCallback(
    (id: string) => {
      const modifier = stickyRows.find((each) => each.id === id)
      if (modifier !== undefined) sticky.current?.toggle(modifier)
      const row = sendKeys.find((each) => each.id === id)
      if (row !== undefined) {
        session?.viewer?.press(row.keys)
        sticky.current?.release()
      }
      // After the menu has given the focus back to its button, which it does in the next frame.
      requestAnimationFrame(() => requestAnimationFrame(() => session?.viewer?.focus()))
    },
    [session],
  )

  const paste = usePaste(session)
  const { typing } = paste

  const screenshot = async () => {
    const picked = await client.call('filePick', { kind: 'saveScreenshot', suggestedName: domain.name })
    const result =
      picked.ok && picked.value.path !== null ? await client.call('screenSave', { uuid, path: picked.value.path }) : picked
    if (!result.ok) store.dispatch({ kind: 'failed', error: result.error })
    else if (picked.ok && picked.value.path !== null) announce(t('screen.saved'))
  }

  const choose = useRef((_command: string) => {})
  choose.current = (command) => {
    if (!connected) return
    if (command === 'screen-shot') void screenshot()
    else if (command.startsWith(SEND_KEY)) send(command.slice(SEND_KEY.length))
  }
  useEffect(() => client.subscribe('menuChosen', ({ command }) => choose.current(command)), [client])

  const place: Place = placeOf(mode, guest, size, ratio)
  const shown = guest.width > 0 && connected
  const words: Record<ScreenState, string> = {
    off: t('console.ended'),
    connecting: t('console.connecting'),
    connected: t('console.connected'),
    ended: t('console.ended'),
  }
  const heldRows = stickyRows.filter(({ id }) => held.includes(id))
  const heldNames = heldRows.map((row) => labelOf(row, t.language)).join('+')
  // Who has the keyboard and at what scale it is drawn: below the picture, or on the bar of the full screen.
  const isGuests = grabbed && typing === null && heldNames === ''
  const keyboard = (
    <span className={`screen-keyboard${grabbed ? ' on' : ''}${isGuests ? ' cut' : ''}`} data-testid="keyboard">
      <Icon name="keyboard" />
      <span className="long">
        {typing !== null
          ? typingWords(typing, t)
          : heldNames !== ''
            ? t('screen.held', { keys: heldNames })
            : isGuests
              ? t('screen.keyboard-guest', { keys: chordText(grabKeys, t, 'short') })
              : t('screen.keyboard-here')}
      </span>
      <span className="short" aria-hidden="true">
        {grabbed && chordText(grabKeys, t, 'short')}
      </span>
    </span>
  )
  const scale = (
    <Segmented
      label={t('screen.scale')}
      value={mode}
      choices={[
        { value: 'fit', label: t('screen.fit') },
        { value: 'exact', label: t('screen.exact') },
      ]}
      onChange={setMode}
    />
  )

  const tools = (
    <>
      {scale}
      <PasteMenu disabled={!connected} paste={paste} />
      <SendKeysMenu disabled={!connected} held={held} onSend={send} />
      <Button kind="tool" icon="camera" label={t('screen.shot')} disabled={!connected} onPress={() => void screenshot()} />
    </>
  )
  return (
    <div className={fullScreen ? 'screen full-screen' : 'screen'}>
      <div ref={box} className={mode === 'exact' ? 'screen-box exact' : 'screen-box'}>
        <div
          ref={target}
          className={grabbed ? 'screen-target grabbed' : 'screen-target'}
          data-testid="screen"
          style={{ width: place.width, height: place.height, left: place.left, top: place.top }}
        />
        {!shown && (
          <div className="screen-idle">
            <p>{idleWords(domain, hasScreen, comes, state, t)}</p>
            {domain.running === null ? props.offActions : !hasScreen && !comes && props.noScreenActions}
          </div>
        )}
      </div>
      {fullScreen && (
        <div className="full-screen-zone">
          <div
            className={heldNames !== '' || typing !== null ? 'full-screen-bar stays' : 'full-screen-bar'}
            role="toolbar"
            aria-label={t('screen.full')}
          >
            <span className="full-screen-name">{domain.name}</span>
            {keyboard}
            {tools}
            <Button kind="tool" icon="shrink" label={t('screen.full-leave')} onPress={() => props.onFullScreen(false)}>
              <span className="words">{t('screen.full-leave')}</span>
            </Button>
          </div>
        </div>
      )}
      {!fullScreen && (
        <div className="status-bar">
          <span data-testid="screen-connection">{words[state]}</span>
          <span className="screen-size">
            {shown &&
              t('screen.size', {
                width: guest.width,
                height: guest.height,
                percent: formats.percent(percentOf(mode, guest, size, ratio)),
              })}
          </span>
          {keyboard}
          <span className="last" />
          <span className="screen-buttons">
            {tools}
            <Button
              kind="tool"
              icon="expand"
              label={t('screen.full')}
              disabled={!connected}
              onPress={() => props.onFullScreen(true)}
            />
          </span>
        </div>
      )}
    </div>
  )
}

/** What to say while there is no picture. */
function idleWords(domain: DomainInfo, hasScreen: boolean, comes: boolean, state: ScreenState, t: Translator): string {
  const { name } = domain
  if (domain.running === null) return domain.state === 'saved' ? t('console.saved', { name }) : t('console.off', { name })
  if (!hasScreen) return comes ? t('screen.next-start', { name }) : t('screen.none', { name })
  return state === 'ended' ? t('screen.broken') : t('console.connecting')
}
