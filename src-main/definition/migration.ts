// What older versions stored, brought to today's form, one step a version:
//   2       the last that stored definitions as JSON; today they are domain XML
//   1 → 2   a configuration has a list of devices (none); a managed save remembers what it ran with
// Invariant: works on copies of what was read and guesses nothing; the shape of today's version judges the result. A file of
// a newer version is not touched. Runs in: main, plain Node.

export const VERSION = 2

type Entry = Readonly<Record<string, unknown>>

function isEntry(value: unknown): value is Entry {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function withDevices(config: unknown): unknown {
  return isEntry(config) && !('devices' in config) ? { ...config, devices: [] } : config
}

/** A definition as it stands in definitions/UUID.json. */
export function migrateDefinition(read: unknown): unknown {
  if (!isEntry(read) || read['version'] !== 1) return read
  return { ...read, version: VERSION, config: withDevices(read['config']), savedConfig: null }
}

/** The index of save files. */
export function migrateSavedFiles(read: unknown): unknown {
  if (!isEntry(read) || read['version'] !== 1 || !Array.isArray(read['files'])) return read
  const files = read['files'].map((file: unknown) => (isEntry(file) ? { ...file, config: withDevices(file['config']) } : file))
  return { ...read, version: VERSION, files }
}
