// The words of the headless runner that give the guest devices: one row each, value to device or to one sentence about what is wrong.
// A value is `first[,name=value][,flag]...`. A new kind of device adds a row to DEVICE_WORDS.
// Runs in: the runner's process (pure).
import { type Device, deviceKey, deviceShape, IMAGE_FORMATS } from '../public/protocol/device'
import { err, ok, type Result } from '../public/result'

/** A value taken apart: what stands before the first comma, and the rest by name; a flag has the value ''. */
export interface DeviceWords {
  readonly first: string
  readonly named: ReadonlyMap<string, string>
}

interface DeviceWord {
  /** As shown in the usage. */
  readonly usage: string
  /** Names that may follow the first part. */
  readonly names: readonly string[]
  /** `earlier`: devices given before, so that numbers can be chosen. */
  make(words: DeviceWords, earlier: readonly Device[], file: (name: string) => string): Result<Device, string>
}

export const DEVICE_WORDS: Readonly<Record<string, DeviceWord>> = {
  '--disk': {
    usage: '--disk FILE[,format=FORMAT][,ro][,removable][,dev=xvdN]',
    names: ['format', 'ro', 'removable', 'dev'],
    make({ first, named }, earlier, file) {
      const used = earlier.map((device) => (device.kind === 'vbd' ? device.dev : ''))
      const dev =
        named.get('dev') ?? [...'abcdefghijklmnop'].map((letter) => `xvd${letter}`).find((name) => !used.includes(name))
      const format = IMAGE_FORMATS.find((one) => one === (named.get('format') ?? 'raw'))
      if (!format) return err(`--disk: format is one of ${IMAGE_FORMATS.join(', ')}`)
      return ok({
        kind: 'vbd',
        dev: dev ?? '',
        path: first === '' ? '' : file(first),
        format,
        readonly: named.has('ro'),
        removable: named.has('removable') || first === '',
      })
    },
  },
  '--vfb': {
    usage: '--vfb WIDTHxHEIGHT',
    names: [],
    make({ first }) {
      const size = /^(\d{1,5})x(\d{1,5})$/.exec(first)
      return size
        ? ok({ kind: 'vfb', width: Number(size[1]), height: Number(size[2]) })
        : err('--vfb: a size like 1024x768 is wanted')
    },
  },
}

/** One device from its word and value. */
export function parseDevice(
  word: string,
  value: string,
  earlier: readonly Device[],
  file: (name: string) => string,
): Result<Device, string> {
  const row = DEVICE_WORDS[word]
  if (!row) return err(`${word}: not an option of this program`)
  const [first = '', ...others] = value.split(',')
  const named = new Map<string, string>()
  for (const one of others) {
    const [name = '', ...rest] = one.split('=')
    if (!row.names.includes(name) || named.has(name)) return err(`${word} ${value}: ${one} is not understood; ${row.usage}`)
    named.set(name, rest.join('='))
  }
  const device = row.make({ first, named }, earlier, file)
  if (!device.ok) return device
  if (!deviceShape.is(device.value)) return err(`${word} ${value}: ${deviceShape.explain(device.value, 'value')}`)
  const key = deviceKey(device.value)
  return earlier.some((one) => deviceKey(one) === key) ? err(`${word} ${value}: there is a ${key} already`) : device
}
