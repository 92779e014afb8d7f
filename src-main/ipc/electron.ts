// The calls table over Electron's IPC: one channel for calls, one for events, one for handing ports to a window. Events and
// answers are sent as text (wire.ts says why), made once for all windows.
// Invariant: a call is served only when it comes from the top frame of a window of ours that shows a page of ours; what a
// file dialog gave is remembered per window, so that a page cannot name files of its own for writing.
// Runs in: main (Electron).
import { type BrowserWindow, type IpcMainInvokeEvent, ipcMain, type MessagePortMain } from 'electron'
import { err } from '../../src-engine/public/result'
import type { OpaquePort } from '../lib/channel'
import { findPageFile } from '../lib/page-file'
import type { CallName } from '../public/calls'
import { CALL_CHANNEL, EVENT_CHANNEL, STREAM_CHANNEL } from '../public/client'
import { errorReport } from '../public/error-code'
import type { EventName, EventPayload } from '../public/events'
import type { FileKind } from '../public/types'
import { type OnWire, toWire } from '../public/wire'
import type { Caller, CallServers } from '../toolstack/call-server'
import { serveCall } from './serve-call'

/** What the app's own calls may know beyond any caller: the window itself. */
export interface WindowCaller extends Caller {
  readonly window: BrowserWindow
  rememberFile(path: string, kind: FileKind): void
}

export interface ElectronIpcParts {
  readonly servers: Partial<CallServers<CallName, WindowCaller>>
  /** Whether an address is one of our pages. */
  readonly isOurPage: (url: string) => boolean
  readonly isPort: (port: OpaquePort) => port is MessagePortMain
  /** Asks the user over this window, in a box no page can answer. */
  readonly confirmWriting: (window: BrowserWindow, path: string) => Promise<boolean>
}

export class ElectronIpc {
  private readonly parts: ElectronIpcParts
  private readonly windows = new Map<number, WindowCaller>()
  private nextStream = 1

  constructor(parts: ElectronIpcParts) {
    this.parts = parts
    ipcMain.handle(CALL_CHANNEL, (event, name: unknown, params: unknown) => this.serve(event, name, params))
  }

  /** From now on this window's calls are served and it hears events. */
  admit(window: BrowserWindow): void {
    const { id } = window.webContents
    const chosen = new Set<string>()
    this.windows.set(id, {
      window,
      rememberFile: (path, kind) => chosen.add(`${kind} ${path}`),
      choseFile: (path, kind) => chosen.has(`${kind} ${path}`),
      allowsWriting: async (path) => {
        const allowed = await this.parts.confirmWriting(window, path)
        if (allowed) chosen.add(`openDisk ${path}`)
        return allowed
      },
      handOver: (port) => this.handOver(window, port),
      pageFile: async (mark) => {
        const storage = window.isDestroyed() ? null : window.webContents.session.getStoragePath()
        return storage === null ? undefined : findPageFile(storage, mark)
      },
    })
    window.once('closed', () => this.windows.delete(id))
  }

  broadcast<E extends EventName>(name: E, payload: EventPayload<E>): void {
    const wire = toWire(payload)
    for (const { window } of this.windows.values()) this.post(window, name, wire)
  }

  send<E extends EventName>(window: BrowserWindow, name: E, payload: EventPayload<E>): void {
    this.post(window, name, toWire(payload))
  }

  private post(window: BrowserWindow, name: EventName, wire: OnWire): void {
    if (!window.isDestroyed() && !window.webContents.isDestroyed()) window.webContents.send(EVENT_CHANNEL, name, wire)
  }

  private async serve(event: IpcMainInvokeEvent, name: unknown, params: unknown): Promise<OnWire> {
    const caller = this.windows.get(event.sender.id)
    const frame = event.senderFrame
    if (!caller || !frame || frame.parent !== null || !this.parts.isOurPage(frame.url)) {
      return toWire(err(errorReport('not-allowed', { call: typeof name === 'string' ? name.slice(0, 60) : typeof name })))
    }
    return toWire(await serveCall(this.parts.servers, name, params, caller))
  }

  private handOver(window: BrowserWindow, port: OpaquePort): number {
    const stream = this.nextStream++
    if (!this.parts.isPort(port)) throw new Error('a stream for a window must be an Electron port')
    if (window.isDestroyed()) {
      // It closed while its stream was opened: nobody will read, and the other end is to know.
      port.close()
      return stream
    }
    window.webContents.postMessage(STREAM_CHANNEL, stream, [port])
    return stream
  }
}
