// The virtual networks: kept on disk, told to the driver whenever they change, shown with who uses them.
// Invariant: a network that a definition names can be changed but not taken away or renamed; `default` always stays. A domain that
// changes costs nothing here unless it joins other networks or has another name; a thousand that do are told of together.
// Runs in: main, plain Node.
import { properName } from '../../src-engine/public/name'
import { err, ok, type Result } from '../../src-engine/public/result'
import { checkNetwork } from '../config/network-check'
import type { NetworkStore } from '../definition/network-store'
import type { HypervisorDriver, Outcome } from '../driver/driver'
import { writeProblem } from '../lib/write-problem'
import { DEFAULT_NETWORK, type Lease, type Network } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import { sameValue } from '../public/live-changes'
import type { DomainConfig, NetworkInfo } from '../public/types'

export interface NetworksParts {
  readonly store: NetworkStore
  readonly driver: Pick<HypervisorDriver, 'setNetworks' | 'leases'>
  /** All definitions there are. */
  readonly configs: () => readonly DomainConfig[]
  readonly changed: (networks: NetworkInfo[]) => void
  readonly problem: (error: ErrorReport) => void
}

/** Changes that come together are told of together. */
const TELL_AFTER_MS = 20

export class Networks {
  private readonly parts: NetworksParts
  private networks: readonly Network[] = [DEFAULT_NETWORK]
  private told = ''
  private timer: NodeJS.Timeout | undefined
  /** Which networks each domain joins, and under which name; nothing of those that join none. */
  private readonly joined = new Map<string, string>()

  constructor(parts: NetworksParts) {
    this.parts = parts
  }

  async load(): Promise<void> {
    const { networks, problem } = await this.parts.store.load()
    this.networks = networks
    if (problem) this.parts.problem(problem)
  }

  /** Once the driver is open. */
  async open(): Outcome {
    return this.parts.driver.setNetworks(this.networks)
  }

  names(): string[] {
    return this.networks.map(({ name }) => name)
  }

  /** Those that are switched off: no domain starts on one. */
  stopped(): string[] {
    return this.networks.filter(({ stopped }) => stopped === true).map(({ name }) => name)
  }

  list(): NetworkInfo[] {
    const users = new Map<string, string[]>(this.networks.map(({ name }) => [name, []]))
    for (const config of this.parts.configs()) for (const name of joinedBy(config)) users.get(name)?.push(config.name)
    return this.networks.map((network) => ({
      network,
      usedBy: users.get(network.name) ?? [],
      permanent: network.name === DEFAULT_NETWORK.name,
    }))
  }

  /** A new one, or in place of the one named `replaces`, with `base` only when that still is so. */
  async define(given: Network, replaces: string | null, base?: Network): Outcome {
    const network = { ...given, name: properName(given.name) }
    const before = this.networks.find(({ name }) => name === replaces)
    if (replaces !== null && before === undefined) return err(errorReport('no-network', { network: replaces }))
    if (before && base && !sameValue(before, base)) return err(errorReport('definition-changed', { name: before.name }))
    const others = this.networks.filter((other) => other !== before)
    const checked = checkNetwork(network, others)
    if (!checked.ok) return checked
    if (before && before.name !== network.name) {
      const free = this.mayGo(before.name)
      if (!free.ok) return free
    }
    return this.become(before ? this.networks.map((each) => (each === before ? network : each)) : [...others, network])
  }

  /** One that is switched off runs again. */
  async start(name: string): Outcome {
    const before = this.networks.find((network) => network.name === name)
    if (!before) return err(errorReport('no-network', { network: name }))
    const { stopped: _off, ...running } = before
    return this.define(running, name, before)
  }

  async undefine(name: string, base?: Network): Outcome {
    const before = this.networks.find((network) => network.name === name)
    if (!before) return err(errorReport('no-network', { network: name }))
    if (base && !sameValue(before, base)) return err(errorReport('definition-changed', { name }))
    const free = this.mayGo(name)
    return free.ok ? this.become(this.networks.filter((network) => network.name !== name)) : free
  }

  async leases(name: string): Outcome<readonly Lease[]> {
    if (!this.names().includes(name)) return err(errorReport('no-network', { network: name }))
    return this.parts.driver.leases(name)
  }

  /** A domain has changed, or is gone (null): who uses a network may be others now. */
  domainChanged(uuid: string, config: DomainConfig | null): void {
    const names = config === null ? [] : joinedBy(config)
    const now = names.length === 0 ? undefined : JSON.stringify([config?.name, ...names])
    if (this.joined.get(uuid) === now) return
    if (now === undefined) this.joined.delete(uuid)
    else this.joined.set(uuid, now)
    this.timer ??= setTimeout(() => this.tell(), TELL_AFTER_MS).unref()
  }

  private tell(): void {
    clearTimeout(this.timer)
    this.timer = undefined
    const networks = this.list()
    const now = JSON.stringify(networks)
    if (now === this.told) return
    this.told = now
    this.parts.changed(networks)
  }

  private mayGo(name: string): Result<null, ErrorReport> {
    if (name === DEFAULT_NETWORK.name) return err(errorReport('network-permanent', { network: name }))
    const users = this.parts.configs().filter((config) => joinedBy(config).includes(name))
    if (users.length === 0) return ok(null)
    return err(errorReport('network-in-use', { network: name, names: users.map((config) => config.name).join(', ') }))
  }

  private async become(networks: readonly Network[]): Outcome {
    const told = await this.parts.driver.setNetworks(networks)
    if (!told.ok) return told
    try {
      await this.parts.store.put(networks)
    } catch (thrown) {
      await this.parts.driver.setNetworks(this.networks)
      return err(writeProblem('networks.json', thrown))
    }
    this.networks = networks
    this.tell()
    return ok(null)
  }
}

/** Each once. */
function joinedBy({ devices }: DomainConfig): string[] {
  return [...new Set(devices.flatMap((device) => (device.kind === 'vif' ? [device.network] : [])))]
}
