// What a disk would start by itself: the default entry of the first boot menu found on one of its file systems, else the newest kernel
// that lies where distributions put them.
// Invariant: an entry counts only if its kernel and ramdisks are there. Runs in: the image process.
import { ok } from '../../public/result'
import type { ImageResult } from '../error'
import type { Bootable, MenuKind, OpenedPart } from './bootable'
import { readExtlinuxMenu } from './extlinux'
import { type FileSystem, type FoundNode, findNode, readText } from './file-system'
import { type GrubMenu, type GrubRoot, type MenuEntry, parseGrubEnvironment, readGrubMenu } from './grub-menu'
import { type LoaderEntry, menuEntryOf, readLoaderEntries } from './loader-entries'
import { plainKernel } from './plain-kernel'

const RAMDISKS_MOST = 16
const PATH_MOST = 1024
const MENU_MOST = 4 * 1024 * 1024
const ENVIRONMENT_MOST = 64 * 1024
const GRUB_FOLDERS = ['/boot/grub', '/boot/grub2', '/grub', '/grub2']
const EXTLINUX = ['/boot/extlinux', '/boot/syslinux', '/boot', '/extlinux', '/syslinux', '']
const EXTLINUX_NAMES = ['extlinux.conf', 'syslinux.cfg']
const ENTRY_FOLDERS = ['/boot/loader/entries', '/loader/entries']

/** `disk` is what the guest calls it, as xvda. */
export async function findBootable(parts: readonly OpenedPart[], disk: string): Promise<ImageResult<Bootable | undefined>> {
  for (const look of [grubOf, extlinuxOf, loaderOf]) {
    for (const part of parts) {
      const found = await look(part, parts)
      if (!found.ok || found.value) return found
    }
  }
  return plainKernel(parts, disk)
}

type Look = (part: OpenedPart, parts: readonly OpenedPart[]) => Promise<ImageResult<Bootable | undefined>>

const grubOf: Look = async (part, parts) => {
  const { system } = part
  for (const folder of GRUB_FOLDERS) {
    const text = await readText(system, `${folder}/grub.cfg`, MENU_MOST)
    if (!text.ok) return text
    if (text.value === undefined) continue
    const environment = await readText(system, `${folder}/grubenv`, ENVIRONMENT_MOST)
    if (!environment.ok) return environment
    const entries = await firstEntries(parts)
    if (!entries.ok) return entries
    const menu = readGrubMenu(text.value, parseGrubEnvironment(environment.value ?? ''), (variables) =>
      entries.value.entries.map((entry) => menuEntryOf(entry, variables)),
    )
    // Paths of the entries in files are on the file system that has the files.
    const own = (entry: MenuEntry): OpenedPart =>
      entries.value.entries.some(({ id }) => entry.ids[0] === id) ? (entries.value.part ?? part) : part
    const found = await startable(menu, 'grub', own, parts)
    if (!found.ok || found.value) return found
  }
  return ok(undefined)
}

const extlinuxOf: Look = async (part, parts) => {
  for (const folder of EXTLINUX) {
    for (const name of EXTLINUX_NAMES) {
      const text = await readText(part.system, `${folder}/${name}`, MENU_MOST)
      if (!text.ok) return text
      if (text.value === undefined) continue
      const found = await startable(readExtlinuxMenu(text.value, folder), 'extlinux', () => part, parts)
      if (!found.ok || found.value) return found
    }
  }
  return ok(undefined)
}

const loaderOf: Look = async (part, parts) => {
  for (const folder of ENTRY_FOLDERS) {
    const read = await readLoaderEntries(part.system, folder)
    if (!read.ok) return read
    const config = await readText(part.system, `${folder.replace(/entries$/, '')}loader.conf`, ENVIRONMENT_MOST)
    if (!config.ok) return config
    const pattern = /^default[ \t]+(\S+)/m.exec(config.value ?? '')?.[1]?.replace(/\.conf$/, '') ?? '*'
    const entries = read.value.map((entry) => menuEntryOf(entry, new Map()))
    const chosen = entries.find(({ ids }) => matches(pattern, ids[0] ?? ''))?.ids[0] ?? '0'
    const found = await startable({ entries, chosen }, 'loader-entries', () => part, parts)
    if (!found.ok || found.value) return found
  }
  return ok(undefined)
}

