// The screen of a domain: the picture, how it is scaled, who has the keyboard, and keys that cannot be typed.
// Keyboard: everything goes to the guest while its screen has the focus; left Ctrl+Alt gives it back. A screen reader hears
// what it is and how to leave. Invariant: the line below keeps its height and its places whatever it says.
// Runs in: domain window.

import {
  type ReactNode,
  type RefObject,
  useCallback,
  useEffect,
  useLayoutEffect,
  useRef,
  useState,
  useSyncExternalStore,
} from 'react'
import { isKeymapName, KEYMAP_NAMES, type KeymapName } from '../../../src-main/public/keymap'
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
import { MenuButton } from '../../components/Menu'
import { chordText } from '../../lib/keys'
import { usePreferences } from '../../state/answers'
import { useAppStore } from '../../state/store'
import { type Box, type Place, percentOf, placeOf, type ScaleMode, type Size } from './fit'
import { watchGrab } from './keyboard-grab'
import { strokesOf } from './layouts'
import { LONGEST_PASTE, type PasteTyping, typeStrokes } from './paste-typing'
import { ScreenSession, type ScreenState } from './screen-session'
import { StickyModifiers, stickyRows } from './sticky-modifiers'
import './screen.css'

export interface ScreenPaneProps {
  readonly domain: DomainInfo
  readonly desk: PortDesk
  readonly visible: boolean
  /** Shown in the middle while there is nothing to show, as the machine is off, or has no screen: what can be done. */
  readonly offActions: ReactNode
  readonly noScreenActions: ReactNode
  readonly fullScreen: boolean
  readonly onFullScreen: (on: boolean) => void
  /** The keyboard comes back: somewhere outside the screen takes it. */
  readonly onLeave: () => void
}

/** Device pixels for each CSS pixel; changes when the window goes to another display or is zoomed. */
function useDevicePixelRatio(): number {
  return useSyncExternalStore(
    (changed) => {
      let query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`)
      const next = () => {
        query.removeEventListener('change', next)
        query = window.matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`)
        query.addEventListener('change', next)
        changed()
      }
      query.addEventListener('change', next)
      return () => query.removeEventListener('change', next)
    },
    () => window.devicePixelRatio,
  )
}

/** The inside of an element, as it changes. */
function useBox(box: RefObject<HTMLElement | null>): Box {
  const [size, setSize] = useState<Box>({ width: 0, height: 0, pageLeft: 0, pageTop: 0 })
  useLayoutEffect(() => {
    const node = box.current
    if (node === null) return
    const look = () => {
      const { left, top } = node.getBoundingClientRect()
      setSize({ width: node.clientWidth, height: node.clientHeight, pageLeft: left, pageTop: top })
    }
    const watcher = new ResizeObserver(look)
    watcher.observe(node)
    look()
    return () => watcher.disconnect()
  }, [box])
  return size
}

const NO_SIZE: Size = { width: 0, height: 0 }

export function ScreenPane(props: ScreenPaneProps) {
  const { domain, desk, visible, fullScreen } = props
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
  useEffect(() => session?.setLabel(t('screen.label', { name: domain.name, keys })), [session, t, domain.name, keys])

  // The keyboard goes to the screen when it comes in sight, unless it was steered there through the tabs.
  const connected = state === 'connected'
  useEffect(() => {
    if (!visible || !connected) return
    const frame = requestAnimationFrame(() => {
      if (document.activeElement?.matches('[role="tab"][data-focus-visible]') !== true) session?.viewer?.focus()
    })
    return () => cancelAnimationFrame(frame)
  }, [session, visible, connected])

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

  // ---- what was copied here, typed there ----
  const [typing, setTyping] = useState<TypingState | null>(null)
  const typist = useRef<PasteTyping | null>(null)
  useEffect(() => () => typist.current?.stop(), [])
  const paste = async (keymap: KeymapName) => {
    const read = await client.call('clipboardRead', {})
    if (!read.ok) return store.dispatch({ kind: 'failed', error: read.error })
    const { strokes, missing } = strokesOf(read.value.text.slice(0, LONGEST_PASTE), keymap)
    typist.current?.stop()
    setTyping({ done: 0, total: strokes.length, missing: missing.length, over: false })
    typist.current = typeStrokes(
      strokes,
      (keys) => {
        const viewer = session?.viewer
        if (viewer === null || viewer === undefined) return false
        viewer.press(keys)
        return true
      },
      (done) => setTyping((before) => before && { ...before, done }),
      (done) => {
        typist.current = null
        setTyping((before) => before && { ...before, done, over: true })
        announce(t('screen.typed', { done, total: strokes.length }))
        session?.viewer?.focus()
      },
    )
  }
  // What was typed stays to be read for a moment.
  useEffect(() => {
    if (typing?.over !== true) return
    const timer = setTimeout(() => setTyping(null), 6000)
    return () => clearTimeout(timer)
  }, [typing])

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
  const heldNames = heldRows.map((row) => labelOf(row, t('key.ctrl'))).join('+')
  const keysMenu = (
    <MenuButton
      icon="keyboard"
      label={t('screen.send-key')}
      text={t('screen.send-key')}
      disabled={!connected}
      entries={[
        ...sendKeys.map((row) => ({ kind: 'action' as const, id: row.id, label: labelOf(row, t('key.ctrl')) })),
        { kind: 'separator', id: 'modifiers' },
        ...stickyRows.map((row) => ({
          kind: 'action' as const,
          id: row.id,
          label: t('screen.hold', { key: labelOf(row, t('key.ctrl')) }),
          on: held.includes(row.id),
        })),
      ]}
      onAction={send}
    />
  )

  const pasteMenu =
    typing?.over === false ? (
      <Button kind="tool" icon="close" label={t('screen.typing-stop')} onPress={() => typist.current?.stop()} />
    ) : (
      <MenuButton
        icon="paste"
        label={t('screen.paste')}
        disabled={!connected}
        entries={KEYMAP_NAMES.map((name) => ({ kind: 'action', id: name, label: t(`screen.paste-${name}`) }))}
        onAction={(id) => {
          if (isKeymapName(id)) void paste(id)
        }}
      />
    )

  // Who has the keyboard and at what scale it is drawn: below the picture, or on the bar of the full screen.
  const keyboard = (
    <span className={grabbed ? 'screen-keyboard on' : 'screen-keyboard'} data-testid="keyboard">
      <Icon name="keyboard" />
      <span className="long">
        {typing !== null
          ? typingWords(typing, t)
          : heldNames !== ''
            ? t('screen.held', { keys: heldNames })
            : grabbed
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
      {pasteMenu}
      {keysMenu}
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

interface TypingState {
  readonly done: number
  readonly total: number
  /** Characters the guest's keyboard has no key for. */
  readonly missing: number
  readonly over: boolean
}

function typingWords({ done, total, missing }: TypingState, t: ReturnType<typeof useWords>['t']): string {
  const typed = t('screen.typed', { done, total })
  return missing === 0 ? typed : `${typed} ${t.count('screen.missing', missing)}`
}

/** What to say while there is no picture. */
function idleWords(
  domain: DomainInfo,
  hasScreen: boolean,
  comes: boolean,
  state: ScreenState,
  t: ReturnType<typeof useWords>['t'],
): string {
  const { name } = domain
  if (domain.running === null) return domain.state === 'saved' ? t('console.saved', { name }) : t('console.off', { name })
  if (!hasScreen) return comes ? t('screen.next-start', { name }) : t('screen.none', { name })
  return state === 'ended' ? t('screen.broken') : t('console.connecting')
}
