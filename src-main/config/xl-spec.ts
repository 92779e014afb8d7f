// The strings that describe a device in xl.cfg, in parts: KEY=VALUE and flags between commas, for disks the positional parameters
// and the old prefix forms too (xl-disk-configuration(5), xl-network-configuration(5)).
// Invariant: `target=` takes all that follows, commas too. Runs in: main, plain Node.

export type XlSpec = ReadonlyMap<string, string>

const DISK_POSITIONS = ['target', 'format', 'vdev', 'access']
const DISK_FLAGS = ['cdrom', 'direct-io-safe', 'discard', 'no-discard', 'trusted', 'untrusted']
/** What a flag says something about, where it is not that itself. */
const FLAG_KEYS: Readonly<Record<string, string>> = { cdrom: 'devtype', 'no-discard': 'discard' }
const VDEV = /^(?:\/dev\/)?((?:xvd|hd|sd|vd)[a-z]+\d*|d\d+p\d+)(?::(cdrom|disk))?$/
const PREFIX = /^(raw|qcow2?|vhd|qed|file|phy|tap2?|tapdisk|aio|ioemu):/

/** A sentence's end when it cannot be read. */
export function parseDiskSpec(text: string): XlSpec | string {
  const parts = new Map<string, string>()
  const positions = [...DISK_POSITIONS]
  let rest = text.trimStart()
  // The old form: file:/path,xvda,w — prefixes say the format or mean nothing.
  let old = false
  for (let found = PREFIX.exec(rest); found; found = PREFIX.exec(rest)) {
    const [prefix, word = ''] = found
    if (/^(raw|qcow2?|vhd|qed)$/.test(word)) parts.set('format', word)
    rest = rest.slice(prefix.length)
    old = true
  }
  if (old) positions.splice(1, 1)
  while (rest !== '') {
    const target = /^target=([\s\S]*)$/.exec(rest)
    if (target) {
      parts.set('target', target[1] ?? '')
      break
    }
    const comma = rest.indexOf(',')
    const part = (comma < 0 ? rest : rest.slice(0, comma)).trim()
    rest = comma < 0 ? '' : rest.slice(comma + 1).trimStart()
    const equals = part.indexOf('=')
    if (equals > 0) parts.set(part.slice(0, equals), part.slice(equals + 1))
    else if (DISK_FLAGS.includes(part)) parts.set(FLAG_KEYS[part] ?? part, part)
    else {
      const position = positions.shift()
      if (position === undefined) return `“${part.slice(0, 60)}” is one parameter too many`
      const vdev = position === 'vdev' || (position === 'format' && VDEV.test(part)) ? VDEV.exec(part) : null
      if (vdev) {
        if (position === 'format') positions.splice(positions.indexOf('vdev'), 1)
        parts.set('vdev', vdev[1] ?? part)
        if (vdev[2] === 'cdrom') parts.set('devtype', 'cdrom')
      } else if (part !== '' || position === 'target') parts.set(position, part)
    }
  }
  const format = parts.get('format')
  if (format === '') parts.delete('format')
  if (parts.get('target') === '') parts.delete('target')
  return parts
}

export function parseSpec(text: string): XlSpec {
  const parts = new Map<string, string>()
  for (const part of text.split(',')) {
    const equals = part.indexOf('=')
    const key = (equals < 0 ? part : part.slice(0, equals)).trim()
    if (key !== '') parts.set(key, equals < 0 ? '' : part.slice(equals + 1).trim())
  }
  return parts
}

/** A value without a key stands alone. */
export function formatSpec(parts: Iterable<readonly [string, string]>): string {
  return [...parts].map(([key, value]) => (key === '' ? value : `${key}=${value}`)).join(', ')
}
