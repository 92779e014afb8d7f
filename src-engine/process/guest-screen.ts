// A domain's screen in its own process: the framebuffer and the input the pumps work on, and the RFB server viewers come to. It is
// there as long as the domain, black until the guest draws, so a window may be opened at any time.
// Runs in: main thread of the domain's process.
import type { PumpMaker } from '../backend/device'
import { Framebuffer } from '../backend/fb/framebuffer'
import { fbPumps } from '../backend/fb/pump'
import { GuestInput } from '../backend/kbd/guest-input'
import { kbdPumps } from '../backend/kbd/pump'
import { type Display, videoMemoryMiB } from '../public/protocol/device'
import type { Transport } from '../public/protocol/transport'
import { ok, type Result } from '../public/result'
import { windowChannel } from '../rfb/byte-channel'
import { VncListener, type VncPlace } from '../rfb/listen'
import { RfbServer } from '../rfb/server'
import { throughFile } from './filed-transport'

export class GuestScreen {
  private readonly framebuffer: Framebuffer
  private readonly server: RfbServer
  private listener: VncListener | undefined
  /** One change of the place after the other: of two at once the first would go on listening where nobody knows of it. */
  private listening: Promise<unknown> = Promise.resolve()
  private disposed = false
  /** Pumps of the two devices a display has, by their type. */
  readonly pumps: ReadonlyMap<string, PumpMaker>

  constructor(display: Display, name: string) {
    const framebuffer = new Framebuffer(display.width, display.height)
    const input = new GuestInput()
    this.framebuffer = framebuffer
    this.server = new RfbServer({ source: framebuffer, input, name, keymap: display.keymap })
    this.pumps = new Map([
      ['vfb', fbPumps(framebuffer)],
      ['vkbd', kbdPumps(input, () => framebuffer)],
    ])
  }

  /** Viewers that come from now on read this name. */
  rename(name: string): void {
    this.server.rename(name)
  }

  /** A window's stream; `file` is for its long pieces. */
  attach(transport: Transport, file: string | undefined): void {
    this.server.attach(windowChannel(file === undefined ? transport : throughFile(transport, file)))
  }

  /** Listens there instead of where it did; nowhere without a place. Gives the port, where there is one. */
  listen(place: VncPlace | undefined): Promise<Result<number | undefined, string>> {
    const listening = this.listening.then(() => this.listenAt(place))
    this.listening = listening
    return listening
  }

  private async listenAt(place: VncPlace | undefined): Promise<Result<number | undefined, string>> {
    this.listener?.close()
    this.listener = undefined
    if (!place || this.disposed) return ok(undefined)
    const listener = await VncListener.listen(this.server, place)
    if (!listener.ok) return listener
    this.listener = listener.value
    if (this.disposed) this.listener.close()
    return ok(listener.value.port)
  }

  /** Viewers that were put out for what they sent. */
  get refusedViewers(): number {
    return this.server.refused
  }

  type(text: string): void {
    this.server.type(text)
  }

  screenshot(most?: number): { width: number; height: number; png: Uint8Array } {
    return this.server.screenshot(most)
  }

  dispose(): void {
    this.disposed = true
    this.framebuffer.watched(false)
    this.listener?.close()
    this.server.dispose('the domain is gone')
  }
}

/** The kernel's framebuffer driver takes sizes beyond its 2 MiB default from its command line only (section 7.5). */
export function displayParameter(display: Display): string {
  return `xen_fbfront.video=${videoMemoryMiB(display)},${display.width},${display.height}`
}

/** The command line with the display's mode, unless the user gave one. */
export function commandLineFor(display: Display | undefined, commandLine: string): string {
  if (!display || /(^|\s)xen_fbfront\.video=/.test(commandLine)) return commandLine
  // Before a `--`: what follows it is init's.
  const [kernel = '', ...init] = commandLine.split(/(?=(?:^|\s)--(?:\s|$))/)
  return [`${kernel} ${displayParameter(display)}`.trim(), ...init].join('')
}
