// Whether the devices of a definition can be: within it, against all other definitions, and against the files they name.
// Each refusal is one sentence with cause and action. Runs in: main, plain Node.
import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { dirname, resolve } from 'node:path'
import { err, ok, type Result } from '../../src-engine/public/result'
import { systemErrorText } from '../lib/atomic-file'
import { writeProblem } from '../lib/write-problem'
import {
  DEVICES_MOST,
  type Device,
  type Disk,
  deviceKey,
  isLoopback,
  type PortForward,
  WRITTEN_FORMATS,
} from '../public/device'
import { type ErrorReport, errorReport } from '../public/error-code'
import { sameValue } from '../public/live-changes'
import type { DomainConfig } from '../public/types'

export interface DeviceContext {
  /** Every other definition. */
  readonly others: readonly DomainConfig[]
  /** Names of the virtual networks there are. */
  readonly networks: readonly string[]
}

export function disksOf(devices: readonly Device[]): Disk[] {
  return devices.flatMap((device) => (device.kind === 'vbd' ? [device] : []))
}

function canWrite(disk: Disk): boolean {
  return WRITTEN_FORMATS.some((format) => format === disk.format)
}

function diskFaults(config: DomainConfig): ErrorReport[] {
  const seen = new Map<string, Disk>()
  const faults: ErrorReport[] = []
  for (const disk of disksOf(config.devices)) {
    const { dev, format } = disk
    if (disk.path === '') {
      if (!disk.removable) faults.push(errorReport('disk-no-file', { dev }))
      continue
    }
    if (!disk.readonly && !canWrite(disk)) faults.push(errorReport('disk-format-readonly', { dev, format }))
    const path = resolve(disk.path)
    const other = seen.get(path)
    if (other && !(other.readonly && disk.readonly)) {
      faults.push(errorReport('disk-file-twice', { name: config.name, path: disk.path }))
    }
    seen.set(path, disk)
  }
  return faults
}

const ANY_ADDRESSES = ['0.0.0.0', '::']

/** Whether two forwards listen in the same place. Port 0 is "a free one" and never collides. */
function collide(a: PortForward, b: PortForward): boolean {
  if (a.protocol !== b.protocol || a.hostPort !== b.hostPort || a.hostPort === 0) return false
  const [one, two] = [a.hostAddress ?? '127.0.0.1', b.hostAddress ?? '127.0.0.1']
  return one === two || ANY_ADDRESSES.includes(one) || ANY_ADDRESSES.includes(two)
}

interface Claims {
  readonly name: string
  readonly mac: string
  readonly forwards: readonly PortForward[]
}

function claimsOf(config: DomainConfig): Claims[] {
  return config.devices.flatMap((device) =>
    device.kind === 'vif' ? [{ name: config.name, mac: device.mac, forwards: device.forwards }] : [],
  )
}

function nicFaults(config: DomainConfig, context: DeviceContext): ErrorReport[] {
  const claims = context.others.flatMap(claimsOf)
  const faults: ErrorReport[] = []
  for (const device of config.devices) {
    if (device.kind !== 'vif') continue
    if (!context.networks.includes(device.network)) faults.push(errorReport('no-network', { network: device.network }))
    const taken = claims.find(({ mac }) => mac === device.mac)
    if (taken) faults.push(errorReport('mac-taken', { mac: device.mac, name: taken.name }))
    for (const [index, forward] of device.forwards.entries()) {
      const { hostPort: port, protocol } = forward
      const holder = claims.find(({ forwards }) => forwards.some((other) => collide(forward, other)))
      const own = device.forwards.slice(0, index).some((other) => collide(forward, other))
      if (holder ?? own) faults.push(errorReport('forward-taken', { port, protocol, name: holder?.name ?? config.name }))
    }
    claims.push({ name: config.name, mac: device.mac, forwards: device.forwards })
  }
  return faults
}

/** The engine refuses it too; here it is said before a machine starts without its screen. */
function displayFaults(config: DomainConfig): ErrorReport[] {
  return config.devices.flatMap((device) => {
    if (device.kind !== 'vfb' || device.vnc?.kind !== 'tcp') return []
    const { address, password } = device.vnc
    return isLoopback(address) || (password ?? '') !== '' ? [] : [errorReport('vnc-open', { name: config.name })]
  })
}

/** All that is wrong and needs no file system, the gravest first. */
function deviceFaults(config: DomainConfig, context: DeviceContext): ErrorReport[] {
  const { name, devices } = config
  const many = devices.length > DEVICES_MOST ? [errorReport('too-many-devices', { name, max: DEVICES_MOST })] : []
  const keys = devices.map(deviceKey)
  const twice = keys.filter((key, at) => keys.indexOf(key) < at).map((key) => errorReport('device-twice', { name, key }))
  return [...many, ...twice, ...diskFaults(config), ...nicFaults(config, context), ...displayFaults(config)]
}

/**
 * What needs no file system: checked whenever a definition is stored. What was wrong `before` the change may be so after it: files that
 * were edited elsewhere can have several faults, and each is mended by itself.
 */
export function checkDevices(config: DomainConfig, context: DeviceContext, before?: DomainConfig): Result<null, ErrorReport> {
  const known = before === undefined ? [] : deviceFaults({ ...before, name: config.name }, context)
  const fault = deviceFaults(config, context).find((one) => !known.some((other) => sameValue(one, other)))
  return fault ? err(fault) : ok(null)
}

async function checkImageFile(disk: Disk): Promise<Result<null, ErrorReport>> {
  const { path } = disk
  try {
    await access(path, constants.R_OK)
    if ((await stat(path)).isDirectory()) return err(errorReport('file-unreadable', { path, detail: 'it is a folder' }))
  } catch (thrown) {
    return err(errorReport('file-unreadable', { path, detail: systemErrorText(thrown) }))
  }
  if (disk.readonly) return ok(null)
  try {
    await access(path, constants.W_OK)
    return ok(null)
  } catch (thrown) {
    return err(writeProblem(path, thrown))
  }
}

/** The image files of these devices: there, readable, and writable unless the disk is read-only. */
export async function checkDeviceFiles(devices: readonly Device[]): Promise<Result<null, ErrorReport>> {
  for (const disk of disksOf(devices)) {
    if (disk.path === '') continue
    const checked = await checkImageFile(disk)
    if (!checked.ok) return checked
  }
  return ok(null)
}

/** The disk of `devices` whose file a running domain uses in a way that excludes it: one of the two writes. */
export function diskInUse(
  devices: readonly Device[],
  running: readonly DomainConfig[],
): { readonly path: string; readonly name: string } | undefined {
  for (const disk of disksOf(devices)) {
    if (disk.path === '') continue
    for (const other of running) {
      const same = disksOf(other.devices).find(({ path }) => path !== '' && resolve(path) === resolve(disk.path))
      if (same && !(same.readonly && disk.readonly)) return { path: disk.path, name: other.name }
    }
  }
  return undefined
}

/** Whether a path is directly in a folder: no way up, no folder below. */
export function isDirectlyIn(folder: string, path: string): boolean {
  return resolve(path) === path && dirname(path) === resolve(folder)
}
