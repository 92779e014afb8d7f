// Whether a virtual network can be: its addresses, its DHCP range, fixed leases, and its neighbours.
// Runs in: main, plain Node.
import { nameKey } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import type { Network } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'

/** A dotted quad as a number, or undefined. */
export function ipv4(text: string): number | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  let value = 0
  for (const part of parts) {
    if (!/^\d{1,3}$/.test(part) || Number(part) > 255) return undefined
    value = value * 256 + Number(part)
  }
  return value
}

interface Range {
  readonly first: number
  readonly last: number
}

/** The addresses of a network, its own and the broadcast address included. */
export function rangeOf(network: Network): Range | undefined {
  const address = ipv4(network.address)
  if (address === undefined) return undefined
  const size = 2 ** (32 - network.prefix)
  const first = Math.floor(address / size) * size
  return { first, last: first + size - 1 }
}

function wrong(network: Network): string | undefined {
  const range = rangeOf(network)
  const gateway = ipv4(network.address)
  if (range === undefined || gateway === undefined) return `${network.address} is no IPv4 address`
  const usable = (text: string): number | undefined => {
    const value = ipv4(text)
    return value !== undefined && value > range.first && value < range.last ? value : undefined
  }
  if (usable(network.address) === undefined) return `${network.address} is no address of a computer in it`
  if (network.dhcp) {
    const [first, last] = [usable(network.dhcp.first), usable(network.dhcp.last)]
    if (first === undefined) return `${network.dhcp.first} is not one of its addresses`
    if (last === undefined) return `${network.dhcp.last} is not one of its addresses`
    if (first > last) return `the range ends before it begins`
    if (gateway >= first && gateway <= last) return `the range holds the gateway’s own address`
  }
  const seen = new Set<string>()
  for (const { mac, address } of network.hosts) {
    if (usable(address) === undefined) return `${address} is not one of its addresses`
    if (address === network.address) return `${address} is the gateway’s own`
    if (seen.has(mac) || seen.has(address)) return `the fixed lease of ${mac} is there twice`
    seen.add(mac).add(address)
  }
  return undefined
}

/** `others` are the networks that stay beside it. */
export function checkNetwork(network: Network, others: readonly Network[]): Result<null, ErrorReport> {
  const { name } = network
  const key = nameKey(name)
  if (others.some((other) => nameKey(other.name) === key)) return err(errorReport('network-exists', { network: name }))
  const detail = wrong(network)
  if (detail !== undefined) return err(errorReport('network-bad', { network: name, detail }))
  const range = rangeOf(network)
  for (const other of others) {
    const theirs = rangeOf(other)
    if (range && theirs && range.first <= theirs.last && theirs.first <= range.last) {
      return err(errorReport('network-overlaps', { network: name, other: other.name }))
    }
  }
  return ok(null)
}
