// Snapshots as a tree and as a line of time, and what differs between two configurations. The present state is an entry of its own,
// below the snapshot it came from. Invariant: every snapshot is in the tree once, also when its parent is missing.
// Runs in: domain window and tests; pure.
import { type Device, deviceKey } from '../../../../src-main/public/device'
import type { SnapshotInfo, SnapshotTree } from '../../../../src-main/public/snapshot'
import type { DomainConfig } from '../../../../src-main/public/types'

/** Key of the entry for the present state. */
export const NOW = 'now'

export interface TreeNode {
  /** A snapshot's identifier, or NOW. */
  readonly id: string
  readonly snapshot: SnapshotInfo | null
  readonly children: readonly TreeNode[]
}

/** Children of one parent stand in the order they were taken, the present state last. */
export function snapshotNodes({ snapshots, current }: SnapshotTree): readonly TreeNode[] {
  const known = new Set(snapshots.map(({ id }) => id))
  const parentOf = (id: string | null): string | null => (id !== null && known.has(id) ? id : null)
  const below = (parent: string | null): TreeNode[] => {
    const nodes = snapshots
      .filter((one) => parentOf(one.parent) === parent && one.id !== parent)
      .map((one): TreeNode => ({ id: one.id, snapshot: one, children: below(one.id) }))
    if (parentOf(current) === parent) nodes.push({ id: NOW, snapshot: null, children: [] })
    return nodes
  }
  return below(null)
}

/** With all that came from it. */
export function countBelow({ snapshots }: SnapshotTree, id: string): number {
  const children = snapshots.filter(({ parent }) => parent === id)
  return children.reduce(
    (sum, child) => sum + 1 + countBelow({ uuid: '', current: null, snapshots, presentBytes: 0 }, child.id),
    0,
  )
}

export interface Difference {
  /** What differs: a row of the catalogue, or a device. */
  readonly what: 'memory' | 'vcpus' | 'kernel' | 'ramdisk' | 'cmdline' | 'title' | 'device'
  /** The device, in words of the field. */
  readonly name: string
  /** Empty: it is not there. */
  readonly before: string
  readonly after: string
}

/** A written disk's file changes with each snapshot: it is no difference of the machine. */
function deviceText(device: Device): string {
  switch (device.kind) {
    case 'vbd':
      return device.readonly ? `${device.path} (${device.format})` : `${device.dev}${device.removable ? ', removable' : ''}`
    case 'vif': {
      const ports = device.forwards.map(({ hostPort, guestPort }) => `${hostPort}→${guestPort}`)
      return [device.network, device.mac, ...ports].join(' ')
    }
    case 'vfb':
      return `${device.width}×${device.height}`
  }
}

function deviceName(device: Device): string {
  return device.kind === 'vbd' ? device.dev : deviceKey(device)
}

export function configDifferences(before: DomainConfig, after: DomainConfig): readonly Difference[] {
  const rows: Difference[] = []
  const compare = (what: Difference['what'], a: string, b: string, name = ''): void => {
    if (a !== b) rows.push({ what, name, before: a, after: b })
  }
  compare('title', before.title ?? '', after.title ?? '')
  compare('memory', `${before.memoryMiB} MiB`, `${after.memoryMiB} MiB`)
  compare('vcpus', `${before.vcpus}`, `${after.vcpus}`)
  compare('kernel', before.kernel, after.kernel)
  compare('ramdisk', before.ramdisk ?? '', after.ramdisk ?? '')
  compare('cmdline', before.cmdline, after.cmdline)
  const find = (config: DomainConfig, key: string): Device | undefined => config.devices.find((one) => deviceKey(one) === key)
  const keys = [...new Set([...before.devices, ...after.devices].map(deviceKey))].sort()
  for (const key of keys) {
    const [a, b] = [find(before, key), find(after, key)]
    const named = a ?? b
    if (named) compare('device', a ? deviceText(a) : '', b ? deviceText(b) : '', deviceName(named))
  }
  return rows
}

/** "Snapshot 3": the first that nobody has. */
export function freeSnapshotName({ snapshots }: SnapshotTree, stem: string): string {
  for (let number = snapshots.length + 1; ; number++) {
    const name = `${stem} ${number}`
    if (!snapshots.some((one) => one.name === name)) return name
  }
}

/** Console text as people see it: without the sequences a terminal eats; its last lines. */
export function consoleLines(text: string, lines: number): string {
  const plain = text
    // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what a terminal eats
    .replace(/\u001b(?:\[[0-9;?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g, '')
    .replace(/\r\n?/g, '\n')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: likewise
    .replace(/[\u0000-\u0009\u000b-\u001f\u007f]/g, '')
  return plain.trimEnd().split('\n').slice(-lines).join('\n')
}
