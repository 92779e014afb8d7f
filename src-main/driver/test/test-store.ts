// XenStore as it would look for the make-believe domains: the nodes xl writes, printed as `xenstore-ls -f -p` does, and what somebody has
// written there by hand.
// Runs in: main (test driver), plain Node.
import { type Device, deviceKey } from '../../public/device'
import type { TestDomain } from './test-domains'

interface StoredDomain {
  readonly uuid: string
  readonly domid: number
  readonly name: string
  readonly memoryMiB: number
  readonly vcpus: number
  readonly online: number
  readonly devices: readonly Device[]
}

function deviceNodes(domid: number, device: Device): [string, string][] {
  const key = deviceKey(device)
  const front = `/local/domain/${domid}/device/${key}`
  const back = `/local/domain/0/backend/${key.replace('/', `/${domid}/`)}`
  const details: [string, string][] =
    device.kind === 'vbd'
      ? [
          [`${back}/params`, device.path],
          [`${back}/mode`, device.readonly ? 'r' : 'w'],
          [`${back}/feature-discard`, device.readonly || device.discard === 'ignore' ? '0' : '1'],
          [`${back}/feature-flush-cache`, device.cache === 'writethrough' ? '0' : '1'],
        ]
      : device.kind === 'vif'
        ? [
            [`${back}/mac`, device.mac],
            [`${front}/mac`, device.mac],
          ]
        : []
  return [
    [front, ''],
    [`${front}/backend`, back],
    [`${front}/backend-id`, '0'],
    [`${front}/state`, '4'],
    [back, ''],
    [`${back}/frontend`, front],
    [`${back}/state`, '4'],
    ...details,
  ]
}

export class TestStore {
  private readonly written = new Map<string, string>()
  private watchedUntil = 0

  /** `changed`: told of what is written while somebody watches. */
  constructor(private readonly changed: () => void) {}

  write(path: string, value: string): void {
    this.written.set(path, value)
    if (performance.now() < this.watchedUntil) this.changed()
  }

  watch(seconds: number): void {
    this.watchedUntil = performance.now() + seconds * 1000
  }

  dump(domains: ReadonlyMap<string, TestDomain>): string {
    const stored = [...domains].map(([uuid, { domid, config, devices, memoryMiB, online }]) => {
      const { name, vcpus } = config
      return { uuid, domid, name, memoryMiB, vcpus, online, devices: [...devices.values()] }
    })
    return printed(stored, this.written)
  }
}

function printed(domains: readonly StoredDomain[], written: ReadonlyMap<string, string>): string {
  const nodes: [string, string, number][] = [
    ['/local', '', 0],
    ['/local/domain', '', 0],
    ['/local/domain/0', '', 0],
    ['/local/domain/0/name', 'Domain-0', 0],
    ['/vm', '', 0],
  ]
  for (const { uuid, domid, name, memoryMiB, vcpus, online, devices } of domains) {
    const home = `/local/domain/${domid}`
    nodes.push(
      [home, '', domid],
      [`${home}/vm`, `/vm/${uuid}`, domid],
      [`${home}/name`, name, domid],
      [`${home}/domid`, String(domid), domid],
      [`${home}/memory/target`, String(memoryMiB * 1024), domid],
      [`${home}/control/shutdown`, '', domid],
      ...Array.from({ length: vcpus }, (_, vcpu): [string, string, number] => {
        return [`${home}/cpu/${vcpu}/availability`, vcpu < online ? 'online' : 'offline', domid]
      }),
      [`/vm/${uuid}/name`, name, domid],
      ...devices
        .flatMap((device) => deviceNodes(domid, device))
        .map(([path, value]): [string, string, number] => [path, value, domid]),
    )
  }
  for (const [path, value] of written) {
    const node = nodes.find(([known]) => known === path)
    if (node) node[1] = value
    else nodes.push([path, value, 0])
  }
  const sorted = nodes.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
  return `${sorted.map(([path, value, owner]) => `${path} = ${JSON.stringify(value)}   (n0,r${owner})`).join('\n')}\n`
}
