// The terminal on the screen: xterm, fitted to its box. Loaded when first shown, so that
// no other window pays for it. It draws with the DOM (a guest console is slow text; no graphics context is needed).
// Invariant: the terminal is dark in both themes (guests choose colours for a dark one), and never swallows Ctrl+Tab.
// Runs in: domain window.

import { FitAddon } from '@xterm/addon-fit'
import { Terminal as Xterm } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { DrawPace } from './draw-pace'

export interface TerminalEvents {
  readonly onInput: (text: string) => void
  readonly onResize: (columns: number, rows: number) => void
  readonly onCopy: (text: string) => void
  readonly onPaste: () => void
  readonly onLeave: (backwards: boolean) => void
}

export interface Terminal {
  /** `ready` is called once, when it is time to write more. */
  readonly write: (bytes: Uint8Array | string, ready?: () => void) => void
  readonly reset: () => void
  readonly clear: () => void
  readonly focus: () => void
  readonly selection: () => string
  readonly selectAll: () => void
  readonly paste: (text: string) => void
  readonly setLook: (look: TerminalLook) => void
  readonly setScreenReader: (on: boolean) => void
  readonly setLabel: (label: string) => void
  readonly size: () => { readonly columns: number; readonly rows: number }
  readonly dispose: () => void
}

export interface TerminalLook {
  readonly fontSize: number
  /** Lines kept above the screen. */
  readonly scrollback: number
}

const colours = {
  background: '#101215',
  foreground: '#e3e6ea',
  cursor: '#7aa7f7',
  cursorAccent: '#101215',
  selectionBackground: '#34507e',
  black: '#23272e',
  red: '#f2857c',
  green: '#6cc788',
  yellow: '#e0b860',
  blue: '#7aa7f7',
  magenta: '#c79bf0',
  cyan: '#5cc9c0',
  white: '#d5d9de',
  brightBlack: '#7d8591',
  brightRed: '#ffa198',
  brightGreen: '#8fe0a6',
  brightYellow: '#f5d589',
  brightBlue: '#a5c4ff',
  brightMagenta: '#dfbfff',
  brightCyan: '#8ce4dc',
  brightWhite: '#ffffff',
}

/** Keys that are the window's, not the guest's. */
function keyOf(event: KeyboardEvent): 'copy' | 'paste' | 'leave' | 'leaveBack' | null {
  if (event.type !== 'keydown') return null
  if (event.ctrlKey && event.key === 'Tab') return event.shiftKey ? 'leaveBack' : 'leave'
  if (event.ctrlKey && event.shiftKey && event.code === 'KeyC') return 'copy'
  if (event.ctrlKey && event.shiftKey && event.code === 'KeyV') return 'paste'
  if (event.ctrlKey && !event.shiftKey && event.key === 'Insert') return 'copy'
  if (event.shiftKey && !event.ctrlKey && event.key === 'Insert') return 'paste'
  return null
}

export function makeTerminal(box: HTMLElement, events: TerminalEvents, look: TerminalLook): Terminal {
  const style = getComputedStyle(document.documentElement)
  const xterm = new Xterm({
    scrollback: look.scrollback,
    fontFamily: style.getPropertyValue('--font-mono').trim(),
    fontSize: look.fontSize,
    lineHeight: 1.15,
    theme: colours,
    allowProposedApi: false,
    macOptionIsMeta: true,
    rightClickSelectsWord: false,
    // A guest may write what it likes; its mistakes are no errors of this window.
    logLevel: 'off',
  })
  const pace = new DrawPace()
  const fit = new FitAddon()
  xterm.loadAddon(fit)
  xterm.open(box)

  const refit = () => {
    if (box.clientWidth > 40 && box.clientHeight > 20) fit.fit()
  }
  const watcher = new ResizeObserver(refit)
  watcher.observe(box)
  refit()

  xterm.onData(events.onInput)
  xterm.onResize(({ cols, rows }) => events.onResize(cols, rows))
  xterm.attachCustomKeyEventHandler((event) => {
    const key = keyOf(event)
    if (key === null) return true
    event.preventDefault()
    event.stopPropagation()
    if (key === 'copy') events.onCopy(xterm.getSelection())
    else if (key === 'paste') events.onPaste()
    else events.onLeave(key === 'leaveBack')
    return false
  })

  return {
    write: (bytes, ready) => xterm.write(bytes, ready && (() => pace.afterDrawing(ready))),
    reset: () => xterm.reset(),
    clear: () => xterm.clear(),
    focus: () => xterm.focus(),
    selection: () => xterm.getSelection(),
    selectAll: () => xterm.selectAll(),
    paste: (text) => xterm.paste(text),
    setLook: ({ fontSize, scrollback }) => {
      xterm.options.fontSize = fontSize
      xterm.options.scrollback = scrollback
      refit()
    },
    setScreenReader: (on) => {
      xterm.options.screenReaderMode = on
    },
    setLabel: (label) => xterm.textarea?.setAttribute('aria-label', label),
    size: () => ({ columns: xterm.cols, rows: xterm.rows }),
    dispose: () => {
      watcher.disconnect()
      xterm.dispose()
    },
  }
}
