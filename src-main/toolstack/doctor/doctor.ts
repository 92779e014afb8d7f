// The doctor: looks at the machine and at every domain, says what is wrong as rows of findingTable, and mends what can be mended
// without asking more. Invariant: looking changes nothing; mending looks again first and does only what that finding says.
// Runs in: main, plain Node.
import { err, ok } from '../../../src-engine/public/result'
import type { Outcome } from '../../driver/driver'
import { writeProblem } from '../../lib/write-problem'
import { DEFAULT_NETWORK, type Device, type DiskLook, deviceKey, type ImageInfo, type Network } from '../../public/device'
import { type Diagnosis, doctorChecks, type Finding, findingTable } from '../../public/doctor'
import { errorReport } from '../../public/error-code'
import type { BootDisk } from '../../public/own-disk'
import type { DomainConfig, DomainInfo } from '../../public/types'
import { checkDomain, joinStopped, sameNames } from './domain-checks'
import { type HostProbe, hostProbe } from './host-files'
import { checkMachine, type MachineFacts } from './machine-checks'

export interface DoctorParts {
  domains(): readonly DomainInfo[]
  /** Those that this domain may join. */
  networks(uuid: string): readonly Network[]
  /** One that this domain may join runs again. */
  startNetwork(uuid: string, network: string): Outcome
  /** Of this one's connection, where it was given up. */
  startDomain0(uuid: string): Outcome
  /** By the driver that would give it to this domain. */
  inspect(uuid: string, path: string): Outcome<ImageInfo>
  /** What a start of this domain would take from the disk. */
  diskKernel(uuid: string, disk: BootDisk): Outcome<DiskLook>
  machine(): Promise<MachineFacts>
  redefine(uuid: string, config: DomainConfig, base: DomainConfig): Outcome
  eject(uuid: string, key: string): Outcome
  /** For tests. */
  probe?(): Promise<HostProbe>
}

/** Domains looked at at a time: each asks for files and images. */
const AT_ONCE = 8

export class Doctor {
  private readonly parts: DoctorParts

  constructor(parts: DoctorParts) {
    this.parts = parts
  }

  async look(): Promise<Diagnosis> {
    const probe = await (this.parts.probe ?? hostProbe)()
    const domains = this.parts.domains()
    const findings = await checkMachine(probe, await this.parts.machine(), domains)
    for (let at = 0; at < domains.length; at += AT_ONCE) {
      const some = await Promise.all(
        domains.slice(at, at + AT_ONCE).map((domain) => {
          const inspect = (path: string) => this.parts.inspect(domain.uuid, path)
          const diskKernel = (disk: BootDisk) => this.parts.diskKernel(domain.uuid, disk)
          return checkDomain({ probe, inspect, diskKernel, networks: this.parts.networks(domain.uuid) }, domain)
        }),
      )
      findings.push(...some.flat())
    }
    findings.push(...sameNames(domains))
    const joined = joinStopped(findings, domains)
    const rank = { error: 0, warning: 1, info: 2 }
    const names = new Intl.Collator('en', { numeric: true })
    const nameOf = ({ uuid, values }: Finding) => (uuid === null ? '' : (values['name'] ?? ''))
    joined.sort(
      (a, b) =>
        rank[findingTable[a.kind].severity] - rank[findingTable[b.kind].severity] || names.compare(nameOf(a), nameOf(b)),
    )
    return { findings: joined, checks: [...doctorChecks] }
  }

  async mend(wanted: Pick<Finding, 'kind' | 'uuid' | 'subject'>): Outcome {
    const { findings } = await this.look()
    const found = findings.find(
      ({ kind, uuid, subject }) => kind === wanted.kind && uuid === wanted.uuid && subject === wanted.subject,
    )
    // It is gone meanwhile, which is all that was asked for.
    if (found === undefined) return ok(null)
    if (found.uuid === null) return this.mendMachine(found)
    const domain = this.parts.domains().find(({ uuid }) => uuid === found.uuid)
    if (domain?.config == null) return err(errorReport('no-domain', { uuid: found.uuid }))
    return this.mendDomain(found, domain.uuid, domain.config)
  }

  private async mendMachine({ kind, subject }: Finding): Outcome {
    if (kind === 'domain0-down') return this.parts.startDomain0(subject)
    const probe = await (this.parts.probe ?? hostProbe)()
    try {
      if (kind === 'folder-closed' || kind === 'folder-readable') await probe.setMode(subject, 0o700)
      return ok(null)
    } catch (thrown) {
      return err(writeProblem(subject, thrown))
    }
  }

  private async mendDomain({ kind, subject, values }: Finding, uuid: string, config: DomainConfig): Outcome {
    const change = (to: (device: Device) => Device): Outcome => {
      const devices = config.devices.map((device) => (deviceKey(device) === subject ? to(device) : device))
      return this.parts.redefine(uuid, { ...config, devices }, config)
    }
    switch (kind) {
      case 'medium-missing':
        return this.parts.eject(uuid, subject)
      case 'disk-closed': {
        const path = values['path'] ?? ''
        const probe = await (this.parts.probe ?? hostProbe)()
        try {
          await probe.setMode(path, ((await probe.file(path))?.mode ?? 0) | 0o600)
          return ok(null)
        } catch (thrown) {
          return err(writeProblem(path, thrown))
        }
      }
      case 'vnc-open':
      case 'vnc-exposed':
        return change((device) =>
          device.kind === 'vfb' && device.vnc?.kind === 'tcp'
            ? { ...device, vnc: { ...device.vnc, address: '127.0.0.1' } }
            : device,
        )
      case 'disk-unsafe':
        return change((device) => (device.kind === 'vbd' ? { ...device, cache: undefined } : device))
      case 'forward-open':
        return change((device) =>
          device.kind === 'vif'
            ? { ...device, forwards: device.forwards.map(({ hostAddress: _open, ...forward }) => forward) }
            : device,
        )
      case 'network-stopped':
        return this.parts.startNetwork(uuid, subject)
      case 'name-twice':
        return this.parts.redefine(uuid, { ...config, name: values['free'] ?? config.name }, config)
      case 'network-missing':
        return change((device) => (device.kind === 'vif' ? { ...device, network: DEFAULT_NETWORK.name } : device))
      default:
        return err(errorReport('unsupported', { operation: kind }))
    }
  }
}
