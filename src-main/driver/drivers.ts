// The drivers there are, by the name RINGMASTER_DRIVER chooses. Runs in: main, plain Node.
import type { ChannelFactory } from '../lib/channel'
import type { HypervisorDriver } from './driver'
import { EmbeddedDriver } from './embedded/embedded-driver'
import { TestDriver, type TestDriverOptions } from './test/test-driver'
import { testScriptShape } from './test/test-population'

export interface DriverParts {
  readonly channels: ChannelFactory
  readonly supervisor: ConstructorParameters<typeof EmbeddedDriver>[0]
  /** A folder of the driver's own. */
  readonly folder: string
}

/** RINGMASTER_TEST_DELAY_MS: how long work takes. RINGMASTER_TEST_SCRIPT: domains that are there, as JSON (test-population.ts). */
function testOptions(): TestDriverOptions {
  const delayMs = Number(process.env['RINGMASTER_TEST_DELAY_MS'] ?? 400)
  const text = process.env['RINGMASTER_TEST_SCRIPT']
  if (text === undefined) return { delayMs }
  const script: unknown = JSON.parse(text)
  if (!testScriptShape.is(script)) throw new Error(testScriptShape.explain(script, 'RINGMASTER_TEST_SCRIPT'))
  return { delayMs, script }
}

export const drivers = {
  embedded: ({ supervisor, folder }) => new EmbeddedDriver(supervisor, folder),
  test: ({ channels }) => new TestDriver(channels, testOptions()),
} as const satisfies Record<string, (parts: DriverParts) => HypervisorDriver>

export type DriverName = keyof typeof drivers

export function isDriverName(name: string): name is DriverName {
  return Object.hasOwn(drivers, name)
}
