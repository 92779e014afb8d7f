// The virtual networks: kept on disk, told to the driver whenever they change, shown with who uses them.
// Invariant: a network that a definition names can be changed but not taken away or renamed; `default` always stays.
// Runs in: main, plain Node.
import { err, ok, type Result } from '../../src-engine/public/result'
import { checkNetwork } from '../config/network-check'
import type { NetworkStore } from '../definition/network-store'
import type { HypervisorDriver, Outcome } from '../driver/driver'
import { systemErrorText } from '../lib/atomic-file'
import { DEFAULT_NETWORK, type Lease, type Network } from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DomainConfig, NetworkInfo } from '../public/types'

export interface NetworksParts {
  readonly store: NetworkStore
  readonly driver: HypervisorDriver
  /** All definitions there are. */
  readonly configs: () => readonly DomainConfig[]
  readonly changed: (networks: NetworkInfo[]) => void
  readonly problem: (error: ErrorReport) => void
}

export class Networks {
  private readonly parts: NetworksParts
  private networks: readonly Network[] = [DEFAULT_NETWORK]
  private told = ''

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

  list(): NetworkInfo[] {
    const configs = this.parts.configs()
    return this.networks.map((network) => ({
      network,
      usedBy: configs.filter((config) => joins(config, network.name)).map(({ name }) => name),
      permanent: network.name === DEFAULT_NETWORK.name,
    }))
  }

  /** A new one, or in place of the one named `replaces`. */
  async define(network: Network, replaces: string | null): Outcome {
    const before = this.networks.find(({ name }) => name === replaces)
    if (replaces !== null && before === undefined) return err(errorReport('no-network', { network: replaces }))
    const others = this.networks.filter((other) => other !== before)
    const checked = checkNetwork(network, others)
    if (!checked.ok) return checked
    if (before && before.name !== network.name) {
      const free = this.mayGo(before.name)
      if (!free.ok) return free
    }
    return this.become(before ? this.networks.map((each) => (each === before ? network : each)) : [...others, network])
  }

  async undefine(name: string): Outcome {
    if (!this.names().includes(name)) return err(errorReport('no-network', { network: name }))
    const free = this.mayGo(name)
    return free.ok ? this.become(this.networks.filter((network) => network.name !== name)) : free
  }

  async leases(name: string): Outcome<readonly Lease[]> {
    if (!this.names().includes(name)) return err(errorReport('no-network', { network: name }))
    return this.parts.driver.leases(name)
  }

  /** After a definition changed: who uses a network may be others now. */
  definitionsChanged(): void {
    const networks = this.list()
    const now = JSON.stringify(networks)
    if (now === this.told) return
    this.told = now
    this.parts.changed(networks)
  }

  private mayGo(name: string): Result<null, ErrorReport> {
    if (name === DEFAULT_NETWORK.name) return err(errorReport('network-permanent', { network: name }))
    const users = this.parts.configs().filter((config) => joins(config, name))
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
      return err(errorReport('file-unwritable', { path: 'networks.json', detail: systemErrorText(thrown) }))
    }
    this.networks = networks
    this.definitionsChanged()
    return ok(null)
  }
}

function joins(config: DomainConfig, network: string): boolean {
  return config.devices.some((device) => device.kind === 'vif' && device.network === network)
}
