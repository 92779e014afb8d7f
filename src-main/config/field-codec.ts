// How one field of the model is said as text, in domain XML and in xl.cfg: a pair of functions each, used by the table of fields.
// Invariant: read(write(v)) is v. `read` gives undefined for a text that says nothing it knows; whether the value is allowed is
// the shape's matter. Runs in: main, plain Node.
import { properName } from '../../src-engine/public/name'

export interface Codec {
  /** For messages: what is expected. */
  readonly what: string
  /** `unit` is what stands beside the value, where the format has that. */
  read(text: string, unit?: string): unknown
  /** Undefined: nothing is written. */
  write(value: unknown): string | undefined
}

/** Text as it stands; a field that is left out or null is not written. */
export const plainText: Codec = {
  what: 'text',
  read: (text) => text,
  write: (value) => (typeof value === 'string' ? value : undefined),
}

/** A name, in the form it is kept. */
export const nameText: Codec = { ...plainText, read: properName }

/** The same as text, but an empty one is not written either: the reader's default is ''. */
export const textOrNothing: Codec = { ...plainText, write: (value) => (value === '' ? undefined : plainText.write(value)) }

export const wholeNumber: Codec = {
  what: 'a whole number',
  read: (text) => (/^\s*\d{1,15}\s*$/.test(text) ? Number(text) : undefined),
  write: (value) => (typeof value === 'number' ? String(value) : undefined),
}

const UNITS: Readonly<Record<string, number>> = {
  b: 1,
  bytes: 1,
  KB: 1000,
  k: 1024,
  KiB: 1024,
  MB: 1e6,
  M: 2 ** 20,
  MiB: 2 ** 20,
  GB: 1e9,
  G: 2 ** 30,
  GiB: 2 ** 30,
  TB: 1e12,
  T: 2 ** 40,
  TiB: 2 ** 40,
}

/** A size in MiB, which the XML says in KiB unless it names another unit. What is no whole MiB is rounded up, as libvirt does. */
export const memorySize: Codec = {
  what: 'an amount of memory',
  read(text, unit = 'KiB') {
    const size = wholeNumber.read(text)
    const factor = Object.hasOwn(UNITS, unit) ? UNITS[unit] : undefined
    return typeof size === 'number' && factor !== undefined ? Math.ceil((size * factor) / 2 ** 20) : undefined
  },
  write: (value) => (typeof value === 'number' ? String(value * 1024) : undefined),
}

/** Words of the format for words of ours: { vhd: 'vpc' }. The first word of a list is the one that is written. */
export function words(table: Readonly<Record<string, string | readonly string[]>>): Codec {
  const rows = Object.entries(table).map(([ours, theirs]) => ({ ours, theirs: typeof theirs === 'string' ? [theirs] : theirs }))
  return {
    what: `one of ${rows.map(({ theirs: [first] }) => first).join(', ')}`,
    read: (text) => rows.find(({ theirs }) => theirs.includes(text))?.ours,
    write: (value) => rows.find(({ ours }) => ours === value)?.theirs[0],
  }
}

/** One word for yes, one for no. */
export function yesOrNo(yes: readonly string[], no: readonly string[]): Codec {
  return {
    what: [...yes, ...no].join(' or '),
    read: (text) => (yes.includes(text) ? true : no.includes(text) ? false : undefined),
    write: (value) => (value === true ? yes[0] : value === false ? no[0] : undefined),
  }
}

/** Yes by being there. */
export const presence: Codec = {
  what: 'nothing',
  read: () => true,
  write: (value) => (value === true ? 'yes' : undefined),
}

export const macAddress: Codec = {
  what: 'a MAC address',
  read: (text) => text.toLowerCase(),
  write: (value) => plainText.write(value),
}

const RATE = /^\s*(\d{1,15})\s*([GMK]?)(B|b)\/s(@.*)?\s*$/
const PREFIX: Readonly<Record<string, number>> = { '': 1, K: 1000, M: 1e6, G: 1e9 }

/** xl's rates ("10Mb/s", "250KB/s") as KiB a second. */
export const xlRate: Codec = {
  what: 'a rate such as 10Mb/s',
  read(text) {
    const [, size, prefix = '', unit] = RATE.exec(text) ?? []
    if (size === undefined) return undefined
    const bytes = (Number(size) * (PREFIX[prefix] ?? 1)) / (unit === 'b' ? 8 : 1)
    return Math.max(1, Math.round(bytes / 1024))
  },
  write: (value) => (typeof value === 'number' ? `${value * 1024}B/s` : undefined),
}
