// What xl prints, to the blank: the lines of its tables, from what the toolstack tells. Facts: output of Xen 4.17's xl, kept in
// test/fixture/xen-4.17. Runs in: command line, plain Node.
import { XEN_CAPABILITIES, XEN_COMPILE_INFO, XEN_EXTRAVERSION, XEN_VERSION } from '../../src-engine/public/xen/version'
import type { Vnc } from '../public/device'
import type { SnapshotTree } from '../public/snapshot'
import { DEFAULT_CPU_WEIGHT, type DomainConfig, type DomainInfo, type HostInfo } from '../public/types'
import { padded } from './columns'

const s = (text: string | number, width: number): string => padded(String(text), width)
const n = (value: string | number, width: number): string => String(value).padStart(width)

/** r running, b blocked, p paused, s shut down, c crashed, d dying. */
export function stateLetters({ state }: Pick<DomainInfo, 'state'>, busy: boolean): string {
  const running = ['running', 'shutdown', 'saving', 'restoring', 'starting'].includes(state)
  return [
    running && busy ? 'r' : '-',
    running && !busy ? 'b' : '-',
    state === 'paused' ? 'p' : '-',
    state === 'shutdown' ? 's' : '-',
    state === 'crashed' ? 'c' : '-',
    '-',
  ].join('')
}

export interface ListRow {
  readonly name: string
  readonly uuid: string
  /** Null: it is off. */
  readonly domid: number | null
  readonly memoryMiB: number
  readonly vcpus: number
  readonly state: string
  readonly seconds: number
  /** Vcpus that the domain may not have now. */
  readonly offline?: ReadonlySet<number>
  /** The host's processors its vcpus may run on; all when left out. */
  readonly cpuSet?: string | undefined
}

export function listTable(rows: readonly ListRow[], verbose: boolean): string {
  const extra = verbose ? '   UUID                            Reason-Code\tSecurity Label' : ''
  const lines = rows.map(({ name, uuid, domid, memoryMiB, vcpus, state, seconds }) => {
    const more = verbose ? ` ${uuid} ${n('-', 8)} ${n('-', 16)}` : ''
    return `${s(name, 40)} ${n(domid ?? '', 5)} ${n(memoryMiB, 5)} ${n(vcpus, 5)}     ${state}  ${n(seconds.toFixed(1), 8)}${more}`
  })
  return [`Name                                        ID   Mem VCPUs\tState\tTime(s)${extra}`, ...lines].join('\n')
}

export function vcpuTable(rows: readonly ListRow[]): string {
  const lines = rows.flatMap(({ name, domid, vcpus, state, seconds, offline, cpuSet = 'all' }) =>
    Array.from({ length: vcpus }, (_, vcpu) => {
      const time = n((seconds / vcpus).toFixed(1), 9)
      const where = offline?.has(vcpu) ? `${n('-', 4)}   --p` : `${n(0, 4)}   ${state.slice(0, 3)}`
      return `${s(name, 32)} ${n(domid ?? '', 5)} ${n(vcpu, 5)} ${where} ${time}  ${cpuSet} / all`
    }),
  )
  return ['Name                                ID  VCPU   CPU State   Time(s) Affinity (Hard / Soft)', ...lines].join('\n')
}

/** Domain 0 has no weight of its own here and is shown with the default, as xl shows it. */
export function creditTable(domains: readonly Pick<DomainInfo, 'name' | 'domid' | 'config' | 'running'>[]): string {
  const lines = domains.map(({ name, domid, config, running }) => {
    const { cpuWeight = DEFAULT_CPU_WEIGHT, cpuCap = 0 } = running ?? config ?? {}
    return `${s(name, 33)} ${n(domid ?? '', 4)} ${n(cpuWeight, 6)} ${n(cpuCap, 4)}`
  })
  return [`${s('Name', 33)} ${n('ID', 4)} ${n('Weight', 6)} ${n('Cap', 4)}`, ...lines].join('\n')
}

