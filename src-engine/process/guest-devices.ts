// The words of the headless runner that give the guest devices: one row each, value to device or to one sentence about what is wrong.
// A value is `first[,name=value][,flag]...`. A new kind of device adds a row to DEVICE_WORDS.
// Runs in: the runner's process (pure).
import { randomBytes } from 'node:crypto'
import { isKeymapName, KEYMAP_NAMES } from '../public/keymap'
import {
  CACHE_MODES,
  type Device,
  DISCARD_MODES,
  deviceKey,
  deviceShape,
  IMAGE_FORMATS,
  type PortForward,
} from '../public/protocol/device'
import { err, ok, type Result } from '../public/result'

/** A value taken apart: what stands before the first comma, and the rest by name; a flag has the value ''. */
export interface DeviceWords {
  readonly first: string
  readonly named: ReadonlyMap<string, string>
  /** The values of names that may come more than once. */
  readonly all: ReadonlyMap<string, readonly string[]>
}

interface DeviceWord {
  /** As shown in the usage. */
  readonly usage: string
  /** Names that may follow the first part. */
  readonly names: readonly string[]
  /** Those of them that may come more than once. */
  readonly many?: readonly string[]
  /** `earlier`: devices given before, so that numbers can be chosen. */
  make(words: DeviceWords, earlier: readonly Device[], file: (name: string) => string): Result<Device, string>
}

/** How a disk behaves: names and the words each may have, `enospace` among them. */
const DISK_MODES: Readonly<Record<string, readonly string[]>> = {
  cache: CACHE_MODES,
  discard: DISCARD_MODES,
  enospace: ['stop', 'report'],
}

export const DEVICE_WORDS: Readonly<Record<string, DeviceWord>> = {
  '--disk': {
    usage:
      '--disk FILE[,format=FORMAT][,ro][,removable][,dev=xvdN][,cache=MODE][,discard=unmap|ignore][,enospace=stop|report][,backing=FILE]...',
    names: ['format', 'ro', 'removable', 'dev', 'cache', 'discard', 'enospace', 'backing'],
    many: ['backing'],
    make({ first, named, all }, earlier, file) {
      const used = earlier.map((device) => (device.kind === 'vbd' ? device.dev : ''))
      const dev =
        named.get('dev') ?? [...'abcdefghijklmnop'].map((letter) => `xvd${letter}`).find((name) => !used.includes(name))
      const format = IMAGE_FORMATS.find((one) => one === (named.get('format') ?? 'raw'))
      if (!format) return err(`--disk: format is one of ${IMAGE_FORMATS.join(', ')}`)
      const modes: Record<string, string> = {}
      for (const [name, values] of Object.entries(DISK_MODES)) {
        const said = named.get(name)
        if (said === undefined) continue
        if (!values.includes(said)) return err(`--disk: ${name} is one of ${values.join(', ')}`)
        modes[name] = said
      }
      const backing = all.get('backing')
      return ok({
        kind: 'vbd',
        dev: dev ?? '',
        path: first === '' ? '' : file(first),
        format,
        readonly: named.has('ro'),
        removable: named.has('removable') || first === '',
        ...modes,
        ...(backing === undefined ? {} : { allowedBacking: backing.map(file) }),
      })
    },
  },
  '--vif': {
    usage: '--vif NETWORK[,mac=MAC][,rate=KIB][,capture=FILE.pcap][,forward=tcp|udp:[ADDRESS:]HOSTPORT:GUESTPORT]...',
    names: ['mac', 'rate', 'capture', 'forward'],
    many: ['forward'],
    make({ first, named, all }, earlier, file) {
      const index = earlier.filter(({ kind }) => kind === 'vif').length
      const forwards: PortForward[] = []
      for (const text of all.get('forward') ?? []) {
        const parts = /^(tcp|udp):(?:([0-9.]+):)?(\d{1,5}):(\d{1,5})$/.exec(text)
        const protocol = parts?.[1] === 'udp' ? 'udp' : 'tcp'
        if (!parts) return err(`--vif: forward=${text} is not like tcp:8080:80`)
        const [, , hostAddress, hostPort, guestPort] = parts
        const ports = { hostPort: Number(hostPort), guestPort: Number(guestPort) }
        forwards.push(hostAddress === undefined ? { protocol, ...ports } : { protocol, hostAddress, ...ports })
      }
      const rate = named.get('rate')
      const capture = named.get('capture')
      return ok({
        kind: 'vif',
        index,
        network: first === '' ? 'default' : first,
        mac: named.get('mac') ?? randomMac(),
        forwards,
        ...(rate === undefined ? {} : { rateKiB: Number(rate) }),
        ...(capture === undefined ? {} : { capture: file(capture) }),
      })
    },
  },
  '--vfb': {
    usage: '--vfb WIDTHxHEIGHT[,keymap=NAME]',
    names: ['keymap'],
    make({ first, named }) {
      const size = /^(\d{1,5})x(\d{1,5})$/.exec(first)
      if (!size) return err('--vfb: a size like 1024x768 is wanted')
      const keymap = named.get('keymap')
      if (keymap !== undefined && !isKeymapName(keymap)) return err(`--vfb: keymap is one of ${KEYMAP_NAMES.join(', ')}`)
      return ok({ kind: 'vfb', width: Number(size[1]), height: Number(size[2]), ...(keymap && { keymap }) })
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
  const all = new Map<string, string[]>()
  for (const one of others) {
    const [name = '', ...rest] = one.split('=')
    const twice = named.has(name) && !row.many?.includes(name)
    if (!row.names.includes(name) || twice) return err(`${word} ${value}: ${one} is not understood; ${row.usage}`)
    named.set(name, rest.join('='))
    all.set(name, [...(all.get(name) ?? []), rest.join('=')])
  }
  const device = row.make({ first, named, all }, earlier, file)
  if (!device.ok) return device
  if (!deviceShape.is(device.value)) return err(`${word} ${value}: ${deviceShape.explain(device.value, 'value')}`)
  const key = deviceKey(device.value)
  return earlier.some((one) => deviceKey(one) === key) ? err(`${word} ${value}: there is a ${key} already`) : device
}

/** Of Xen's range, as the toolstacks choose them. */
function randomMac(): string {
  return ['00', '16', '3e', ...[...randomBytes(3)].map((byte) => byte.toString(16).padStart(2, '0'))].join(':')
}
