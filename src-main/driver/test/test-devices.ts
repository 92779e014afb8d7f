// Devices of the test driver's domains while they run, and the networks that their interfaces are in: kept, and refused as by a
// hypervisor. Nothing passes through them. Runs in: main, plain Node.
import { err, ok, type Result } from '../../../src-engine/public/result'
import { DEFAULT_NETWORK, type Device, type Disk, deviceKey, type Lease, type Network, type Nic } from '../../public/device'
import { type ErrorReport, errorReport } from '../../public/error-code'
import type { Medium, Outcome } from '../driver'
import type { TestDomain, TestDomains } from './test-domains'
import { testLeases } from './test-leases'

export class TestDevices {
  networks: readonly Network[] = [DEFAULT_NETWORK]
  private readonly domains: TestDomains
  private readonly moment: () => Promise<void>

  /** `moment`: as long as a guest takes for a device that comes or goes. */
  constructor(domains: TestDomains, moment: () => Promise<void>) {
    this.domains = domains
    this.moment = moment
  }

  async attach(uuid: string, { devices, config }: TestDomain, device: Device): Outcome {
    const key = deviceKey(device)
    if (devices.has(key)) return err(errorReport('device-twice', { name: config.name, key }))
    if (device.kind === 'vfb') return err(errorReport('not-hot-pluggable', { name: config.name, key }))
    const wired = device.kind === 'vif' ? this.wired(device) : ok(null)
    if (!wired.ok) return wired
    await this.moment()
    devices.set(key, device)
    this.domains.log(uuid, 'info', `Device ${key} was attached.`, 'device')
    return ok(null)
  }

  async detach(uuid: string, { devices, config }: TestDomain, key: string): Outcome {
    if (!devices.has(key)) return err(errorReport('no-device', { name: config.name, key }))
    if (key === 'vfb/0') return err(errorReport('not-hot-pluggable', { name: config.name, key }))
    await this.moment()
    devices.delete(key)
    this.domains.log(uuid, 'info', `Device ${key} was detached.`, 'device')
    return ok(null)
  }

  changeMedium(uuid: string, { devices, config }: TestDomain, key: string, medium: Medium): Result<null, ErrorReport> {
    const device = devices.get(key)
    if (device?.kind !== 'vbd') return err(errorReport('no-device', { name: config.name, key }))
    if (!device.removable) return err(errorReport('not-hot-pluggable', { name: config.name, key }))
    devices.set(key, { ...device, ...medium } satisfies Disk)
    this.domains.log(uuid, 'info', `Device ${key} has ${medium.path === '' ? 'no medium' : medium.path}.`)
    return ok(null)
  }

  changeNic(uuid: string, { devices, config }: TestDomain, nic: Nic): Result<null, ErrorReport> {
    const key = deviceKey(nic)
    if (!devices.has(key)) return err(errorReport('no-device', { name: config.name, key }))
    const wired = this.wired(nic)
    if (!wired.ok) return wired
    devices.set(key, nic)
    this.domains.log(uuid, 'info', `Device ${key} was changed: network ${nic.network}.`)
    return ok(null)
  }

  leases(name: string): Result<readonly Lease[], ErrorReport> {
    const network = this.networks.find((each) => each.name === name)
    if (!network) return err(errorReport('no-network', { network: name }))
    if (network.stopped === true) return ok([])
    const domains = [...this.domains.running.values()].map(({ config, devices }) => ({
      name: config.name,
      devices: devices.values(),
    }))
    return ok(testLeases(network, domains))
  }

  /** Its network is there. */
  private wired({ network }: Nic): Result<null, ErrorReport> {
    const there = this.networks.some(({ name }) => name === network)
    return there ? ok(null) : err(errorReport('no-network', { network }))
  }
}
