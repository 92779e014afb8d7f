// What a file is proposed to be called in a dialog. The wish comes from a page: only what a file can be called is used, never a folder.
// Runs in: main and tests; pure.
import { fileStem } from '../../src-engine/public/name'

/** `extension`: what this kind of file always has; else the wish may end in one, which is kept where the rest is too long. */
export function proposedFileName(wish: string, extension: string | undefined): string {
  const own = extension === undefined ? /\.[A-Za-z0-9]{1,8}$/.exec(wish)?.[0] : undefined
  const stem = fileStem(own === undefined ? wish : wish.slice(0, -own.length), ' ') || 'machine'
  return `${stem}${extension === undefined ? (own ?? '') : `.${extension}`}`
}
