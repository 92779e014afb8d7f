// Operating systems by the ids of libosinfo's database, as a definition keeps them and virt-manager reads them, and by the names people
// know; what an ISO image or an installation tree calls itself says which one it is.
// Invariant: an id or a text that no row knows is its own name and its own id, so that nothing that was said is lost.
// Runs in: renderer and tests; pure.

interface Family {
  /** Before the version. */
  readonly name: string
  /** The id up to its version; all of it where there is none. */
  readonly id: string
  /** Undefined: one system without versions in its name. */
  readonly version?: RegExp
  /** Newest first. */
  readonly offered: readonly string[]
  /** What its media call themselves; the version is its first group. */
  readonly label?: RegExp
}

const WHOLE = /^\d{1,3}$/
const DOTTED = /^\d{1,3}\.\d{1,3}$/

const FAMILIES: readonly Family[] = [
  {
    ...{ name: 'AlmaLinux', id: 'http://almalinux.org/almalinux/', version: WHOLE, offered: ['10', '9', '8'] },
    label: /^almalinux[- ](\d+)\b/i,
  },
  {
    ...{ name: 'Alpine Linux', id: 'http://alpinelinux.org/alpinelinux/', version: DOTTED },
    offered: ['3.22', '3.21', '3.20', '3.19'],
    label: /^alpine[- ]\D*(\d+\.\d+)/i,
  },
  { name: 'Arch Linux', id: 'http://archlinux.org/archlinux/rolling', offered: [''], label: /^arch(?:_\d{6}| linux)/i },
  {
    ...{ name: 'CentOS Stream', id: 'http://centos.org/centos-stream/', version: WHOLE, offered: ['10', '9'] },
    label: /^centos[- ]stream[- ](\d+)\b/i,
  },
  {
    ...{ name: 'Debian', id: 'http://debian.org/debian/', version: WHOLE, offered: ['13', '12', '11'] },
    label: /^debian(?: gnu\/linux)? (\d+)\b/i,
  },
  {
    ...{ name: 'Fedora Linux', id: 'http://fedoraproject.org/fedora/', version: WHOLE, offered: ['43', '42', '41', '40'] },
    label: /^fedora\b.*?[- ](\d{2,3})(?![\d.])/i,
  },
  { name: 'Generic Linux', id: 'http://libosinfo.org/linux/', version: /^\d{4}$/, offered: ['2022'] },
  {
    ...{ name: 'openSUSE Leap', id: 'http://opensuse.org/opensuse/', version: DOTTED, offered: ['15.6', '15.5'] },
    label: /^opensuse[- ]leap[- ](\d+\.\d+)/i,
  },
  {
    ...{ name: 'openSUSE Tumbleweed', id: 'http://opensuse.org/opensuse/tumbleweed', offered: [''] },
    label: /^opensuse[- ]tumbleweed\b/i,
  },
  {
    ...{ name: 'Rocky Linux', id: 'http://rockylinux.org/rocky/', version: WHOLE, offered: ['10', '9', '8'] },
    label: /^rocky(?: linux)?[- ](\d+)\b/i,
  },
  {
    ...{ name: 'Ubuntu', id: 'http://ubuntu.com/ubuntu/', version: /^\d{2}\.\d{2}$/, offered: ['25.04', '24.04', '22.04'] },
    label: /^ubuntu\S*(?: \D+)? (\d{2}\.\d{2})/i,
  },
]

/** The longest text that a definition keeps. */
export const OS_LONGEST = 256

const named = ({ name }: Family, version: string): string => (version === '' ? name : `${name} ${version}`)
const isOf = ({ version }: Family, text: string): boolean => (version === undefined ? text === '' : version.test(text))

/** Names to choose from. */
export const OS_NAMES: readonly string[] = FAMILIES.flatMap((family) => family.offered.map((version) => named(family, version)))

/** What people call it; what nobody knows is shown as it stands. */
export function osName(id: string): string {
  for (const family of FAMILIES) {
    const version = id.slice(family.id.length)
    if (id.startsWith(family.id) && isOf(family, version)) return named(family, version)
  }
  return id
}

/** The id of what was chosen or typed. */
export function osId(typed: string): string {
  const text = typed.trim()
  for (const family of FAMILIES) {
    if (!text.toLowerCase().startsWith(family.name.toLowerCase())) continue
    const rest = text.slice(family.name.length)
    if (isOf(family, rest.trim()) && /^( |$)/.test(rest)) return family.id + rest.trim()
  }
  return text
}

/** The name of the system on a medium; empty when its label does not say it. */
export function osOfLabel(label: string): string {
  for (const family of FAMILIES) {
    const found = family.label?.exec(label)
    const version = found?.[1] ?? ''
    if (found && isOf(family, version)) return named(family, version)
  }
  return ''
}
