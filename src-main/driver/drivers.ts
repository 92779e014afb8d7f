// The drivers there are, by the name RINGMASTER_DRIVER chooses. Runs in: main, plain Node.
import type { ChannelFactory } from '../lib/channel'
import type { HypervisorDriver } from './driver'
import { EmbeddedDriver } from './embedded/embedded-driver'
import { TestDriver } from './test/test-driver'

export interface DriverParts {
  readonly channels: ChannelFactory
  readonly supervisor: ConstructorParameters<typeof EmbeddedDriver>[0]
  /** A folder of the driver's own. */
  readonly folder: string
}

export const drivers = {
  embedded: ({ supervisor, folder }) => new EmbeddedDriver(supervisor, folder),
  test: ({ channels }) => new TestDriver(channels, { delayMs: Number(process.env['RINGMASTER_TEST_DELAY_MS'] ?? 400) }),
} as const satisfies Record<string, (parts: DriverParts) => HypervisorDriver>

export type DriverName = keyof typeof drivers

export function isDriverName(name: string): name is DriverName {
  return Object.hasOwn(drivers, name)
}
