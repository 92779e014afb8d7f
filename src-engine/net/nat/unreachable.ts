// What an error of the host's is told to a guest as, in an ICMP message: that a network cannot be reached, a host, or a port, or that
// it may not be. Runs in: domain 0.
import type { HostError } from '../host'
import { HOST_UNREACHABLE, NET_UNREACHABLE, PORT_UNREACHABLE, PROHIBITED } from '../ip/icmp'

/** Codes of ICMP's "destination unreachable". A TCP connection that is refused gets RST and no message. */
export const UNREACHABLE_CODES: Partial<Record<HostError, number>> = {
  ECONNREFUSED: PORT_UNREACHABLE,
  EHOSTUNREACH: HOST_UNREACHABLE,
  ENETUNREACH: NET_UNREACHABLE,
  EACCES: PROHIBITED,
}
