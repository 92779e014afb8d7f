// Menus of extlinux and syslinux, as Alpine writes them. Spec: wiki.syslinux.org, "Config". Runs in: the image process.
import type { MenuEntry } from './grub-menu'
import { menuLine } from './menu-line'

export interface ExtlinuxMenu {
  readonly entries: readonly MenuEntry[]
  readonly chosen: string
}

interface Making {
  readonly label: string
  title: string
  kernel: string | undefined
  ramdisks: readonly string[]
  append: string
}

/** Paths that are not from the root are from the menu's own folder. */
export function readExtlinuxMenu(text: string, folder: string): ExtlinuxMenu {
  const entries: Making[] = []
  let chosen: string | undefined
  let marked: string | undefined
  for (const line of text.split('\n')) {
    const { key, value } = menuLine(line)
    const entry = entries.at(-1)
    switch (key.toLowerCase()) {
      case 'label':
        entries.push({ label: value, title: value, kernel: undefined, ramdisks: [], append: '' })
        break
      case 'default':
      case 'ontimeout':
        // A menu program is no entry.
        if (!/\.(c32|com|bin)\b/i.test(value)) chosen = value
        break
      case 'menu':
        if (entry && /^default$/i.test(value)) marked = entry.label
        if (entry && /^label\s/i.test(value)) entry.title = value.replace(/^label\s+/i, '').replace('^', '')
        break
      case 'kernel':
      case 'linux':
        if (entry) entry.kernel = value
        break
      case 'initrd':
        if (entry) entry.ramdisks = value.split(',')
        break
      case 'append':
        if (entry) entry.append = value
    }
  }
  return { entries: entries.map((entry) => menuEntry(entry, folder)), chosen: marked ?? chosen ?? entries[0]?.label ?? '0' }
}

function menuEntry({ label, title, kernel, ramdisks, append }: Making, folder: string): MenuEntry {
  const words = append.split(/\s+/).filter((word) => word !== '' && word !== '-')
  const named = words.flatMap((word) => (word.startsWith('initrd=') ? word.slice('initrd='.length).split(',') : []))
  const place = (path: string): string => (path.startsWith('/') ? path : `${folder}/${path}`)
  const isLinux = kernel !== undefined && !/\.(c32|com|bin|0)$/i.test(kernel)
  return {
    ids: [label],
    title,
    on: undefined,
    kernel: isLinux ? place(kernel) : undefined,
    ramdisks: (ramdisks.length > 0 ? ramdisks : named).map(place),
    cmdline: words.filter((word) => !word.startsWith('initrd=')).join(' '),
    entries: undefined,
  }
}
