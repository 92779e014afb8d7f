// How a connection is called. Runs in: renderer and tests; pure.
import type { ConnectionInfo } from '../../src-main/public/connection'
import type { Translator } from './translate'

/** The first one is called what its driver is called until somebody gives it a name. */
export function connectionName({ name, driver }: Pick<ConnectionInfo, 'name' | 'driver'>, t: Translator): string {
  return name ?? t(`connection.short-${driver}`)
}
