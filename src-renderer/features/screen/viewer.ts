// noVNC on one stream: draws the guest's screen into a box and sends keys and pointer. Loaded when a screen is first shown.
// noVNC scales to the box it is given, so pixel on pixel is a matter of the box's size (fit.ts) and not of noVNC.
// Invariant: one viewer a stream; after dispose nothing is told any more. Runs in: domain window.

import RFB from '@novnc/novnc'
import type { KeyPress } from '../../../src-main/public/send-keys'
import type { ScreenChannel } from '../../client/screen-stream'
import { exactPointer } from './exact-pointer'
import type { Size } from './fit'
import { Picture } from './picture'
import { RawDecoder } from './raw-decoder'
import { TrleDecoder } from './trle-decoder'

/** Numbers of encodings (RFC 6143, section 7.7). */
const RAW = 0
const TRLE = 15
/** What the window understands, best first: TRLE, copyrect, raw; then the size, the size with screens, cursors, keys by their place. */
const ENCODINGS = [TRLE, 1, RAW, -223, -308, -239, -258]

export interface ViewerEvents {
  readonly onConnected: () => void
  readonly onEnd: () => void
  /** The guest's screen has this size now. */
  readonly onSize: (size: Size) => void
}

export interface Viewer {
  readonly focus: () => void
  readonly blur: () => void
  readonly key: (key: KeyPress, down: boolean) => void
  readonly press: (keys: readonly KeyPress[]) => void
  readonly setLabel: (label: string) => void
  /** Whether anybody sees it. What nobody sees is not asked for, so the guest's process sends and this page draws nothing. */
  readonly setInSight: (inSight: boolean) => void
  readonly dispose: () => void
}

/** noVNC whose canvas is left to a picture: its own display finds no context to draw on, and is replaced before anything comes. */
class ScreenRfb extends RFB {
  private inSight = true
  /** The server waits to be asked for what has changed since (RFC 6143, section 7.5.3). */
  private owed = false

  look(inSight: boolean): void {
    this.inSight = inSight
    if (!inSight || !this.owed) return
    this.owed = false
    RFB.messages.fbUpdateRequest(this._sock, true, 0, 0, this._fbWidth, this._fbHeight)
  }

  /** noVNC asks for the next update after one for which this is true; after others it reads on when more comes. */
  override _framebufferUpdate(): boolean {
    const whole = super._framebufferUpdate()
    this.owed = whole && !this.inSight
    return whole && this.inSight
  }

  override set _canvas(canvas: HTMLCanvasElement) {
    Object.defineProperty(canvas, 'getContext', { value: () => null })
    Object.defineProperty(this, '_canvas', { value: canvas })
  }

  override _sendEncodings(): void {
    RFB.messages.clientEncodings(this._sock, ENCODINGS)
  }

  /** A guest may end at any time. While we connect noVNC takes that for a fault, and says so on the console. */
  override _socketClose(event: object): void {
    if (this._rfbConnectionState === 'connecting') this._updateConnectionState('disconnecting')
    super._socketClose(event)
  }
}

export function makeViewer(target: HTMLElement, channel: ScreenChannel, label: string, events: ViewerEvents): Viewer {
  const rfb = new ScreenRfb(target, channel, { shared: true })
  const canvas = target.querySelector('canvas')
  const drawn = canvas?.transferControlToOffscreen()
  const context = drawn?.getContext('2d', { alpha: false })
  if (canvas && drawn && context) rfb._display = new Picture(canvas, drawn, context)
  rfb._decoders[TRLE] = new TrleDecoder()
  rfb._decoders[RAW] = new RawDecoder()
  rfb.background = 'transparent'
  rfb.scaleViewport = true
  rfb.focusOnClick = true
  rfb.showDotCursor = true
  let gone = false
  rfb.addEventListener('connect', () => {
    if (!gone) events.onConnected()
  })
  let over = false
  rfb.addEventListener('disconnect', () => {
    over = true
    if (!gone) events.onEnd()
  })
  const sizes = new MutationObserver(() => {
    if (canvas !== null && !gone) events.onSize({ width: canvas.width, height: canvas.height })
  })
  if (canvas !== null) {
    sizes.observe(canvas, { attributes: true, attributeFilter: ['width', 'height'] })
    // Reached with Tab like everything else; what it is and how to leave is in its name.
    canvas.tabIndex = 0
    canvas.setAttribute('role', 'application')
    canvas.setAttribute('aria-label', label)
    // The box has exactly the picture's size: scroll bars of noVNC's own would only come of rounding.
    if (canvas.parentElement !== null) canvas.parentElement.style.overflow = 'hidden'
  }
  const restoreEvents = exactPointer(target)
  channel.start()
  return {
    focus: () => rfb.focus({ preventScroll: true }),
    blur: () => rfb.blur(),
    key: ({ keysym, code }, down) => rfb.sendKey(keysym, code, down),
    press: (keys) => {
      for (const { keysym, code } of keys) rfb.sendKey(keysym, code, true)
      for (const { keysym, code } of [...keys].reverse()) rfb.sendKey(keysym, code, false)
    },
    setInSight: (inSight) => rfb.look(inSight),
    setLabel: (next) => canvas?.setAttribute('aria-label', next),
    dispose: () => {
      gone = true
      sizes.disconnect()
      restoreEvents()
      if (!over) rfb.disconnect()
      target.replaceChildren()
    },
  }
}
