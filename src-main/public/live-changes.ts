// What a changed definition changes, one row each, and when it applies: some things at once in a machine that runs, the rest
// at its next start. Windows show it before Apply, the toolstack acts by it.
// Invariant: what is "now" here is done to the guest by the toolstack before the definition is stored.
// Runs in: main, preload, renderer. No platform.
import { type Device, type Display, deviceKey, type Nic } from './device'
import { currentOf, type DomainConfig } from './types'

/** Fields of a definition beside its devices, and whether a running machine follows a change. */
export const CONFIG_FIELDS = {
  name: 'now',
  title: 'now',
  description: 'now',
  os: 'now',
  autostart: 'now',
  memoryMiB: 'next',
  currentMiB: 'now',
  vcpus: 'next',
  currentVcpus: 'next',
  cpuWeight: 'now',
  cpuCap: 'now',
  cpuSet: 'now',
  onPoweroff: 'now',
  onReboot: 'now',
  onCrash: 'now',
  bootloader: 'next',
  kernel: 'next',
  ramdisk: 'next',
  cmdline: 'next',
} as const satisfies Partial<Record<keyof DomainConfig, 'now' | 'next'>>
export type ConfigField = keyof typeof CONFIG_FIELDS

export const FIELD_NAMES = Object.keys(CONFIG_FIELDS).filter((key): key is ConfigField => key in CONFIG_FIELDS)

export type ConfigChange =
  | { readonly what: 'field'; readonly field: ConfigField; readonly when: 'now' | 'next' }
  | { readonly what: 'device'; readonly key: string; readonly device: Device; readonly when: 'now' | 'next' }

/** Deep equality of plain values; a field that is undefined is one that is not there. */
export function sameValue(a: unknown, b: unknown): boolean {
  if (a === b) return true
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false
  const given = (value: object) => Object.entries(value).filter(([, part]) => part !== undefined)
  const [left, right] = [given(a), new Map(given(b))]
  return left.length === right.size && left.every(([key, value]) => right.has(key) && sameValue(value, right.get(key)))
}

/** An attached interface follows everything but another MAC address. */
function followsNic(live: Device, to: Nic): boolean {
  return live.kind === 'vif' && live.mac === to.mac
}

/** Who may look at a screen can change at any time, its size and keymap cannot. */
function followsDisplay(live: Device, to: Display): boolean {
  return live.kind === 'vfb' && live.width === to.width && live.height === to.height && live.keymap === to.keymap
}

function follows(live: Device | undefined, to: Device): boolean {
  if (live === undefined) return false
  return to.kind === 'vif' ? followsNic(live, to) : to.kind === 'vfb' ? followsDisplay(live, to) : false
}

export function configChanges(running: DomainConfig | null, from: DomainConfig, to: DomainConfig): ConfigChange[] {
  const changes: ConfigChange[] = []
  for (const field of FIELD_NAMES) {
    if (!sameValue(from[field], to[field])) changes.push({ what: 'field', field, when: CONFIG_FIELDS[field] })
  }
  const before = new Map(from.devices.map((device) => [deviceKey(device), device]))
  const live = new Map((running?.devices ?? []).map((device) => [deviceKey(device), device]))
  for (const device of to.devices) {
    const key = deviceKey(device)
    if (!sameValue(before.get(key), device)) {
      changes.push({ what: 'device', key, device, when: follows(live.get(key), device) ? 'now' : 'next' })
    }
    before.delete(key)
  }
  for (const [key, device] of before) changes.push({ what: 'device', key, device, when: 'next' })
  return changes
}

/** What runs, once the changes that apply now are done. */
export function afterLiveChanges(running: DomainConfig, changes: readonly ConfigChange[], to: DomainConfig): DomainConfig {
  const changed = new Map(
    changes.flatMap((change) => (change.what === 'device' && change.when === 'now' ? [[change.key, change.device]] : [])),
  )
  const { name, title, description, os, autostart, currentMiB, cpuWeight, cpuCap, cpuSet, onPoweroff, onReboot, onCrash } = to
  const devices = running.devices.map((device) => changed.get(deviceKey(device)) ?? device)
  const current = { currentMiB: currentOf(currentMiB, running.memoryMiB).currentMiB }
  const now = { name, title, description, os, autostart, ...current, cpuWeight, cpuCap, cpuSet, onPoweroff, onReboot, onCrash }
  return { ...running, ...now, devices }
}
