// Files of ours carry a version; one of a newer program is put aside, not misread. Runs in: main, plain Node.

/** Whether this content of a file, as JSON.parse gave it, was written by a program that knows a later version. */
export function isNewer(read: unknown, version: number): boolean {
  return (
    typeof read === 'object' && read !== null && 'version' in read && typeof read.version === 'number' && read.version > version
  )
}
