// How the app is left: by its user, by the end of the session, or because nothing is left to keep it; and what is written and closed before.
// Invariant: the process ends only through Quit, and after everything that is open has been closed.
// Runs in: main (Electron).
import { app, BrowserWindow, dialog, powerMonitor } from 'electron'
import { type ErrorReport, fillSentence } from '../public/error-code'
import type { MenuText } from './menu-text'
import { type Guests, Quit } from './quit'

export interface LeavingParts {
  readonly guests: Guests & { readonly isBusy: boolean }
  /** Calls that are being served, and commands of the command line, which are several calls: a reset is off before it is on again. */
  readonly underWay: { readonly any: boolean }
  text(): MenuText
  /** Asks in the manager's window; false if no page of it can hear. */
  askInWindow(names: readonly string[]): boolean
  waitingFor(names: readonly string[]): void
  failed(errors: readonly ErrorReport[]): void
  /** Closes and writes what is open, all of it even if some of it fails; called once. */
  close(): Promise<unknown>
}

export class Leaving {
  readonly quit: Quit
  private readonly parts: LeavingParts
  /** The first window has been opened: before that there being none says nothing. */
  private shown = false
  private allowed = false
  private closing = false

  constructor(parts: LeavingParts) {
    this.parts = parts
    this.quit = new Quit({
      guests: parts.guests,
      ask: (names) => {
        // A page that is not open could not hear the question yet.
        if (!parts.askInWindow(names)) void this.askInBox(names)
      },
      waitingFor: (names) => parts.waitingFor(names),
      failed: (errors) => parts.failed(errors),
      leave: () => app.quit(),
    })
  }

  /** No window may keep the app any longer. */
  get isAllowed(): boolean {
    return this.allowed
  }

  /** Nothing is to be begun any longer. */
  get isClosing(): boolean {
    return this.closing
  }

  firstShown(): void {
    this.shown = true
  }

  listen(): void {
    app.on('window-all-closed', () => this.endWhenUseless())
    app.on('before-quit', (event) => {
      this.allowed = this.quit.request()
      if (!this.allowed) event.preventDefault()
    })
    let closed = false
    app.on('will-quit', (event) => {
      if (closed) return
      event.preventDefault()
      if (this.closing) return
      this.closing = true
      void this.parts.close().finally(() => {
        closed = true
        // Not in this turn: until the event is over Electron ignores another quit.
        setImmediate(() => app.quit())
      })
    })
    const sessionEnds = (): void => void this.quit.sessionEnds()
    // Electron's types know nothing of the event that it passes.
    powerMonitor.on('shutdown', (...[event]: [Partial<Pick<Event, 'preventDefault'>>?]) => {
      event?.preventDefault?.()
      sessionEnds()
    })
    for (const signal of ['SIGTERM', 'SIGHUP', 'SIGINT'] as const) process.on(signal, sessionEnds)
  }

  /** Guests go on without windows; without windows, guests, jobs and calls there is nothing to keep. */
  endWhenUseless(): void {
    // In a turn of its own: what was just told may be half of what happens.
    setImmediate(() => {
      if (this.useless()) app.quit()
    })
  }

  private useless(): boolean {
    const { guests, underWay } = this.parts
    return this.shown && BrowserWindow.getAllWindows().length === 0 && !guests.isBusy && !underWay.any
  }

  private async askInBox(names: readonly string[]): Promise<void> {
    const text = this.parts.text()
    const { response } = await dialog.showMessageBox({
      type: 'question',
      message: fillSentence(text.quitQuestion, { names: names.join(', ') }),
      buttons: [text.save, text.shutdown, text.destroy, text.cancel],
      defaultId: 0,
      cancelId: 3,
    })
    await this.quit.choose((['save', 'shutdown', 'destroy'] as const)[response] ?? 'cancel')
  }
}
