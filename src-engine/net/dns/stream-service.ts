// DNS over TCP at the gateway (RFC 7766): messages with a length of two bytes before each, several on one connection, answered
// in the order they are ready. A guest that does not take its answers is not heard any further: its questions stay in its window.
// Runs in: domain 0.
import { concatBytes } from '../../lib/bytes'
import { get16 } from '../switch/frame'
import type { TcpConnection, TcpUser } from '../tcp/connection'
import { type DnsProxy, framed } from './proxy'

/** Bytes of answers the guest has not acknowledged at which its next questions wait. */
const ANSWERS_MOST = 64 * 1024

export class DnsStream implements TcpUser {
  private readonly proxy: DnsProxy
  private readonly connection: () => TcpConnection | undefined
  private readonly guest: number
  private got: Uint8Array = new Uint8Array(0)
  /** Of it, what was asked already. */
  private asked = 0
  /** Bytes received that the guest was not told about: no more than its window may come before they are. */
  private unconsumed = 0
  private working = false
  private open = 0
  private ended = false

  constructor(proxy: DnsProxy, connection: () => TcpConnection | undefined, guest: number) {
    this.proxy = proxy
    this.connection = connection
    this.guest = guest
  }

  established(): void {}

  drained(): void {
    this.work()
  }

  received(data: Uint8Array): void {
    this.got = concatBytes([this.got, data])
    this.unconsumed += data.length
    this.work()
  }

  finished(): void {
    this.ended = true
    this.end()
  }

  closed(): void {
    this.ended = true
    this.got = new Uint8Array(0)
    this.asked = 0
  }

  /** Where the next whole message ends; undefined as long as there is none. */
  private get next(): number | undefined {
    const { got, asked } = this
    const end = asked + 2 + get16(got, asked)
    return got.length >= asked + 2 && got.length >= end ? end : undefined
  }

  /** Whether it waits for the guest to take its answers. */
  private get isStopped(): boolean {
    return (this.connection()?.queued ?? 0) >= ANSWERS_MOST
  }

  private work(): void {
    // An answer may bring the next question before it is sent.
    if (this.working) return
    this.working = true
    for (let end = this.next; end !== undefined && !this.isStopped; end = this.next) {
      const query = this.got.slice(this.asked + 2, end)
      this.asked = end
      this.open++
      if (!this.proxy.ask(query, this.guest, (response) => this.answer(response), true)) this.connection()?.abort()
    }
    this.working = false
    this.got = this.got.slice(this.asked)
    this.asked = 0
    if (!this.isStopped) {
      const count = this.unconsumed
      this.unconsumed = 0
      this.connection()?.consumed(count)
    }
    this.end()
  }

  private answer(response: Uint8Array): void {
    this.open--
    this.connection()?.send(framed(response))
    this.end()
  }

  private end(): void {
    if (this.ended && this.open === 0 && !this.working && this.next === undefined) this.connection()?.finish()
  }
}
