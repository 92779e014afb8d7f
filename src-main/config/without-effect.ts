// What of a domain's XML has an effect under libvirt and none here, by the name people know it: said when a configuration is read, so
// that nobody counts on it. It stays in the text. Runs in: main, plain Node.
import { STOP_ACTIONS } from '../public/types'
import type { PlacedElement } from './device-elements'
import { childrenOf, elementAt, valueAt } from './xml-path'
import type { XmlElement } from './xml-tree'

/** Elements below <devices> that say nothing we would have to heed: a console is always there. */
const SILENT = new Set(['console', 'serial', 'emulator', 'graphics', 'input', 'disk', 'interface', 'video'])
/** Of libvirt's actions when a guest ends, those that do here what they say. */
const STOP_WORDS: ReadonlySet<string> = new Set(STOP_ACTIONS)
/** Of its cache modes those that also go past the host's page cache. */
const PAST_CACHE: ReadonlySet<string> = new Set(['none', 'directsync'])
const IN_DOMAIN = ['bootloader_args', 'os/loader', 'os/boot', 'os/bootmenu', 'memoryBacking']
const IN_DISK = ['shareable', 'serial', 'boot', 'iotune']

function ofDomain(root: XmlElement): string[] {
  const stops = ['on_poweroff', 'on_reboot', 'on_crash'].filter((name) => !STOP_WORDS.has(valueAt(root, name) ?? 'destroy'))
  const offset = valueAt(root, 'clock@offset') ?? 'utc'
  return [
    ...IN_DOMAIN.filter((path) => elementAt(root, path) !== undefined).map((path) => path.replace('os/', '')),
    ...stops.map((name) => `${name}=${valueAt(root, name)}`),
    ...(offset === 'utc' ? [] : [`clock offset=${offset}`]),
  ]
}

function ofDisk({ element, id }: PlacedElement): string[] {
  const cache = valueAt(element, 'driver@cache') ?? ''
  return [
    ...IN_DISK.filter((name) => childrenOf(element, name).length > 0).map((name) => `${name} (${id})`),
    ...(PAST_CACHE.has(cache) ? [`cache=${cache} (${id})`] : []),
  ]
}

/** Each once, in the order they stand in. */
export function withoutEffect(root: XmlElement, placed: readonly PlacedElement[]): string[] {
  const others = (elementAt(root, 'devices')?.children ?? []).flatMap((node) =>
    node.kind === 'element' && !SILENT.has(node.name) ? [node.name] : [],
  )
  const disks = placed.filter(({ kind }) => kind === 'vbd')
  return [...new Set([...ofDomain(root), ...others, ...disks.flatMap(ofDisk)])]
}
