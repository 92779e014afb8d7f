// What can go wrong with an image, as values: a code for programs and one clear sentence for people.
// Invariant: no code is invented elsewhere in this folder, and a sentence names the file it speaks of.
// Runs in: any thread.
import { err, type Result } from '../public/result'

/** Codes and what they tell the caller; block backends answer all of them with an I/O error, tools show the sentence. */
export const IMAGE_ERRORS = [
  ['not-found', 'no file of this name'],
  ['exists', 'a file of this name is there already'],
  ['no-access', 'the system does not let us'],
  ['in-use', 'another writer, or readers where a writer asks, have it open'],
  ['format', 'not an image of the format given'],
  ['corrupt', 'of the format, but its tables contradict themselves'],
  ['unsupported', 'of the format, with something we do not do'],
  ['encrypted', 'encrypted images are not opened'],
  ['backing-refused', 'it refers to a file the user has not agreed to; `refused` says which'],
  ['read-only', 'a write to an image opened for reading'],
  ['range', 'beyond the end of the image, or not a range at all'],
  ['no-space', 'the host has no room; the same request may be tried again'],
  ['closed', 'the image was closed'],
  ['cancelled', 'the caller called it off'],
  ['io', 'the host failed to read, write or sync'],
] as const

export type ImageErrorCode = (typeof IMAGE_ERRORS)[number][0]

export interface ImageError {
  readonly code: ImageErrorCode
  readonly message: string
  /** For `backing-refused`, unless what is referred to is no file: what a caller may show, and pass as allowed when the user agrees. */
  readonly refused?: RefusedFile
}

export interface RefusedFile {
  /** The file refused. */
  readonly path: string
  /** How it was come to: from the image the user named down to the file that refers to it. */
  readonly chain: readonly string[]
}

export type ImageResult<T> = Result<T, ImageError>

export function fail(
  code: ImageErrorCode,
  message: string,
  refused?: RefusedFile,
): { readonly ok: false; readonly error: ImageError } {
  return err(refused === undefined ? { code, message } : { code, message, refused })
}

const FROM_SYSTEM: Readonly<Record<string, ImageErrorCode>> = {
  ENOENT: 'not-found',
  ENOTDIR: 'not-found',
  EEXIST: 'exists',
  EACCES: 'no-access',
  EPERM: 'no-access',
  EROFS: 'no-access',
  ENOSPC: 'no-space',
  EDQUOT: 'no-space',
  EFBIG: 'no-space',
}

/** The code of an error of Node's, as "ENOENT"; empty for any other. */
export function systemCode(error: unknown): string {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : ''
}

/** An error of Node's file calls; `doing` is what was tried, as "cannot read x.qcow2". */
export function systemError(doing: string, error: unknown): ImageError {
  const why =
    error instanceof Error ? error.message.replace(/,? ?(open|read|write|fdatasync|f?stat|ftruncate|realpath).*$/, '') : 'EIO'
  return { code: FROM_SYSTEM[systemCode(error)] ?? 'io', message: `${doing}: ${why}.` }
}
