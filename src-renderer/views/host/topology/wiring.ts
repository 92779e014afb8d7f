// Who is plugged in where: the interfaces of all machines with the network each is in now, and what a definition becomes when
// one of them is put into another network or its cable is pulled out.
// Invariant: what runs is shown, not what is only defined; what applies later is said beside it. Runs in: renderer and tests; pure.

import { deviceKey, type Nic } from '../../../../src-main/public/device'
import { sameValue } from '../../../../src-main/public/live-changes'
import type { DomainConfig, DomainInfo, DomainState } from '../../../../src-main/public/types'

/** One interface of one machine, as it is wired now. */
export interface Plug {
  /** Unique among all machines. */
  readonly id: string
  readonly uuid: string
  readonly machine: string
  /** Of the device, `vif/0`. */
  readonly key: string
  readonly nic: Nic
  /** The machine is on: frames pass, unless the cable is out. */
  readonly live: boolean
  /** The network of the next start, where that is another one. */
  readonly next: string | undefined
  /** Why it cannot be moved now: the machine's state forbids it, or it goes with the end of this run. */
  readonly fixed: 'state' | 'leaving' | undefined
}

export interface WiredMachine {
  readonly uuid: string
  readonly name: string
  readonly state: DomainState
  readonly plugs: readonly Plug[]
}

function isNic(device: { readonly kind: string }): device is Nic {
  return device.kind === 'vif'
}

function plugsOf(domain: DomainInfo): Plug[] {
  const { uuid, name, config, running, operations } = domain
  const defined = new Map((config?.devices ?? []).filter(isNic).map((nic) => [deviceKey(nic), nic]))
  const live = new Map((running?.devices ?? []).filter(isNic).map((nic) => [deviceKey(nic), nic]))
  const keys = [...new Set([...defined.keys(), ...live.keys()])].sort((a, b) => a.localeCompare(b, 'en', { numeric: true }))
  return keys.flatMap((key): Plug[] => {
    const [later, now] = [defined.get(key), live.get(key)]
    const nic = now ?? later
    if (nic === undefined) return []
    const fixed = later === undefined ? 'leaving' : operations.includes('redefine') ? undefined : 'state'
    const next = now !== undefined && later !== undefined && later.network !== now.network ? later.network : undefined
    return [{ id: `${uuid} ${key}`, uuid, machine: name, key, nic, live: now !== undefined, next, fixed }]
  })
}

/** Machines with an interface in the order of the networks of their first, and by name within one. */
export function wiredMachines(
  domains: readonly DomainInfo[],
  networks: readonly string[],
  locale: string,
): readonly WiredMachine[] {
  const place = new Map(networks.map((name, index) => [name, index]))
  const collator = new Intl.Collator(locale, { numeric: true, sensitivity: 'base' })
  const first = ({ plugs: [plug] }: WiredMachine): number => place.get(plug?.nic.network ?? '') ?? networks.length
  return domains
    .map((domain) => ({ uuid: domain.uuid, name: domain.name, state: domain.state, plugs: plugsOf(domain) }))
    .filter(({ plugs }) => plugs.length > 0)
    .sort((a, b) => first(a) - first(b) || collator.compare(a.name, b.name) || a.uuid.localeCompare(b.uuid))
}

/** Addresses that DHCP servers gave, by network and card: one that was moved may have one in each. */
export type Addresses = ReadonlyMap<string, string>

export function addressKey(network: string, mac: string): string {
  return `${network} ${mac}`
}

/** Where a running machine is reached, as far as its network knows. */
export function addressOf({ nic, live }: Plug, addresses: Addresses): string | undefined {
  return live ? addresses.get(addressKey(nic.network, nic.mac)) : undefined
}

/** Those whose name, network or an address has the words. */
export function filterMachines(
  machines: readonly WiredMachine[],
  filter: string,
  addresses: Addresses,
): readonly WiredMachine[] {
  const wanted = filter.trim().toLocaleLowerCase()
  if (wanted === '') return machines
  const has = (text: string | undefined): boolean => text?.toLocaleLowerCase().includes(wanted) === true
  return machines.filter(
    ({ name, plugs }) =>
      has(name) || plugs.some((plug) => has(plug.nic.network) || has(plug.nic.mac) || has(addressOf(plug, addresses))),
  )
}

/** The definition with one interface changed; undefined when it has no such interface or it is like that already. */
export function withNic(
  config: DomainConfig,
  key: string,
  change: Partial<Pick<Nic, 'network' | 'link'>>,
): DomainConfig | undefined {
  const devices = config.devices.map((device) =>
    isNic(device) && deviceKey(device) === key ? { ...device, ...change } : device,
  )
  return sameValue(devices, config.devices) ? undefined : { ...config, devices }
}
