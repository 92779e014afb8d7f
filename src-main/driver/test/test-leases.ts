// Leases of the test driver's networks. Runs in: main, plain Node; pure.
import type { Device, Lease, Network } from '../../public/device'

/** Each interface that is plugged in has the next address of the network's range. */
export function testLeases(network: Network, domains: Iterable<{ name: string; devices: Iterable<Device> }>): Lease[] {
  const first = network.dhcp?.first
  if (first === undefined) return []
  const dot = first.lastIndexOf('.') + 1
  const start = Number(first.slice(dot))
  return [...domains]
    .flatMap(({ name, devices }) => [...devices].map((device) => ({ name, device })))
    .flatMap(({ name, device }) =>
      device.kind === 'vif' && device.network === network.name ? [{ name, mac: device.mac }] : [],
    )
    .map(({ name, mac }, index) => ({ mac, address: `${first.slice(0, dot)}${start + index}`, name }))
}
