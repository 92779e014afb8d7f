// What the toolstack puts into the store for a domain: its home, its /vm and /libxl directories, its primary console.
// The nodes, values and permissions are those that real Xen's toolstack (libxl 4.17) makes for a PVH domain without devices;
// test/engine/xenstore compares with the recorded tree in test/fixture/xen-4.17. xen-guest-abi.md 6.3 and 6.4.
// Invariant: static-max and target start equal unless the guest is to give memory up at boot, which its balloon driver does when they
// differ. Runs in: domain 0.
import { domainPath } from './path'
import type { Permissions } from './permission'
import { type Change, lookup, type Tree } from './tree'

export interface DomainTree {
  readonly handle: string
  readonly domid: number
  readonly name: string
  readonly memoryKiB: number
  /** What it is to keep when it boots, where that is less. */
  readonly targetKiB?: number
  readonly vcpus: number
  /** How many it is to use at first, where those are fewer: its kernel takes the others off when it has come up. */
  readonly onlineVcpus?: number
  readonly storeGfn: number
  readonly storePort: number
  readonly consoleGfn: number
  readonly consolePort: number
  readonly startedAtMs: number
}

/** Rows [path below the home, value, permissions: ro domain 0's and readable, rw the guest's own, front the guest's and readable by dom0]. */
type Row = readonly [path: string, value: string, permissions: 'ro' | 'rw' | 'front']

function homeRows(domain: DomainTree): Row[] {
  const memory = String(domain.memoryKiB)
  const rows: Row[] = [
    ['', '', 'ro'],
    ['/vm', `/vm/${domain.handle}`, 'ro'],
    ['/name', domain.name, 'ro'],
    ['/cpu', '', 'ro'],
  ]
  const { vcpus, onlineVcpus = vcpus } = domain
  for (let i = 0; i < vcpus; i++) rows.push([`/cpu/${i}/availability`, i < onlineVcpus ? 'online' : 'offline', 'ro'])
  rows.push(
    ['/memory', '', 'ro'],
    ['/memory/static-max', memory, 'ro'],
    ['/memory/target', String(domain.targetKiB ?? domain.memoryKiB), 'ro'],
    ['/memory/videoram', '0', 'ro'],
    ['/device', '', 'ro'],
    ['/device/suspend/event-channel', '', 'rw'],
    ['/control', '', 'ro'],
    ['/control/shutdown', '', 'rw'],
    ['/control/feature-poweroff', '', 'rw'],
    ['/control/feature-reboot', '', 'rw'],
    ['/control/feature-suspend', '', 'rw'],
    ['/control/sysrq', '', 'rw'],
    ['/control/platform-feature-multiprocessor-suspend', '1', 'ro'],
    ['/control/platform-feature-xs_reset_watches', '1', 'ro'],
    ['/data', '', 'rw'],
    ['/drivers', '', 'rw'],
    ['/feature', '', 'rw'],
    ['/attr', '', 'rw'],
    ['/error', '', 'rw'],
    ['/domid', String(domain.domid), 'ro'],
    ['/store/port', String(domain.storePort), 'ro'],
    ['/store/ring-ref', String(domain.storeGfn), 'ro'],
    ['/console', '', 'ro'],
    ['/console/backend', `/local/domain/0/backend/console/${domain.domid}/0`, 'ro'],
    ['/console/backend-id', '0', 'front'],
    ['/console/limit', '1048576', 'ro'],
    ['/console/type', 'xenconsoled', 'ro'],
    ['/console/output', 'pty', 'ro'],
    ['/console/tty', '', 'ro'],
    ['/console/port', String(domain.consolePort), 'ro'],
    ['/console/ring-ref', String(domain.consoleGfn), 'ro'],
  )
  return rows
}

/** All changes that introduce a domain. */
export function domainTreeChanges(domain: DomainTree): Change[] {
  const { domid, handle, name } = domain
  const ro: Permissions = [
    { access: 'n', domid: 0 },
    { access: 'r', domid },
  ]
  const rw: Permissions = [{ access: 'n', domid }]
  const front: Permissions = [
    { access: 'n', domid },
    { access: 'r', domid: 0 },
  ]
  const byName = { ro, rw, front }
  const changes: Change[] = []
  const put = (path: string, value: string, permissions?: Permissions) => {
    changes.push({ kind: 'write', path, value, creator: 0 })
    if (permissions) changes.push({ kind: 'permissions', path, permissions })
  }
  for (const path of treesOf(domid, handle)) changes.push({ kind: 'rm', path })
  const home = domainPath(domid)
  const vm = `/vm/${handle}`
  for (const [path, value, permissions] of homeRows(domain)) put(home + path, value, byName[permissions])

  put(vm, '', ro)
  put(`${vm}/uuid`, handle)
  put(`${vm}/name`, name)
  put(`${vm}/start_time`, (domain.startedAtMs / 1000).toFixed(2))

  const libxl = `/libxl/${domid}`
  put(libxl, '')
  const libxlConsole = `${libxl}/device/console/0`
  const backend = `/local/domain/0/backend/console/${domid}/0`
  put(backend, '', ro)
  for (const base of [libxlConsole, backend]) {
    put(`${base}/frontend`, `${home}/console`)
    put(`${base}/frontend-id`, String(domid))
    put(`${base}/online`, '1')
    put(`${base}/state`, '1')
    put(`${base}/protocol`, 'vt100')
  }
  put(`${libxlConsole}/backend`, backend)
  put(`${libxl}/dm-version`, 'qemu_xen')
  put(`${libxl}/type`, 'pvh')
  return changes
}

/** The directories that belong to a domain, apart from those of its backends. */
function treesOf(domid: number, handle: string): string[] {
  return [domainPath(domid), `/vm/${handle}`, `/libxl/${domid}`]
}

/** All directories that are the domain's, as they stand: its home, /vm, /libxl and what its backends have for it. */
export function domainDirectories(tree: Tree, domid: number, handle: string): string[] {
  const paths = treesOf(domid, handle).filter((path) => lookup(tree, path))
  const backend = lookup(tree, '/local/domain/0/backend')
  for (const [type, node] of backend?.children ?? []) {
    if (node.children.has(String(domid))) paths.push(`/local/domain/0/backend/${type}/${domid}`)
  }
  return paths
}
