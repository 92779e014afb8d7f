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

function checkDisks(config: DomainConfig): Result<null, ErrorReport> {
  const seen = new Map<string, Disk>()
  for (const disk of disksOf(config.devices)) {
    const { dev, format } = disk
    if (disk.path === '') {
      if (disk.removable) continue
      return err(errorReport('disk-no-file', { dev }))
    }
    if (!disk.readonly && !canWrite(disk)) return err(errorReport('disk-format-readonly', { dev, format }))
    const path = resolve(disk.path)
    const other = seen.get(path)
    if (other && !(other.readonly && disk.readonly)) {
      return err(errorReport('disk-file-twice', { name: config.name, path: disk.path }))
    }
    seen.set(path, disk)
  }
  return ok(null)
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

function checkNics(config: DomainConfig, context: DeviceContext): Result<null, ErrorReport> {
  const claims = context.others.flatMap(claimsOf)
  for (const device of config.devices) {
    if (device.kind !== 'vif') continue
    if (!context.networks.includes(device.network)) return err(errorReport('no-network', { network: device.network }))
    const taken = claims.find(({ mac }) => mac === device.mac)
    if (taken) return err(errorReport('mac-taken', { mac: device.mac, name: taken.name }))
    for (const [index, forward] of device.forwards.entries()) {
      const { hostPort: port, protocol } = forward
      const holder = claims.find(({ forwards }) => forwards.some((other) => collide(forward, other)))
      if (holder) return err(errorReport('forward-taken', { port, protocol, name: holder.name }))
      if (device.forwards.slice(0, index).some((other) => collide(forward, other))) {
        return err(errorReport('forward-taken', { port, protocol, name: config.name }))
      }
    }
    claims.push({ name: config.name, mac: device.mac, forwards: device.forwards })
  }
  return ok(null)
}

/** The engine refuses it too; here it is said before a machine starts without its screen. */
function checkDisplays(config: DomainConfig): Result<null, ErrorReport> {
  for (const device of config.devices) {
    if (device.kind !== 'vfb' || device.vnc?.kind !== 'tcp') continue
    const { address, password } = device.vnc
    if (!isLoopback(address) && (password ?? '') === '') return err(errorReport('vnc-open', { name: config.name }))
  }
  return ok(null)
}

/** What needs no file system: checked whenever a definition is stored. */
export function checkDevices(config: DomainConfig, context: DeviceContext): Result<null, ErrorReport> {
  const { name, devices } = config
  if (devices.length > DEVICES_MOST) return err(errorReport('too-many-devices', { name, max: DEVICES_MOST }))
  const keys = new Set<string>()
  for (const device of devices) {
    const key = deviceKey(device)
    if (keys.has(key)) return err(errorReport('device-twice', { name, key }))
    keys.add(key)
  }
  const disks = checkDisks(config)
  if (!disks.ok) return disks
  const nics = checkNics(config, context)
  return nics.ok ? checkDisplays(config) : nics
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