export function uptimeText(seconds: number): string {
  const days = Math.floor(seconds / 86_400)
  const two = (value: number): string => String(value).padStart(2, '0')
  const clock = `${n(Math.floor(seconds / 3600) % 24, 2)}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`
  return days === 0 ? clock : `${days} day${days === 1 ? '' : 's'}, ${clock}`
}

export function uptimeTable(rows: readonly { name: string; domid: number; seconds: number }[]): string {
  const lines = rows.map(({ name, domid, seconds }) => `${s(name, 33)} ${n(domid, 4)} ${uptimeText(seconds)}`)
  return ['Name                                ID Uptime', ...lines].join('\n')
}

/** Nodes of a XenStore dump below a path: `/local/domain/1/device/vbd/51712/state = "4"   (n0,r1)`. */
function nodesBelow(dump: string, path: string): Map<string, string> {
  const nodes = new Map<string, string>()
  for (const line of dump.split('\n')) {
    const [, node, value] = /^(\/\S+) = "(.*)"/.exec(line) ?? []
    if (node?.startsWith(`${path}/`)) nodes.set(node.slice(path.length + 1), value ?? '')
  }
  return nodes
}

interface DeviceNodes {
  readonly id: number
  of(name: string): string
  number(name: string): number
}

function devicesOf(dump: string, domid: number, kind: string): DeviceNodes[] {
  const nodes = nodesBelow(dump, `/local/domain/${domid}/device/${kind}`)
  const ids = new Set([...nodes.keys()].map((path) => Number(path.split('/')[0])))
  return [...ids]
    .sort((a, b) => a - b)
    .map((id) => {
      const of = (name: string): string => nodes.get(`${id}/${name}`) ?? ''
      return { id, of, number: (name) => (of(name) === '' ? -1 : Number(of(name))) }
    })
}

export function blockTable(dump: string, domid: number): string {
  const head = `${s('Vdev', 5)} ${s('BE', 3)} ${s('handle', 6)} ${s('state', 5)} ${s('evt-ch', 6)} ${s('ring-ref', 8)} ${s('BE-path', 30)}`
  const lines = devicesOf(dump, domid, 'vbd').map(({ id, of, number }) => {
    const fixed = `${s(id, 5)} ${s(number('backend-id'), 3)} ${s(domid, 6)} ${s(number('state'), 5)}`
    return `${fixed} ${s(number('event-channel'), 6)} ${s(number('ring-ref'), 8)} ${s(of('backend'), 30)}`
  })
  return [head, ...lines].join('\n')
}

export function networkTable(dump: string, domid: number): string {
  const head = `Idx BE ${s('Mac Addr.', 17)} handle state evt-ch ${n('tx-', 5)}/${s('rx-ring-ref', 11)} ${s('BE-path', 30)}`
  const lines = devicesOf(dump, domid, 'vif').map(({ id, of, number }) => {
    const fixed = `${s(id, 3)} ${s(number('backend-id'), 2)} ${s(of('mac'), 17)} ${n(id, 5)} ${n(number('state'), 5)}`
    const rings = `${n(number('tx-ring-ref'), 5)}/${s(number('rx-ring-ref'), 11)}`
    return `${fixed} ${n(number('event-channel'), 6)} ${rings} ${s(of('backend'), 30)}`
  })
  return [head, ...lines].join('\n')
}

