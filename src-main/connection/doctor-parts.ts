// What the doctor looks at, over all connections: each domain through its own connection's driver, networks and folders of disks.
// Invariant: a connection that is closed or failed hides nothing of the others. Runs in: main, plain Node.
import { join } from 'node:path'
import { err } from '../../src-engine/public/result'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { DoctorParts } from '../toolstack/doctor/doctor'
import type { Connections, Place } from './connections'

/** `folder` is the app's own; `oldElectron` says the warning about it, when there is one. */
export function doctorParts(connections: Connections, folder: string, oldElectron: () => ErrorReport | null): DoctorParts {
  const at = async <T>(key: string, work: (place: Place) => Promise<T>) => {
    const place = connections.place(key)
    return place ? work(place) : err(errorReport('no-domain', { uuid: key }))
  }
  return {
    domains: () => connections.domainList(),
    networks: (key) =>
      connections
        .place(key)
        ?.toolstack.networks.list()
        .map(({ network }) => network) ?? [],
    startNetwork: (key, network) => at(key, ({ toolstack }) => toolstack.networks.start(network)),
    startDomain0: (key) => at(key, ({ toolstack }) => toolstack.startDomain0()),
    inspect: (key, path) => at(key, ({ toolstack }) => toolstack.devices.inspect(path)),
    diskKernel: (key, disk) => at(key, ({ toolstack }) => toolstack.ownKernels.look(disk)),
    redefine: (key, config, base) => at(key, ({ toolstack, uuid }) => toolstack.domains.redefine(uuid, config, base)),
    eject: (key, device) => {
      // Nothing is written to: the drive becomes empty.
      const noRights = { choseFile: () => false, allowsWriting: async () => false }
      const empty = { path: '', format: 'raw' } as const
      return at(key, ({ toolstack, uuid }) => toolstack.devices.changeMedium(uuid, device, empty, noRights))
    },
    machine: async () => {
      const hosts = await Promise.all(connections.opened().map(({ toolstack }) => toolstack.hostInfo()))
      const [first] = hosts
      return {
        folder,
        diskFolders:
          hosts.length === 0
            ? [join(folder, 'disks')]
            : connections.opened().flatMap(({ toolstack }) => toolstack.pools.folders),
        chosenPools: connections.opened().flatMap(({ toolstack }) => toolstack.pools.chosen),
        oldElectron: oldElectron(),
        demo: first?.demoGuest.error ?? null,
        debian: first?.debianGuest.error ?? null,
      }
    },
  }
}
