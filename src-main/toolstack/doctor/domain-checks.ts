// The doctor's look at each domain: files that are not there, disks that cannot be written or would be lost, screens and ports open
// to others, networks that are gone, clocks that stand or are off.
// Runs in: main, plain Node.

import { dirname, resolve } from 'node:path'
import { nameKey } from '../../../src-engine/public/name'
import { freeName } from '../../lib/free-name'
import { LOCAL_CONNECTION, ownUuid } from '../../public/connection'
import { type Device, type Disk, type DiskLook, deviceKey, type ImageInfo, isLoopback, type Network } from '../../public/device'
import type { Finding, FindingKind } from '../../public/doctor'
import type { ErrorReport } from '../../public/error-code'
import { type BootDisk, ownBootDisk } from '../../public/own-disk'
import type { Result } from '../../public/result'
import type { DomainInfo } from '../../public/types'
import type { HostProbe } from './host-files'
import { sizeText } from './machine-checks'

export interface DomainLook {
  readonly probe: HostProbe
  readonly networks: readonly Network[]
  inspect(path: string): Promise<Result<ImageInfo, ErrorReport>>
  /** What the disk starts by itself. */
  diskKernel(disk: BootDisk): Promise<Result<DiskLook, ErrorReport>>
}

/** This many machines are named that want a stopped network. */
const NAMES_MOST = 5
/** Guests are off by seconds anyway. */
const CLOCK_OFF_MS = 60_000
/** Files are written a moment after a save was stamped. */
const STAMP_SLACK_MS = 5000

export async function checkDomain(look: DomainLook, domain: DomainInfo): Promise<Finding[]> {
  const { uuid, name, config } = domain
  if (config === null) return []
  const found: Finding[] = []
  const add = (kind: FindingKind, subject: string, values: Readonly<Record<string, string>> = {}): void => {
    found.push({ kind, uuid, subject, values: { name, ...values } })
  }
  const disk = ownBootDisk(config)
  // One that runs has not needed what it would not have; files that are named start while its disk has nothing.
  const own = disk === undefined || domain.running !== null ? undefined : await look.diskKernel(disk)
  const startsItsDisk = disk !== undefined && (own === undefined || (own.ok && own.value.found !== undefined))
  for (const path of startsItsDisk ? [] : [config.kernel, config.ramdisk ?? '']) {
    if (path !== '' && !(await look.probe.file(path))?.readable) add('file-missing', path, { path })
  }
  for (const device of config.devices) {
    if (device.kind === 'vbd') await checkDisk(look, domain, device, add)
    else checkOpenness(device, look.networks, add)
  }
  const isBroken = found.some(({ kind }) => kind === 'disk-broken' || kind === 'backing-missing')
  if (config.kernel.trim() === '' && domain.running === null && domain.state !== 'saved' && !isBroken)
    checkKernel(disk, own, add)
  if (domain.state === 'crashed') add('crashed', '', { detail: domain.detail })
  // A running copy goes on within a second of its instant.
  const behind = (domain.startedAt ?? 0) - (domain.clockStandsAt ?? Number.POSITIVE_INFINITY)
  if (behind >= CLOCK_OFF_MS && domain.domid !== null) add('clock-stands', '')
  const off = Math.abs(domain.clockOffMs ?? 0)
  if (off >= CLOCK_OFF_MS) add('clock-off', '', { off: hoursText(off) })
  return found
}

/** Nothing to start, as a start would say it; a disk that cannot be opened at all is told by what is wrong with its image. */
function checkKernel(disk: Disk | undefined, own: Result<DiskLook, ErrorReport> | undefined, add: Add): void {
  if (disk === undefined) {
    add('kernel-none', '')
    return
  }
  if (own === undefined || (own.ok && own.value.found !== undefined)) return
  const { dev, path } = disk
  const key = deviceKey(disk)
  if (!own.ok) {
    if (own.error.reason === 'image-unreadable')
      add('disk-kernel-unread', key, { dev, path, detail: own.error.values['detail'] ?? '' })
    return
  }
  const holds = own.value.holds.join(', ')
  if (holds === '') add('disk-no-kernel', key, { dev, path })
  else add('disk-no-kernel-but', key, { dev, path, holds })
}

/** The same in all languages: 26:03:09. */
function hoursText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  const [minutes, rest] = [Math.floor(seconds / 60) % 60, seconds % 60].map((part) => String(part).padStart(2, '0'))
  return `${Math.floor(seconds / 3600)}:${minutes}:${rest}`
}

type Add = (kind: FindingKind, subject: string, values?: Readonly<Record<string, string>>) => void

