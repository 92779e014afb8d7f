// Keeps a viewer connected to one domain's screen: opens the stream when the domain has one, tries again when it breaks, starts
// anew when the domain did. The screen is served by the guest's own process, so the death of domain 0 does not matter to it.
// Invariant: at most one stream; a late answer to an earlier attempt is closed unused. Runs in: domain window.

import type { Client } from '../../../src-main/public/client'
import type { PortDesk } from '../../client/port-desk'
import { openScreen } from '../../client/screen-stream'
import type { Size } from './fit'
import type { Viewer } from './viewer'

export type ScreenState = 'off' | 'connecting' | 'connected' | 'ended'

const RETRY_MS = 800

export interface ScreenLife {
  readonly uuid: string
  readonly domid: number | null
  /** It runs, and with a display. */
  readonly open: boolean
}

export interface ScreenEvents {
  readonly onState: (state: ScreenState) => void
  readonly onSize: (size: Size) => void
}

export class ScreenSession {
  viewer: Viewer | null = null
  label = ''
  private inSight = true
  private readonly client: Client
  private readonly desk: PortDesk
  private readonly target: HTMLElement
  private readonly events: ScreenEvents
  private life: ScreenLife | null = null
  private attempt = 0
  private retry: ReturnType<typeof setTimeout> | undefined

  constructor(client: Client, desk: PortDesk, target: HTMLElement, events: ScreenEvents) {
    this.client = client
    this.desk = desk
    this.target = target
    this.events = events
  }

  /** Tells what the domain is now; called on every change. */
  follow(life: ScreenLife): void {
    const before = this.life
    this.life = life
    const same = before !== null && before.domid === life.domid && before.open === life.open
    if (same) return
    this.drop()
    if (life.open) void this.connect()
    else this.events.onState('off')
  }

  setLabel(label: string): void {
    this.label = label
    this.viewer?.setLabel(label)
  }

  setInSight(inSight: boolean): void {
    this.inSight = inSight
    this.viewer?.setInSight(inSight)
  }

  dispose(): void {
    this.life = null
    this.drop()
  }

  private drop(): void {
    this.attempt += 1
    clearTimeout(this.retry)
    this.viewer?.dispose()
    this.viewer = null
  }

  private again(): void {
    this.drop()
    this.events.onState('ended')
    this.retry = setTimeout(() => {
      if (this.life?.open === true) void this.connect()
    }, RETRY_MS)
  }

  private async connect(): Promise<void> {
    const { life } = this
    if (life === null) return
    this.attempt += 1
    const attempt = this.attempt
    this.events.onState('connecting')
    const [opened, { makeViewer }] = await Promise.all([openScreen(this.client, this.desk, life.uuid), import('./viewer')])
    if (attempt !== this.attempt) {
      if (opened.ok) opened.value.close()
      return
    }
    if (!opened.ok) return this.again()
    this.viewer = makeViewer(this.target, opened.value, this.label, {
      onConnected: () => this.events.onState('connected'),
      onEnd: () => {
        if (attempt === this.attempt) this.again()
      },
      onSize: this.events.onSize,
    })
    this.viewer.setInSight(this.inSight)
  }
}
