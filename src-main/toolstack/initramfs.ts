// Builds a Linux initramfs: a cpio archive in the "newc" form, which Linux unpacks into its first root file system.
// Only what the demo guest needs: folders, regular files, symbolic links and character devices, all owned by root.
// Spec: Linux Documentation/driver-api/early-userspace/buffer-format.rst. Runs in: main, plain Node.

export type InitramfsEntry =
  | { readonly kind: 'folder'; readonly path: string; readonly mode?: number }
  | { readonly kind: 'file'; readonly path: string; readonly mode: number; readonly content: Uint8Array }
  | { readonly kind: 'link'; readonly path: string; readonly target: string }
  | { readonly kind: 'device'; readonly path: string; readonly mode: number; readonly major: number; readonly minor: number }

const FILE_TYPE = { folder: 0o040000, file: 0o100000, link: 0o120000, device: 0o020000 } as const
const TRAILER = 'TRAILER!!!'

/** The archive. Paths are without a leading slash; a folder comes before what is in it. */
export function makeInitramfs(entries: readonly InitramfsEntry[]): Uint8Array {
  const parts: Uint8Array[] = []
  entries.forEach((entry, index) => {
    const content = contentOf(entry)
    const mode =
      FILE_TYPE[entry.kind] | ('mode' in entry && entry.mode !== undefined ? entry.mode : entry.kind === 'link' ? 0o777 : 0o755)
    const device = entry.kind === 'device' ? entry : { major: 0, minor: 0 }
    parts.push(...member(entry.path, index + 1, mode, entry.kind === 'folder' ? 2 : 1, device, content))
  })
  parts.push(...member(TRAILER, 0, 0, 1, { major: 0, minor: 0 }, new Uint8Array(0)))
  return Buffer.concat(parts)
}

function contentOf(entry: InitramfsEntry): Uint8Array {
  if (entry.kind === 'file') return entry.content
  return entry.kind === 'link' ? Buffer.from(entry.target) : new Uint8Array(0)
}

/** Magic, 13 fields of 8 hex digits, the name with its NUL, the content; name and content end at multiples of 4. */
function member(
  name: string,
  inode: number,
  mode: number,
  links: number,
  device: { readonly major: number; readonly minor: number },
  content: Uint8Array,
): Uint8Array[] {
  const nameBytes = Buffer.from(`${name}\0`)
  const fields = [inode, mode, 0, 0, links, 0, content.length, 0, 0, device.major, device.minor, nameBytes.length, 0]
  const header = Buffer.from(`070701${fields.map((field) => field.toString(16).toUpperCase().padStart(8, '0')).join('')}`)
  return [header, nameBytes, padding(header.length + nameBytes.length), content, padding(content.length)]
}

function padding(length: number): Uint8Array {
  return new Uint8Array(-length & 3)
}