/** What `xl info` says of a host, as far as there is such a thing; of our own hypervisor what its guests are told. */
export function infoTable(
  host: Pick<HostInfo, 'hostName' | 'cpus' | 'memoryMiB' | 'freeMemoryMiB' | 'driver' | 'cpuModel'>,
  { release, version, machine }: { readonly release: string; readonly version: string; readonly machine: string },
): string {
  const { major, minor } = XEN_VERSION
  const hypervisor = {
    xen_major: major,
    xen_minor: minor,
    xen_extra: XEN_EXTRAVERSION,
    xen_version: `${major}.${minor}${XEN_EXTRAVERSION}`,
    xen_caps: XEN_CAPABILITIES,
    xen_scheduler: 'credit',
    xen_pagesize: 4096,
    cc_compiler: XEN_COMPILE_INFO.compiler,
    cc_compile_by: XEN_COMPILE_INFO.by,
    cc_compile_domain: XEN_COMPILE_INFO.domain,
    cc_compile_date: XEN_COMPILE_INFO.date,
  }
  const rows = {
    host: host.hostName,
    release,
    version,
    machine,
    nr_cpus: host.cpus,
    max_cpu_id: host.cpus - 1,
    total_memory: host.memoryMiB,
    free_memory: host.freeMemoryMiB,
    ...(host.driver === 'embedded' && hypervisor),
    xend_config_format: 4,
    driver: host.driver,
    cpu_model: host.cpuModel,
  }
  return Object.entries(rows)
    .map(([key, value]) => `${s(key, 23)}: ${value}`)
    .join('\n')
}

/** Oldest first; the one the present state came from has a star. */
export function snapshotTable({ current, snapshots }: Pick<SnapshotTree, 'current' | 'snapshots'>): string {
  const names = new Map(snapshots.map(({ id, name }) => [id, name]))
  const lines = snapshots.map(({ id, name, createdAt, state, parent }) => {
    const taken = new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z')
    return `${s(`${name}${id === current ? ' *' : ''}`, 33)} ${s(taken, 20)} ${s(state, 7)} ${names.get(parent ?? '') ?? '-'}`
  })
  return [`${s('Name', 33)} ${s('Taken', 20)} ${s('State', 7)} Parent`, ...lines].join('\n')
}

/** The keys of `xl list -l` that say what a domain of ours has. */
export function longConfig(uuid: string, domid: number | null, config: DomainConfig): object {
  const kib = config.memoryMiB * 1024
  return {
    domid: domid ?? -1,
    config: {
      c_info: { type: 'pvh', name: config.name, uuid },
      b_info: {
        max_vcpus: config.vcpus,
        avail_vcpus: Array.from({ length: config.currentVcpus ?? config.vcpus }, (_, vcpu) => vcpu),
        max_memkb: kib,
        target_memkb: (config.currentMiB ?? config.memoryMiB) * 1024,
        kernel: config.kernel,
        cmdline: config.cmdline,
        ...(config.ramdisk !== null && { ramdisk: config.ramdisk }),
        'type.pvh': {},
      },
      disks: config.devices.flatMap((device) =>
        device.kind === 'vbd'
          ? [
              {
                pdev_path: device.path,
                vdev: device.dev,
                format: device.path === '' ? 'empty' : device.format,
                ...(device.removable && { removable: 1, is_cdrom: 1 }),
                ...(!device.readonly && { readwrite: 1 }),
              },
            ]
          : [],
      ),
      nics: config.devices.flatMap((device) =>
        device.kind === 'vif' ? [{ devid: device.index, mac: device.mac, bridge: device.network, nictype: 'vif' }] : [],
      ),
      ...framebuffers(config),
    },
  }
}

/** Of libxl's fields: a display is a port from 5900 on. */
function vncPlace(vnc: Vnc): object {
  if (vnc.kind === 'local') return {}
  const port =
    vnc.port === 0 ? { findunused: 'True' } : vnc.port >= 5900 ? { display: vnc.port - 5900, findunused: 'False' } : {}
  return { listen: vnc.address, ...port }
}

/** Left out by xl too where there is none. Passwords are not said: this is copied into reports. */
function framebuffers({ devices }: DomainConfig): object {
  const vfbs = devices.flatMap((device) => {
    if (device.kind !== 'vfb') return []
    const { vnc, keymap } = device
    const listens = vnc === undefined ? { enable: 'False' } : { enable: 'True', ...vncPlace(vnc) }
    return [{ devid: 0, vnc: listens, sdl: { enable: 'False' }, ...(keymap !== undefined && { keymap }) }]
  })
  return vfbs.length === 0 ? {} : { vfbs, vkbs: vfbs.map(({ devid }) => ({ devid })) }
}
