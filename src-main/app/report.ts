// What *Collect report* is made of: the app, and all connections that are open. Runs in: main (Electron).
import type { Connections } from '../connection/connections'
import type { ConnectionDriver } from '../public/connection'
import type { ErrorReport } from '../public/error-code'
import type { Preferences } from '../public/preferences'
import type { Result } from '../public/result'
import type { Doctor } from '../toolstack/doctor/doctor'
import { writeReport } from '../toolstack/doctor/report'
import { aboutInfo } from './about'

export async function writeAppReport(
  path: string,
  localDriver: ConnectionDriver,
  preferences: Preferences,
  connections: Connections,
  doctor: Doctor,
): Promise<Result<null, ErrorReport>> {
  const there = connections.opened()
  return writeReport(path, {
    about: aboutInfo(localDriver),
    host: (await there[0]?.toolstack.hostInfo()) ?? null,
    preferences,
    connections: connections.list(),
    networks: there.map(({ toolstack }) => toolstack.networks.list()),
    domains: connections.domainList(),
    notices: [...connections.notices.list(), ...there.flatMap(({ toolstack }) => toolstack.notices.list())],
    jobs: there.flatMap(({ toolstack }) => toolstack.jobs.list()),
    diagnosis: await doctor.look(),
    log: (key) => {
      const place = connections.place(key)
      return place ? place.toolstack.log(place.uuid) : []
    },
    xml: (key) => {
      const place = connections.place(key)
      const text = place?.toolstack.domains.text(place.uuid)
      return text?.ok ? text.value : undefined
    },
  })
}
