// The DHCP server of a network: what to answer to each message (RFC 2131 section 4.3) and whereto (section 4.1).
// A message must come from the station it is about: there are no relays here, and nobody takes a lease in another's name.
// Runs in: domain 0.
import { fromLatin1, latin1 } from '../../lib/bytes'
import { IP_BROADCAST } from '../ip/ipv4'
import { maskOf } from '../switch/address'
import { set32 } from '../switch/frame'
import { LEASE_SECONDS, type Leases } from './leases'
import {
  addressOption,
  buildReply,
  DHCPACK,
  DHCPDECLINE,
  DHCPDISCOVER,
  DHCPINFORM,
  DHCPNAK,
  DHCPOFFER,
  DHCPRELEASE,
  DHCPREQUEST,
  type DhcpMessage,
  OPTION,
  parseDhcp,
} from './message'

const BROADCAST_FLAG = 0x8000

export interface DhcpOptions {
  readonly leases: Leases
  /** The server's own address. */
  readonly address: number
  readonly prefix: number
  /** Whether the server's address is also the router and the name server. */
  readonly router: boolean
  readonly domain: string
}

/** A reply and where it goes. `mac` undefined: by ARP. */
export interface DhcpAnswer {
  readonly bytes: Uint8Array
  readonly target: number
  readonly mac: number | undefined
}

const MAC_ALL = 0xffff_ffff_ffff

export class DhcpServer {
  private readonly options: DhcpOptions
  private readonly settings: (readonly [number, Uint8Array])[]

  constructor(options: DhcpOptions) {
    this.options = options
    const { address, prefix, router, domain } = options
    const mask = maskOf(prefix)
    this.settings = [
      [OPTION.subnetMask, address32(mask)],
      [OPTION.broadcastAddress, address32((address | ~mask) >>> 0)],
      ...(router
        ? ([
            [OPTION.router, address32(address)],
            [OPTION.domainNameServer, address32(address)],
            [OPTION.domainName, fromLatin1(domain)],
          ] as const)
        : []),
    ]
  }

  /** The answer to what a client sent; `good` is false when it was no message for a server. */
  take(bytes: Uint8Array, mac: number): { readonly good: boolean; readonly answer?: DhcpAnswer | undefined } {
    const message = parseDhcp(bytes)
    if (!message || message.mac !== mac || message.giaddr !== 0) return { good: false }
    switch (message.type) {
      case DHCPDISCOVER:
        return { good: true, answer: this.discover(message) }
      case DHCPREQUEST:
        return { good: true, answer: this.request(message) }
      case DHCPDECLINE:
        if (this.isForUs(message)) this.options.leases.decline(mac, addressOption(message, OPTION.requestedAddress) ?? 0)
        return { good: true }
      case DHCPRELEASE:
        if (this.isForUs(message)) this.options.leases.release(mac, message.ciaddr)
        return { good: true }
      case DHCPINFORM:
        return { good: true, answer: message.ciaddr === 0 ? undefined : this.reply(message, DHCPACK, 0, false) }
      default:
        return { good: false }
    }
  }

  private discover(message: DhcpMessage): DhcpAnswer | undefined {
    const address = this.options.leases.offer(message.mac, addressOption(message, OPTION.requestedAddress))
    return address === undefined ? undefined : this.reply(message, DHCPOFFER, address, true)
  }

  private request(message: DhcpMessage): DhcpAnswer | undefined {
    const { leases } = this.options
    const server = addressOption(message, OPTION.serverIdentifier)
    const requested = addressOption(message, OPTION.requestedAddress)
    if (server !== undefined && server !== this.options.address) {
      leases.withdraw(message.mac)
      return undefined
    }
    // SELECTING and INIT-REBOOT name the address in the option, RENEWING and REBINDING in ciaddr.
    const wanted = message.ciaddr !== 0 ? message.ciaddr : requested
    if (wanted === undefined) return undefined
    const rebooting = server === undefined && message.ciaddr === 0
    const inside = (wanted & maskOf(this.options.prefix)) === (this.options.address & maskOf(this.options.prefix))
    if (rebooting && inside && !leases.knows(message.mac)) return undefined
    const has = rebooting ? leases.offer(message.mac, wanted) === wanted : leases.isFree(wanted, message.mac)
    if (!has) return this.reply(message, DHCPNAK, 0, false)
    leases.commit(message.mac, wanted, LEASE_SECONDS * 1000, hostName(message))
    return this.reply(message, DHCPACK, wanted, true)
  }

  private isForUs(message: DhcpMessage): boolean {
    return addressOption(message, OPTION.serverIdentifier) === this.options.address
  }

  private reply(message: DhcpMessage, type: number, yiaddr: number, lease: boolean): DhcpAnswer {
    const { address } = this.options
    const id = message.options.get(OPTION.clientIdentifier)
    const bytes = buildReply(message, {
      type,
      yiaddr,
      ciaddr: type === DHCPACK ? message.ciaddr : 0,
      options: [
        [OPTION.serverIdentifier, address32(address)],
        ...(lease
          ? ([
              [OPTION.leaseTime, address32(LEASE_SECONDS)],
              [OPTION.renewalTime, address32(LEASE_SECONDS / 2)],
              [OPTION.rebindingTime, address32((LEASE_SECONDS * 7) / 8)],
            ] as const)
          : []),
        ...(type === DHCPNAK ? [] : this.settings),
        // RFC 6842: given back as it came.
        ...(id ? [[OPTION.clientIdentifier, id] as const] : []),
      ],
    })
    if (type !== DHCPNAK && message.ciaddr !== 0) return { bytes, target: message.ciaddr, mac: message.mac }
    if (type === DHCPNAK || message.flags & BROADCAST_FLAG) return { bytes, target: IP_BROADCAST, mac: MAC_ALL }
    return { bytes, target: yiaddr, mac: message.mac }
  }
}

function address32(value: number): Uint8Array {
  const bytes = new Uint8Array(4)
  set32(bytes, 0, value)
  return bytes
}

/** The host name option as one DNS label, or none: what a guest sends is not to be trusted. */
function hostName(message: DhcpMessage): string | undefined {
  const value = message.options.get(OPTION.hostName)
  const label = value ? (latin1(value).replace(/\0+$/, '').split('.')[0] ?? '').toLowerCase() : ''
  return /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label) && label !== 'gateway' && label !== 'localhost' ? label : undefined
}
