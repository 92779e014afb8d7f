// Why the gateway dropped a packet: each reason with its count, so that a guest's garbage can be seen and never fills a log.
// Runs in: domain 0.

export const DROPS = {
  arp: 'ARP message malformed or of an address that is not its sender’s to have',
  version: 'not IPv4',
  header: 'IPv4 header cut off or too short',
  length: 'length field beyond the frame',
  checksum: 'wrong checksum of the IPv4 header',
  options: 'malformed or source-route options',
  source: 'source address that no single guest of the network can have',
  target: 'target nobody is reached at',
  fragment: 'fragment that overlaps, does not fit or is too many',
  transport: 'ICMP, UDP, TCP header malformed or checksum wrong',
  protocol: 'protocol not served',
  limit: 'beyond a limit of flows, queries or bytes',
  dhcp: 'DHCP message malformed or not for this server',
  dns: 'DNS message malformed',
  unresolved: 'no answer to ARP',
} as const
export type DropReason = keyof typeof DROPS

export class DropCounters {
  private readonly counts = new Map<DropReason, number>()

  count(reason: DropReason): void {
    this.counts.set(reason, this.of(reason) + 1)
  }

  of(reason: DropReason): number {
    return this.counts.get(reason) ?? 0
  }

  get total(): number {
    let total = 0
    for (const count of this.counts.values()) total += count
    return total
  }

  /** Those that happened, for a log line or a test. */
  toJSON(): Record<string, number> {
    return Object.fromEntries(this.counts)
  }
}
