// Ports of streams that main hands to this window: the preload script posts each as a window message, with its number.
// A port may come before the answer that names it, so ports are kept from the start of the window until somebody asks.
// Runs in: domain window.

import { STREAM_CHANNEL } from '../../src-main/public/client'

const PORT_WAIT_MS = 5000

export interface PortDesk {
  readonly take: (stream: number) => Promise<MessagePort | null>
}

/** The part of a message event a desk looks at. */
interface PortEvent {
  readonly source: unknown
  readonly data: unknown
  readonly ports: readonly MessagePort[]
}

/** The part of a window a desk uses. */
export interface MessageTarget {
  addEventListener(type: 'message', listener: (event: PortEvent) => void): void
}

/** Collects ports as the preload script posts them. Make it once, before the first call. */
export function makePortDesk(page: MessageTarget): PortDesk {
  const kept = new Map<number, MessagePort>()
  const waiting = new Map<number, (port: MessagePort) => void>()
  page.addEventListener('message', (event) => {
    const { data } = event
    if (event.source !== page || typeof data !== 'object' || data === null) return
    if (!('kind' in data) || data.kind !== STREAM_CHANNEL || !('stream' in data) || typeof data.stream !== 'number') return
    const [port] = event.ports
    if (port === undefined) return
    const taker = waiting.get(data.stream)
    waiting.delete(data.stream)
    if (taker === undefined) kept.set(data.stream, port)
    else taker(port)
  })
  return {
    take: (stream) => {
      const port = kept.get(stream)
      kept.delete(stream)
      if (port !== undefined) return Promise.resolve(port)
      return new Promise((resolve) => {
        const giveUp = setTimeout(() => {
          waiting.delete(stream)
          resolve(null)
        }, PORT_WAIT_MS)
        waiting.set(stream, (taken) => {
          clearTimeout(giveUp)
          resolve(taken)
        })
      })
    },
  }
}
