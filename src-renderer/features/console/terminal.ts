// The terminal on the screen: xterm, fitted to its box. Loaded when first shown, so that
// no other window pays for it. It draws with the DOM (a guest console is slow text; no graphics context is needed).
// Invariant: the terminal is dark in both themes (guests choose colours for a dark one), and never swallows Ctrl+Tab.
// Runs in: domain window.

import { FitAddon } from '@xterm/addon-fit'
import { type ISearchOptions, SearchAddon } from '@xterm/addon-search'
import { Terminal as Xterm } from '@xterm/xterm'
import '@xterm/xterm/css/xterm.css'
import { DrawPace } from './draw-pace'
import { reuseRows } from './row-reuse'

export interface TerminalEvents {
  readonly onInput: (text: string) => void
  readonly onResize: (columns: number, rows: number) => void
  readonly onCopy: (text: string) => void
  readonly onPaste: () => void
  readonly onLeave: (backwards: boolean) => void
  readonly onFind: () => void
  /** After a find, and whenever new lines change it. */
  readonly onFound: (found: FoundAt) => void
}

/** Which of how many, counted from 1; 0 of many where there are more than are counted, 0 of 0 where nothing was found. */
export interface FoundAt {
  readonly at: number
  readonly count: number
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
  /** Selects and shows the words' next place, `back` towards older lines; `anew`: the newest there is. The others are marked. */
  readonly find: (words: string, back: boolean, anew: boolean) => void
  /** Takes the marks away; what is selected stays so. */
  readonly endFind: () => void
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

/** What is found is selected, and marked as the other places are. Without an overview ruler its two colours are not seen. */
const marked: ISearchOptions = {
  decorations: {
    matchBackground: '#4a4420',
    activeMatchBackground: '#7a6410',
    matchOverviewRuler: '#e0b860',
    activeMatchColorOverviewRuler: '#f5d589',
  },
}

/** Keys that are the window's, not the guest's. */
function keyOf(event: KeyboardEvent): 'copy' | 'paste' | 'find' | 'leave' | 'leaveBack' | null {
  if (event.type !== 'keydown') return null
  if (event.ctrlKey && event.key === 'Tab') return event.shiftKey ? 'leaveBack' : 'leave'
  if (event.ctrlKey && event.shiftKey && event.code === 'KeyC') return 'copy'
  if (event.ctrlKey && event.shiftKey && event.code === 'KeyV') return 'paste'
  if (event.ctrlKey && event.shiftKey && event.code === 'KeyF') return 'find'
  if (event.ctrlKey && !event.shiftKey && event.key === 'Insert') return 'copy'
  if (event.shiftKey && !event.ctrlKey && event.key === 'Insert') return 'paste'
  return null
}

/**
 * Fits when the box changes, but only while xterm knows that it is in sight. Until it is told so it goes on with the measures of the
 * size before: what came in sight smaller then scrolled to its first line, and stayed there. It is told by an observer of its own, and
 * Chromium tells the observers of one frame in one task, in any order.
 */
function keepFitted(box: HTMLElement, fitNow: () => void): { readonly refit: () => void; readonly end: () => void } {
  let inSight = true
  let seen: ReturnType<typeof setTimeout> | undefined
  const refit = () => {
    if (inSight && box.clientWidth > 40 && box.clientHeight > 20) fitNow()
  }
  const outOfSight = () => {
    inSight = false
    clearTimeout(seen)
  }
  const sizes = new ResizeObserver(() => {
    // Out of sight it has no size, and what gives it one again is told of before that it is in sight.
    if (box.clientWidth === 0) outOfSight()
    refit()
  })
  const sight = new IntersectionObserver((entries) => {
    outOfSight()
    if (entries.at(-1)?.isIntersecting !== true) return
    seen = setTimeout(() => {
      inSight = true
      refit()
    })
  })
  sizes.observe(box)
  sight.observe(box)
  refit()
  return {
    refit,
    end: () => {
      clearTimeout(seen)
      sizes.disconnect()
      sight.disconnect()
    },
  }
}

export function makeTerminal(box: HTMLElement, events: TerminalEvents, look: TerminalLook): Terminal {
  const style = getComputedStyle(document.documentElement)
  const xterm = new Xterm({
    scrollback: look.scrollback,
    fontFamily: style.getPropertyValue('--font-mono').trim(),
    fontSize: look.fontSize,
    lineHeight: 1.15,
    theme: colours,
    allowProposedApi: true, // marks for what is found are still called proposed
    macOptionIsMeta: true,
    rightClickSelectsWord: false,
    // A guest may write what it likes; its mistakes are no errors of this window.
    logLevel: 'off',
  })
  const pace = new DrawPace()
  const fit = new FitAddon()
  xterm.loadAddon(fit)
  xterm.open(box)
  reuseRows(xterm)

  const fitted = keepFitted(box, () => fit.fit())

  let search: SearchAddon | null = null
  const beginSearch = (): SearchAddon => {
    const addon = new SearchAddon()
    xterm.loadAddon(addon)
    addon.onDidChangeResults(({ resultIndex, resultCount }) => events.onFound({ at: resultIndex + 1, count: resultCount }))
    return addon
  }
  xterm.onData(events.onInput)
  xterm.onResize(({ cols, rows }) => events.onResize(cols, rows))
  xterm.attachCustomKeyEventHandler((event) => {
    const key = keyOf(event)
    if (key === null) return true
    event.preventDefault()
    event.stopPropagation()
    if (key === 'copy') events.onCopy(xterm.getSelection())
    else if (key === 'paste') events.onPaste()
    else if (key === 'find') events.onFind()
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
    find: (words, back, anew) => {
      // Without a selection it begins below the last line.
      if (anew) xterm.clearSelection()
      search ??= beginSearch()
      if (back) search.findPrevious(words, marked)
      else search.findNext(words, marked)
    },
    endFind: () => {
      // Its marks alone can be taken away, but a look at new lines that it has in hand then takes the selection too.
      search?.dispose()
      search = null
      events.onFound({ at: 0, count: 0 })
    },
    setLook: ({ fontSize, scrollback }) => {
      xterm.options.fontSize = fontSize
      xterm.options.scrollback = scrollback
      fitted.refit()
    },
    setScreenReader: (on) => {
      xterm.options.screenReaderMode = on
    },
    setLabel: (label) => xterm.textarea?.setAttribute('aria-label', label),
    size: () => ({ columns: xterm.cols, rows: xterm.rows }),
    dispose: () => {
      fitted.end()
      xterm.dispose()
    },
  }
}
