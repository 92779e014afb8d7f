// `.treeinfo` of an installation tree: what system it has, and where its kernel and ramdisk are, with their check sums.
// Invariant: paths that are answered stay below the tree; all else of the file is text to be shown.
// Runs in: the image process.

export interface TreeInfo {
  /** As "Fedora 40"; may be empty. */
  readonly title: string
  /** Undefined: it has none for this architecture. */
  readonly pair: { readonly kernel: string; readonly ramdisk: string } | undefined
  /** Of a file by its path: SHA-256 in hexadecimal. */
  readonly sumOf: (path: string) => string | undefined
}

const ARCHITECTURE = 'x86_64'
const LINES_MOST = 10_000

type Sections = Map<string, Map<string, string>>

function sectionsOf(text: string): Sections {
  const sections: Sections = new Map()
  let section = new Map<string, string>()
  for (const line of text.split(/\r?\n/, LINES_MOST)) {
    const name = /^\s*\[([^\]]{1,200})\]\s*$/.exec(line)?.[1]
    if (name !== undefined) {
      section = sections.get(name) ?? new Map()
      sections.set(name, section)
      continue
    }
    const at = line.indexOf('=')
    if (at > 0 && !/^\s*[#;]/.test(line)) section.set(line.slice(0, at).trim(), line.slice(at + 1).trim())
  }
  return sections
}

/** A path within the tree; undefined for anything that could lead out of it. */
export function innerPath(text: string | undefined): string | undefined {
  const path = text?.replace(/^(\.?\/)+/, '') ?? ''
  const isPlain = /^[\w.+~@,-]+(\/[\w.+~@,-]+)*$/.test(path) && path.length <= 1000
  return isPlain && !path.split('/').includes('..') ? path : undefined
}

/** Undefined: the text is no such file. */
export function readTreeInfo(text: string): TreeInfo | undefined {
  const sections = sectionsOf(text)
  const value = (section: string, key: string): string => sections.get(section)?.get(key) ?? ''
  const images = [...sections.keys()].filter((name) => name.startsWith('images-'))
  if (images.length === 0) return undefined
  const family = value('release', 'name') || value('general', 'family')
  const version = value('release', 'version') || value('general', 'version')
  const title = family === '' ? value('general', 'name') : `${family} ${version}`.trim()
  const kernel = innerPath(value(`images-${ARCHITECTURE}`, 'kernel'))
  const ramdisk = innerPath(value(`images-${ARCHITECTURE}`, 'initrd'))
  return {
    title,
    pair: kernel === undefined || ramdisk === undefined ? undefined : { kernel, ramdisk },
    sumOf: (path) => /^sha256:\s*([0-9a-f]{64})$/i.exec(value('checksums', path))?.[1]?.toLowerCase(),
  }
}