async function firstEntries(
  parts: readonly OpenedPart[],
): Promise<ImageResult<{ readonly part?: OpenedPart; readonly entries: readonly LoaderEntry[] }>> {
  for (const part of parts) {
    for (const folder of ENTRY_FOLDERS) {
      const entries = await readLoaderEntries(part.system, folder)
      if (!entries.ok) return entries
      if (entries.value.length > 0) return ok({ part, entries: entries.value })
    }
  }
  return ok({ entries: [] })
}

/** A shell's pattern of `*` and `?`, without an expression that could take long. */
function matches(pattern: string, text: string): boolean {
  const [first = '', ...rest] = pattern.split('*')
  const same = (part: string, at: number): boolean =>
    [...part].every((letter, index) => letter === '?' || letter === text[at + index]) && at + part.length <= text.length
  if (!same(first, 0)) return false
  if (rest.length === 0) return first.length === text.length
  let at = first.length
  for (const [index, part] of rest.entries()) {
    if (index === rest.length - 1) at = Math.max(at, text.length - part.length)
    while (at + part.length <= text.length && !same(part, at)) at++
    if (at + part.length > text.length) return false
    at += part.length
  }
  return true
}

/** The default entry if it starts a Linux that is there, else the first that does. */
async function startable(
  menu: GrubMenu,
  from: MenuKind,
  own: (entry: MenuEntry) => OpenedPart,
  parts: readonly OpenedPart[],
): Promise<ImageResult<Bootable | undefined>> {
  const chosen = chosenEntry(menu.entries, menu.chosen)
  const others = flat(menu.entries).filter((entry) => entry !== chosen)
  for (const entry of chosen ? [chosen, ...others] : others) {
    if (entry.kernel === undefined) continue
    for (const { system } of await candidates(entry.on, own(entry), parts)) {
      const files = await filesOf(system, entry.kernel, entry.ramdisks)
      if (!files.ok) return files
      if (files.value) return ok({ from, title: entry.title, system, ...files.value, cmdline: entry.cmdline })
    }
  }
  return ok(undefined)
}

async function filesOf(
  system: FileSystem,
  kernelPath: string,
  ramdiskPaths: readonly string[],
): Promise<ImageResult<{ kernel: FoundNode; ramdisks: readonly FoundNode[] } | undefined>> {
  if (ramdiskPaths.length > RAMDISKS_MOST || [kernelPath, ...ramdiskPaths].some(({ length }) => length > PATH_MOST))
    return ok(undefined)
  const found: FoundNode[] = []
  for (const path of [kernelPath, ...ramdiskPaths]) {
    const file = await findNode(system, path.replace(/^\([^)]*\)/, ''))
    if (!file.ok) return file
    if (file.value?.node.kind !== 'file' || file.value.path.length > PATH_MOST) return ok(undefined)
    found.push(file.value)
  }
  const [kernel, ...ramdisks] = found
  return ok(kernel && { kernel, ramdisks })
}

/** Where an entry's paths may be: where it says, then where its menu is. */
async function candidates(
  on: GrubRoot | undefined,
  own: OpenedPart,
  parts: readonly OpenedPart[],
): Promise<readonly OpenedPart[]> {
  if (on === undefined) return [own]
  const named: OpenedPart[] = []
  for (const part of parts) {
    const { uuid, label } = part.system
    if (on.kind === 'uuid' && uuid.toLowerCase() === on.value.toLowerCase()) named.push(part)
    if (on.kind === 'label' && label === on.value) named.push(part)
    if (on.kind === 'partition' && part.number === on.number) named.push(part)
    if (on.kind === 'file') {
      const found = await findNode(part.system, on.value)
      if (found.ok && found.value) named.push(part)
    }
  }
  return [...named, ...(named.includes(own) ? [] : [own])]
}

function flat(entries: readonly MenuEntry[]): readonly MenuEntry[] {
  return entries.flatMap((entry) => (entry.entries ? flat(entry.entries) : [entry]))
}

/** `default` is a number, an id or a title; with `>` between them, one in each submenu. */
function chosenEntry(entries: readonly MenuEntry[], chosen: string): MenuEntry | undefined {
  const byName = (among: readonly MenuEntry[], name: string): MenuEntry | undefined =>
    among.find(({ ids, title }) => ids.includes(name) || title === name) ??
    (/^\d+$/.test(name) ? among[Number(name)] : undefined)
  const whole = byName(entries, chosen)
  const path = chosen.split('>')
  let at = whole
  if (!whole && path.length > 1) {
    let among: readonly MenuEntry[] = entries
    for (const name of path) {
      at = byName(among, name)
      among = at?.entries ?? []
    }
  }
  return at?.entries ? flat(at.entries)[0] : at
}
