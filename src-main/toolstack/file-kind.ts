// What a file of the host is, by its first bytes: for files dropped onto a window, which come as a path and nothing more.
// Invariant: reads a few kilobytes of a plain file and believes nothing else; whoever uses the file checks it again.
// Runs in: main, plain Node.
import { open, stat } from 'node:fs/promises'
import { err, ok } from '../../src-engine/public/result'
import type { Outcome } from '../driver/driver'
import { systemErrorText } from '../lib/atomic-file'
import { type ErrorReport, errorReport } from '../public/error-code'
import type { HostFile } from '../public/list'

const HEAD_BYTES = 64 * 1024

interface Mark {
  readonly kind: HostFile['kind']
  readonly at: number
  /** Latin-1 text that stands there. */
  readonly text: string
}

/** The first that fits counts. */
const MARKS: readonly Mark[] = [
  { kind: 'disk', at: 0, text: 'QFI\xfb' },
  { kind: 'disk', at: 0, text: 'KDMV' },
  { kind: 'disk', at: 0, text: '# Disk DescriptorFile' },
  { kind: 'disk', at: 0, text: 'conectix' },
  { kind: 'disk', at: 32769, text: 'CD001' },
  { kind: 'kernel', at: 0, text: '\x7fELF' },
  { kind: 'kernel', at: 0x202, text: 'HdrS' },
  { kind: 'ramdisk', at: 0, text: '070701' },
  { kind: 'ramdisk', at: 0, text: '070702' },
  { kind: 'ramdisk', at: 0, text: '\x1f\x8b' },
  { kind: 'ramdisk', at: 0, text: '\xfd7zXZ' },
  { kind: 'ramdisk', at: 0, text: '\x28\xb5\x2f\xfd' },
  { kind: 'ramdisk', at: 0, text: '\x02\x21\x4c\x18' },
  { kind: 'disk', at: 510, text: '\x55\xaa' },
  { kind: 'disk', at: 0x438, text: '\x53\xef' },
]

const ENDINGS: ReadonlyMap<string, HostFile['kind']> = new Map([
  ['rmsave', 'saved'],
  ['img', 'disk'],
  ['raw', 'disk'],
  ['vhd', 'disk'],
])

function kindOf(path: string, head: string): HostFile['kind'] {
  const ending = /\.([a-z]+)$/i.exec(path)?.[1]?.toLowerCase() ?? ''
  if (ENDINGS.get(ending) === 'saved') return 'saved'
  const mark = MARKS.find(({ at, text }) => head.startsWith(text, at))
  if (mark) return mark.kind
  // xl.cfg and xmdomain.cfg are assignments, a domain of libvirt is XML. Neither expression can read a place in two ways: a file of many
  // comments or blank lines would hold main up.
  if (/^\s*(<\?xml[^>]*>\s*)?(<!--((?!-->)[\s\S])*-->\s*)*<domain[\s>]/.test(head)) return 'config'
  if (!head.includes('\0') && /^[ \t]*(name|kernel|memory|builder|type)[ \t]*=/m.test(head)) return 'config'
  return ENDINGS.get(ending) ?? 'unknown'
}

export async function hostFile(path: string): Outcome<HostFile> {
  const unreadable = (detail: string): { ok: false; error: ErrorReport } =>
    err(errorReport('file-unreadable', { path, detail }))
  try {
    const { size, isFile } = await stat(path).then((found) => ({ size: found.size, isFile: found.isFile() }))
    if (!isFile) return unreadable('it is not a file')
    const file = await open(path, 'r')
    try {
      const bytes = new Uint8Array(HEAD_BYTES)
      const { bytesRead } = await file.read(bytes, 0, HEAD_BYTES, 0)
      const head = Buffer.from(bytes.buffer, 0, bytesRead).toString('latin1')
      return ok({ path, kind: kindOf(path, head), size })
    } finally {
      await file.close()
    }
  } catch (thrown) {
    return unreadable(systemErrorText(thrown))
  }
}
