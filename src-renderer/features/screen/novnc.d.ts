// The part of noVNC's interface (docs/API.md of the package) that the screen uses; the package has no types of its own.

declare module '@novnc/novnc' {
  export interface RfbOptions {
    readonly shared?: boolean
  }

  /** Dispatches connect, disconnect (detail.clean), securityfailure, desktopname, credentialsrequired. */
  export default class RFB extends EventTarget {
    constructor(target: HTMLElement, channel: object, options?: RfbOptions)
    background: string
    focusOnClick: boolean
    scaleViewport: boolean
    showDotCursor: boolean
    qualityLevel: number
    compressionLevel: number
    disconnect(): void
    focus(options?: FocusOptions): void
    blur(): void
    sendKey(keysym: number, code: string, down?: boolean): void
    sendCtrlAltDel(): void
    /** Nor this: what sends messages through the connection. */
    static readonly messages: {
      clientEncodings(socket: object, encodings: readonly number[]): void
      fbUpdateRequest(socket: object, incremental: boolean, x: number, y: number, width: number, height: number): void
    }
    readonly _sock: object
    /** Not of its documented interface: what decodes rectangles, by encoding (core/rfb.js). */
    readonly _decoders: Record<number, import('./trle-decoder').RectangleDecoder>
    /** Nor this: tells the server which encodings we know. */
    _sendEncodings(): void
    /** Nor this: reads an update, and says whether it has come whole. */
    _framebufferUpdate(): boolean
    /** Nor these: the size of the guest's screen. */
    readonly _fbWidth: number
    readonly _fbHeight: number
    /** Nor this: how far the connection is, which 'disconnecting' ends as disconnect() does. */
    readonly _rfbConnectionState: string
    _updateConnectionState(state: 'disconnecting'): void
    /** Nor this: what is called when the channel has ended. */
    _socketClose(event: object): void
    /** Nor this: where everything is drawn (core/display.js). */
    _display: import('./picture').Picture
    /** Nor this: set by its constructor before the display is made on it. */
    get _canvas(): HTMLCanvasElement
    set _canvas(canvas: HTMLCanvasElement)
  }
}