async function checkDisk(look: DomainLook, domain: DomainInfo, disk: Disk, add: Add): Promise<void> {
  const { path, dev } = disk
  if (path === '') return
  const key = deviceKey(disk)
  const facts = await look.probe.file(path)
  if (!facts?.readable) {
    if (disk.removable) add('medium-missing', key, { path, dev })
    else add('file-missing', path, { path })
    return
  }
  if (!disk.readonly && !facts.writable) add('disk-closed', key, { path, dev })
  const image = await look.inspect(path)
  // One that a guest is writing to may look half done.
  if (!image.ok) {
    if (domain.running === null) add('disk-broken', key, { path, dev, detail: image.error.values['detail'] ?? '' })
    return
  }
  const { backing, virtualSize, fileSize } = image.value
  // It is written as seen from the image's folder.
  const base = backing === undefined || backing === '' ? undefined : resolve(dirname(path), backing)
  if (base !== undefined && !(await look.probe.file(base))?.readable) add('backing-missing', key, { path, dev, backing: base })
  if (disk.readonly) return
  if (disk.cache === 'unsafe') add('disk-unsafe', key, { path, dev })
  const space = await look.probe.space(path)
  if (space?.volatile === true) add('disk-volatile', key, { path, dev })
  const grows = virtualSize - fileSize
  if (space !== undefined && grows > space.free) {
    add('disk-grows', key, { path, dev, grows: sizeText(grows), free: sizeText(space.free) })
  }
  if (domain.state === 'saved' && domain.savedAt !== null && facts.changedAt > domain.savedAt + STAMP_SLACK_MS) {
    add('disk-newer', key, { path, dev })
  }
}

/** A stopped network is one finding, of the first domain that wants it there; all that do are named with it. */
export function joinStopped(findings: readonly Finding[], domains: readonly DomainInfo[]): Finding[] {
  const placeOf = new Map(domains.map(({ uuid, connection = LOCAL_CONNECTION }) => [uuid, connection]))
  const networks = new Map<string, { readonly first: Finding; readonly names: Set<string> }>()
  const others: Finding[] = []
  for (const finding of findings) {
    if (finding.kind === 'network-stopped') {
      const key = `${placeOf.get(finding.uuid ?? '')} ${finding.subject}`
      const network = networks.get(key) ?? { first: finding, names: new Set() }
      network.names.add(finding.values['name'] ?? '')
      networks.set(key, network)
    } else others.push(finding)
  }
  const joined = [...networks.values()].map(({ first, names }) => {
    const shown = [...names].slice(0, NAMES_MOST)
    const machines = [...shown, ...(names.size > NAMES_MOST ? ['…'] : [])].join(', ')
    return { ...first, values: { ...first.values, machines } }
  })
  return [...others, ...joined]
}

/** Calls give no name twice in a connection, but files put into its folder can: each but the first of them, with a name that is free. */
export function sameNames(domains: readonly DomainInfo[]): Finding[] {
  const taken = new Map<string, Set<string>>()
  for (const { name, connection = LOCAL_CONNECTION } of domains) {
    taken.set(connection, (taken.get(connection) ?? new Set()).add(name))
  }
  const firsts = new Map<string, DomainInfo>()
  const found: Finding[] = []
  for (const domain of domains) {
    const { uuid, name, config, connection = LOCAL_CONNECTION } = domain
    if (config === null) continue
    const key = `${connection} ${nameKey(name)}`
    const first = firsts.get(key)
    if (first === undefined) {
      firsts.set(key, domain)
      continue
    }
    const own = taken.get(connection) ?? new Set()
    const free = freeName(own, name)
    own.add(free)
    found.push({ kind: 'name-twice', uuid, subject: name, values: { name, id: ownUuid(domain), other: ownUuid(first), free } })
  }
  return found
}

function checkOpenness(device: Exclude<Device, Disk>, networks: readonly Network[], add: Add): void {
  const key = deviceKey(device)
  if (device.kind === 'vfb') {
    const { vnc } = device
    if (vnc?.kind !== 'tcp' || isLoopback(vnc.address)) return
    add((vnc.password ?? '') === '' ? 'vnc-open' : 'vnc-exposed', key, { address: vnc.address })
    return
  }
  const { network } = device
  const joined = networks.find(({ name }) => name === network)
  if (!joined) add('network-missing', key, { network })
  else if (joined.stopped === true) add('network-stopped', network, { network })
  const open = device.forwards.filter(({ hostAddress }) => hostAddress !== undefined && !isLoopback(hostAddress))
  if (open.length > 0) add('forward-open', key, { ports: open.map(({ hostPort }) => hostPort).join(', ') })
}
