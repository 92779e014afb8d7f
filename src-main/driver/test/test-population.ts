// Domains the test driver brings along, by a script: how many, how many of them running, under which load, and how often one
// changes its state. For windows that must hold a thousand. The same script gives the same domains, identifiers included.
// Invariant: each could be started by the toolstack's own checks. No file is read by the test driver, so kernel and disk
// are one that is there on every machine: the program that runs.
// Runs in: main (test driver), plain Node.
import { fields, flag, optional, type TypeOf, within } from '../../../src-engine/public/shape'
import { DEFAULT_NETWORK } from '../../public/device'
import type { DomainConfig } from '../../public/types'
import type { ResidentDomain } from '../driver'

export const testScriptShape = fields({
  domains: within(0, 10_000),
  /** How many of them run; all when left out. */
  running: optional(within(0, 10_000)),
  /** No processor time and no traffic. */
  idle: optional(flag),
  /** This many domains a second are paused or resumed. */
  changes: optional(within(0, 1000)),
  /** So long it takes to connect. */
  openMs: optional(within(0, 86_400_000)),
})
export type TestScript = TypeOf<typeof testScriptShape>

const ROLES = ['web', 'db', 'mail', 'cache', 'build', 'desk', 'proxy', 'queue', 'auth', 'backup'] as const
const MEMORY_MIB = [64, 128, 256, 512, 1024, 2048] as const

export function testUuid(index: number): string {
  return `7e570000-0000-4000-8000-${index.toString(16).padStart(12, '0')}`
}

function configOf(index: number): DomainConfig {
  const role = ROLES[index % ROLES.length] ?? 'web'
  const number = String(Math.floor(index / ROLES.length) + 1).padStart(2, '0')
  const octets = [index >> 16, index >> 8, index].map((part) => (part & 0xff).toString(16).padStart(2, '0'))
  const file = process.execPath
  return {
    name: `${role}-${number}`,
    memoryMiB: MEMORY_MIB[(index * 7) % MEMORY_MIB.length] ?? 64,
    vcpus: 1,
    kernel: file,
    ramdisk: null,
    cmdline: 'console=hvc0 root=/dev/xvda',
    devices: [
      { kind: 'vbd', dev: 'xvda', path: file, format: 'raw', readonly: true, removable: false },
      { kind: 'vif', index: 0, network: DEFAULT_NETWORK.name, mac: `00:16:3e:${octets.join(':')}`, forwards: [] },
    ],
  }
}

export function testPopulation(script: TestScript, now: number): ResidentDomain[] {
  const running = script.running ?? script.domains
  let domid = 0
  return Array.from({ length: script.domains }, (_, index) => {
    // Spread over the list, so that its first page has both kinds.
    const runs = Math.floor(((index + 1) * running) / script.domains) > Math.floor((index * running) / script.domains)
    const startedAt = runs ? now - ((index * 7919) % 900_000) * 1000 : null
    return { uuid: testUuid(index), config: configOf(index), domid: runs ? ++domid : null, startedAt }
  })
}
