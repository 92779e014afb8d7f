// Entries of the Boot Loader Specification, one file each in loader/entries: Fedora's GRUB shows them by `blscfg`, systemd-boot by itself.
// Spec: uapi-group.org, "The Boot Loader Specification". Runs in: the image process.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import { type FileSystem, namesIn, readText } from './file-system'
import { expandLine, type MenuEntry } from './grub-menu'
import { menuLine } from './menu-line'
import { compareVersions } from './version-order'

/** A file of an entry, as it was read. */
export interface LoaderEntry {
  readonly id: string
  readonly title: string
  readonly kernel: string
  readonly ramdisks: readonly string[]
  readonly options: string
}

const MOST = 64
const ENTRY_MOST = 64 * 1024

/** The latest first, as boot loaders show them. */
export async function readLoaderEntries(system: FileSystem, folder: string): Promise<ImageResult<readonly LoaderEntry[]>> {
  const names = await namesIn(system, folder)
  if (!names.ok) return names
  const files = names.value.filter((name) => name.toLowerCase().endsWith('.conf')).sort((a, b) => compareVersions(b, a))
  const entries: LoaderEntry[] = []
  for (const name of files.slice(0, MOST)) {
    const text = await readText(system, `${folder}/${name}`, ENTRY_MOST)
    if (!text.ok) return text
    const entry = parseLoaderEntry(name.slice(0, -'.conf'.length), text.value ?? '')
    if (entry) entries.push(entry)
  }
  return ok(entries)
}

/** Undefined: it starts no Linux. */
export function parseLoaderEntry(id: string, text: string): LoaderEntry | undefined {
  const said = (wanted: string): string[] =>
    text.split('\n').flatMap((line) => {
      const { key, value } = menuLine(line)
      return key === wanted && value !== '' ? [value] : []
    })
  const kernel = said('linux')[0]
  if (kernel === undefined) return undefined
  const title = said('title')[0] ?? id
  const version = said('version')[0]
  return {
    id,
    title: version === undefined || title.includes(version) ? title : `${title} (${version})`,
    kernel,
    // Several on a line, and variables of Fedora's among them.
    ramdisks: said('initrd'),
    options: said('options').join(' '),
  }
}

export function menuEntryOf(entry: LoaderEntry, variables: ReadonlyMap<string, string>): MenuEntry {
  const { id, title, kernel, ramdisks, options } = entry
  return {
    ids: [id],
    title,
    on: undefined,
    kernel,
    ramdisks: ramdisks.flatMap((line) => expandLine(line, variables).split(' ')).filter((path) => path !== ''),
    cmdline: expandLine(options, variables),
    entries: undefined,
  }
}
