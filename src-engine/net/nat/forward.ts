// Port forwards: a port of the host that leads to a port of a guest. It listens on the host's loopback unless the definition
// names another address. Somebody on the host's loopback appears to the guest as the gateway, others as who they are.
// Runs in: domain 0.
import type { PortForward } from '../../public/protocol/device'
import type { Endpoint, Host, HostDatagrams } from '../host'
import type { Gateway } from '../ip/gateway'
import { parseIp } from '../switch/address'
import { Splice } from './splice'
import type { TcpNat } from './tcp-nat'
import type { UdpFlows } from './udp-flows'

export interface ForwardOptions {
  readonly gateway: Gateway
  readonly host: Host
  readonly tcp: TcpNat
  readonly udp: UdpFlows
  /** The guest's address now; undefined as long as it has none. */
  guest(): number | undefined
  /** Once: the port it listens on, or why it does not. */
  ready(port: number | undefined, error?: string): void
}

/** Returns what ends it. Connections that are up go on. */
export function openForward(forward: PortForward, options: ForwardOptions): () => void {
  const at = { address: forward.hostAddress ?? '127.0.0.1', port: forward.hostPort }
  return forward.protocol === 'tcp' ? forwardTcp(forward, at, options) : forwardUdp(forward, at, options)
}

/** How a peer appears to guests. */
function seenAs(peer: Endpoint, gateway: Gateway): number {
  const address = parseIp(peer.address.replace(/^::ffff:/, ''))
  return address === undefined || address >>> 24 === 127 || gateway.isInside(address) ? gateway.address : address
}

function forwardTcp(forward: PortForward, at: Endpoint, options: ForwardOptions): () => void {
  const { gateway, host, tcp } = options
  const listener = host.listenTcp(
    at,
    (stream, peer) => {
      // Nothing is read before the guest has answered.
      stream.pause()
      const splice = new Splice({ established: () => stream.resume(), closed: () => {} })
      splice.stream = stream
      const guest = options.guest()
      if (guest !== undefined) {
        splice.connection = tcp.open(guest, forward.guestPort, seenAs(peer, gateway), peer.port, splice)
      }
      if (!splice.connection) stream.reset()
      return splice.fromHost(
        () => {},
        () => false,
      )
    },
    options.ready,
  )
  return () => listener.close()
}

function forwardUdp(forward: PortForward, at: Endpoint, options: ForwardOptions): () => void {
  const { gateway, host, udp } = options
  const socket = host.listenUdp(
    at,
    (bytes, peer) => {
      const guest = options.guest()
      if (guest === undefined) return
      const other = seenAs(peer, gateway)
      const back: HostDatagrams = { send: (answer) => socket.send(answer, peer), close: () => {} }
      udp.adopt(guest, forward.guestPort, other, peer.port, back)
      gateway.sendUdp(other, peer.port, guest, forward.guestPort, bytes)
    },
    options.ready,
  )
  return () => socket.close()
}
