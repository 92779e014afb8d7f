// The command line that makes the same machine as the page: its images first, then its definition, which the shell hands over.
// Invariant: what is shown can be pasted into a POSIX shell and runs as it is; where an xl.cfg cannot say all, domain XML is used.
// Runs in: renderer and tests; pure.

import type { NewImage } from '../../../src-main/public/device'

export interface ShownCommand {
  /** What starts the command line. */
  readonly program: string
  /** Null for the first connection. */
  readonly connection: string | null
  /** Taken out of an ISO image first. */
  readonly media?: { readonly path: string; readonly kernel: string; readonly ramdisk: string } | undefined
  readonly images: readonly NewImage[]
  readonly draft: { readonly xml: string; readonly xl: string; readonly notes: readonly unknown[] }
  readonly start: boolean
}

/** One word of a shell's line. */
export function quoted(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`
}

/** A line that the text does not have. */
function endOf(text: string): string {
  const lines = new Set(text.split('\n'))
  let end = 'END'
  while (lines.has(end)) end += '_'
  return end
}

export function commandText({ program, connection, media, images, draft, start }: ShownCommand): string {
  const xm = connection === null ? program : `${program} -c ${quoted(connection)}`
  const taken =
    media === undefined
      ? []
      : [`${[xm, 'media-extract', ...[media.path, media.kernel, media.ramdisk].map(quoted)].join(' ')} &&\n`]
  const made = images.map(({ path, format, sizeMiB, copyOf }) => {
    const words = copyOf === undefined ? [path, String(sizeMiB)] : [copyOf.path, path, String(sizeMiB)]
    const command = copyOf === undefined ? 'image-create' : 'image-copy'
    const { allowedBacking = [] } = copyOf ?? {}
    const backing = allowedBacking.length > 0 ? ['--backing', ...allowedBacking.map(quoted)] : []
    return `${[xm, command, '-f', format, ...words.map(quoted), ...backing].join(' ')} &&\n`
  })
  const text = draft.notes.length === 0 ? draft.xl : draft.xml
  const end = endOf(text)
  return `${[...taken, ...made].join('')}${xm} ${start ? 'create' : 'new'} /dev/stdin <<'${end}'\n${text.replace(/\n*$/, '\n')}${end}\n`
}
