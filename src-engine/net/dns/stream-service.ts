// DNS over TCP at the gateway (RFC 7766): messages with a length of two bytes before each, several on one connection, answered
// in the order they are ready. Runs in: domain 0.
import { concatBytes } from '../../lib/bytes'
import { get16 } from '../switch/frame'
import type { TcpConnection, TcpUser } from '../tcp/connection'
import { type DnsProxy, framed } from './proxy'

export class DnsStream implements TcpUser {
  private readonly proxy: DnsProxy
  private readonly connection: () => TcpConnection | undefined
  private readonly guest: number
  private got: Uint8Array = new Uint8Array(0)
  private open = 0
  private ended = false

  constructor(proxy: DnsProxy, connection: () => TcpConnection | undefined, guest: number) {
    this.proxy = proxy
    this.connection = connection
    this.guest = guest
  }

  established(): void {}
  drained(): void {}

  received(data: Uint8Array): void {
    this.connection()?.consumed(data.length)
    this.got = concatBytes([this.got, data])
    while (this.got.length >= 2 && this.got.length >= 2 + get16(this.got, 0)) {
      const end = 2 + get16(this.got, 0)
      const query = this.got.slice(2, end)
      this.got = this.got.slice(end)
      this.open++
      const taken = this.proxy.ask(query, this.guest, (response) => this.answer(response), true)
      if (!taken) {
        this.connection()?.abort()
        return
      }
    }
  }

  finished(): void {
    this.ended = true
    if (this.open === 0) this.connection()?.finish()
  }

  closed(): void {
    this.ended = true
  }

  private answer(response: Uint8Array): void {
    this.open--
    this.connection()?.send(framed(response))
    if (this.ended && this.open === 0) this.connection()?.finish()
  }
}
