// The doctor's look at the machine: room and rights where guests are kept, memory, ports, helper programs, domain 0.
// Runs in: main, plain Node.
import type { Finding } from '../../public/doctor'
import type { ErrorReport } from '../../public/error-code'
import type { Pool } from '../../public/storage'
import type { DomainInfo } from '../../public/types'
import type { HostProbe } from './host-files'

export interface MachineFacts {
  readonly folder: string
  /** Those of all pools of each connection. */
  readonly diskFolders: readonly string[]
  /** Pools that the user defined: their folders are never made by the app, as its own is when it is needed. */
  readonly chosenPools: readonly Pool[]
  /** The warning about an old Electron, when this is one. */
  readonly oldElectron: ErrorReport | null
  readonly demo: ErrorReport | null
  readonly debian: ErrorReport | null
}

const MIB = 1024 * 1024
const GIB = 1024 * MIB
const SPACE_OUT = 256 * MIB
const SPACE_LOW = 2 * GIB
const MEMORY_LOW = 256 * MIB

export function machineFinding(kind: Finding['kind'], subject: string, values: Readonly<Record<string, string>>): Finding {
  return { kind, uuid: null, subject, values }
}

export function sizeText(bytes: number): string {
  return bytes >= GIB ? `${(bytes / GIB).toFixed(1)} GiB` : `${Math.round(bytes / MIB)} MiB`
}

export async function checkMachine(probe: HostProbe, facts: MachineFacts, domains: readonly DomainInfo[]): Promise<Finding[]> {
  const found = [
    ...(await checkSpace(probe, facts)),
    ...(await checkPools(probe, facts)),
    ...(await checkRights(probe, facts)),
    ...checkMemory(probe, domains),
    ...(await checkPorts(probe, domains)),
  ]
  if (facts.oldElectron) found.push(machineFinding('electron-old', 'electron', facts.oldElectron.values))
  if (facts.demo) found.push(machineFinding('helper-demo', 'demo', { detail: facts.demo.values['detail'] ?? '' }))
  if (facts.debian) found.push(machineFinding('helper-debian', 'debian', { detail: facts.debian.values['detail'] ?? '' }))
  for (const { kind, state, uuid, detail } of domains) {
    if (kind === 'domain0' && state === 'crashed') found.push(machineFinding('domain0-down', uuid, { detail }))
  }
  return found
}

function spaceKind(free: number): 'space-none' | 'space-out' | 'space-low' {
  // What is below half a MiB would be said to be 0 MiB.
  if (Math.round(free / MIB) === 0) return 'space-none'
  return free < SPACE_OUT ? 'space-out' : 'space-low'
}

async function checkSpace(probe: HostProbe, { folder, diskFolders }: MachineFacts): Promise<Finding[]> {
  const found = new Map<string, Finding>()
  for (const path of new Set([folder, ...diskFolders])) {
    // One that is not there is made when it is first needed.
    const space = await probe.space(path)
    if (space === undefined || space.free >= SPACE_LOW) continue
    const kind = spaceKind(space.free)
    // Two folders on one file system are one finding.
    found.set(`${kind} ${space.free}`, machineFinding(kind, path, { path, free: sizeText(space.free) }))
  }
  return [...found.values()]
}

async function checkPools(probe: HostProbe, { chosenPools }: MachineFacts): Promise<Finding[]> {
  const found: Finding[] = []
  for (const { name, path } of chosenPools) {
    if ((await probe.file(path)) === undefined) found.push(machineFinding('pool-missing', path, { pool: name, path }))
  }
  return found
}

async function checkRights(probe: HostProbe, { folder, diskFolders }: MachineFacts): Promise<Finding[]> {
  const found: Finding[] = []
  for (const path of new Set([folder, ...diskFolders])) {
    const facts = await probe.file(path)
    // It is made when it is first needed; of the user's own `checkPools` tells.
    if (facts === undefined) continue
    if (!facts.readable || !facts.writable) found.push(machineFinding('folder-closed', path, { path }))
  }
  // Definitions hold passwords of screens.
  const own = await probe.file(folder)
  if (process.platform !== 'win32' && own !== undefined && (own.mode & 0o077) !== 0) {
    found.push(machineFinding('folder-readable', folder, { path: folder }))
  }
  return found
}

function checkMemory(probe: HostProbe, domains: readonly DomainInfo[]): Finding[] {
  const { total, free } = probe.memory()
  const promised = domains.reduce((sum, { running }) => sum + (running?.memoryMiB ?? 0) * MIB, 0)
  const values = { promised: sizeText(promised), total: sizeText(total), free: sizeText(free) }
  if (promised > total) return [machineFinding('memory-promised', 'memory', values)]
  return free < MEMORY_LOW ? [machineFinding('memory-low', 'memory', values)] : []
}

/** Ports of this computer that a machine's definition wants and could not have at its next start. */
async function checkPorts(probe: HostProbe, domains: readonly DomainInfo[]): Promise<Finding[]> {
  const lowest = await probe.lowestPort()
  const found: Finding[] = []
  for (const { uuid, name, config, running } of domains) {
    // What a machine that runs listens on is taken by itself.
    if (running !== null || config === null) continue
    for (const { port, address, protocol } of wantedPorts(config)) {
      const at = { uuid, subject: `${protocol} ${address}:${port}`, values: { name, port: String(port) } }
      if (port < lowest) found.push({ kind: 'port-low', ...at, values: { ...at.values, lowest: String(lowest) } })
      else if (protocol === 'tcp' && (await probe.portRefused(address, port)) === 'EADDRINUSE') {
        found.push({ kind: 'port-taken', ...at })
      }
    }
  }
  return found
}

function wantedPorts(config: NonNullable<DomainInfo['config']>) {
  return config.devices.flatMap((device) => {
    if (device.kind === 'vif') {
      return device.forwards.map(({ protocol, hostPort, hostAddress }) => ({
        protocol,
        port: hostPort,
        address: hostAddress ?? '127.0.0.1',
      }))
    }
    if (device.kind === 'vfb' && device.vnc?.kind === 'tcp' && device.vnc.port !== 0) {
      return [{ protocol: 'tcp', port: device.vnc.port, address: device.vnc.address }]
    }
    return []
  })
}
