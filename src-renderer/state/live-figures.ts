// The last minute of every domain, for the list's small curves: rings of numbers beside the state, so that a second's samples of
// a thousand domains make no object and draw no component. Whoever draws is told once a second.
// Invariant: a ring holds the newest SLOTS samples in order of time; what is read is never kept.
// Runs in: manager window and tests; pure.

import { LOCAL_CONNECTION } from '../../src-main/public/connection'
import type { FigureSample } from './app-state'
import { CLOCK_SLACK_MS, type Sample } from './history'

export const SLOTS = 60
export const FIGURES = ['cpu', 'memory', 'disk', 'network'] as const
export type Figure = (typeof FIGURES)[number]

export interface FigureRing {
  readonly at: Float64Array
  /** cpu: share of one host processor. memory: bytes. disk, network: bytes a second, both ways. */
  readonly values: Readonly<Record<Figure, Float64Array>>
  /** Where its domain is. */
  readonly connection: string
  /** Samples ever taken; the newest is in slot (count - 1) % SLOTS. */
  count: number
}

function makeRing(connection: string): FigureRing {
  const column = () => new Float64Array(SLOTS)
  return { connection, at: column(), values: { cpu: column(), memory: column(), disk: column(), network: column() }, count: 0 }
}

function push(ring: FigureRing, at: number, cpu: number, memory: number, devices: Sample['devices']): void {
  const slot = ring.count++ % SLOTS
  let disk = 0
  let network = 0
  for (const { key, readBytes, writtenBytes } of devices) {
    if (key.startsWith('vbd/')) disk += readBytes + writtenBytes
    else if (key.startsWith('vif/')) network += readBytes + writtenBytes
  }
  ring.at[slot] = at
  ring.values.cpu[slot] = cpu
  ring.values.memory[slot] = memory
  ring.values.disk[slot] = disk
  ring.values.network[slot] = network
}

/** The value `back` samples before the newest; undefined when there is none. */
export function valueAt(ring: FigureRing, figure: Figure, back: number): number | undefined {
  if (back < 0 || back >= Math.min(ring.count, SLOTS)) return undefined
  return ring.values[figure][(ring.count - 1 - back) % SLOTS]
}

export function timeAt(ring: FigureRing, back: number): number | undefined {
  if (back < 0 || back >= Math.min(ring.count, SLOTS)) return undefined
  return ring.at[(ring.count - 1 - back) % SLOTS]
}

export class LiveFigures {
  private readonly rings = new Map<string, FigureRing>()
  private readonly listeners = new Set<() => void>()

  /** One second's samples of all domains of a connection. A domain of it that is not among them is off: its curve ends. */
  add(samples: readonly FigureSample[], connection: string = LOCAL_CONNECTION): void {
    const seen = new Set<string>()
    for (const { uuid, time, cpu, memoryKiB, devices } of samples) {
      seen.add(uuid)
      let ring = this.rings.get(uuid)
      if (ring === undefined) {
        ring = makeRing(connection)
        this.rings.set(uuid, ring)
      }
      const ahead = (timeAt(ring, 0) ?? Number.NEGATIVE_INFINITY) - time
      // The clock was set back: a minute's curve begins anew.
      if (ahead >= CLOCK_SLACK_MS) ring.count = 0
      if (ahead < 0 || ring.count === 0) push(ring, time, cpu, memoryKiB * 1024, devices)
    }
    for (const [uuid, ring] of this.rings) if (ring.connection === connection && !seen.has(uuid)) this.rings.delete(uuid)
    for (const listener of [...this.listeners]) listener()
  }

  /** These do not run any more: their curves end at once, not with the next second. */
  end(uuids: readonly string[]): void {
    const ended = uuids.filter((uuid) => this.rings.delete(uuid))
    if (ended.length > 0) for (const listener of [...this.listeners]) listener()
  }

  /** What was measured before the window was there, in front of what came since. */
  prepend(uuid: string, older: readonly Sample[], connection: string = LOCAL_CONNECTION): void {
    const now = this.rings.get(uuid)
    const first = now === undefined ? Number.POSITIVE_INFINITY : (timeAt(now, Math.min(now.count, SLOTS) - 1) ?? 0)
    const ring = makeRing(now?.connection ?? connection)
    for (const { at, cpu, memory, devices } of older) if (at < first) push(ring, at, cpu, memory, devices)
    for (let back = Math.min(now?.count ?? 0, SLOTS) - 1; now !== undefined && back >= 0; back--) {
      const slot = ring.count++ % SLOTS
      ring.at[slot] = timeAt(now, back) ?? 0
      for (const figure of FIGURES) ring.values[figure][slot] = valueAt(now, figure, back) ?? 0
    }
    if (ring.count > 0) this.rings.set(uuid, ring)
  }

  ring(uuid: string): FigureRing | undefined {
    return this.rings.get(uuid)
  }

  latest(uuid: string, figure: Figure): number | undefined {
    const ring = this.rings.get(uuid)
    return ring === undefined ? undefined : valueAt(ring, figure, 0)
  }

  /** The highest of any domain in the last minute: for a scale all rows share. */
  highest(figure: Figure): number {
    let most = 0
    for (const { values, count } of this.rings.values()) {
      const column = values[figure]
      const filled = Math.min(count, SLOTS)
      for (let slot = 0; slot < filled; slot++) most = Math.max(most, column[slot] ?? 0)
    }
    return most
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener)
    return () => {
      this.listeners.delete(listener)
    }
  }
}
