// Makes the file of a screen's stream (screen-file.ts) and reads pieces of it: only a worker may read by a call that does not wait, and
// only that goes straight to the file. Files of earlier streams, whose names main has removed, go from the page's list here.
// Runs in: a worker of a domain window.

import type { FromScreenFile, ToScreenFile } from './screen-file'

/** What the page's libraries do not tell of, as only workers have it. */
interface AccessHandle {
  read(into: Uint8Array, options: { readonly at: number }): number
  write(bytes: Uint8Array, options: { readonly at: number }): number
  flush(): void
}
interface FileOfWorker extends FileSystemFileHandle {
  createSyncAccessHandle(): Promise<AccessHandle>
}
const isOfWorker = (file: FileSystemFileHandle): file is FileOfWorker => 'createSyncAccessHandle' in file

let access: AccessHandle | undefined

async function make(mark: string): Promise<boolean> {
  try {
    const folder = await navigator.storage.getDirectory()
    // One that another window uses is refused, and stays.
    for await (const name of folder.keys()) await folder.removeEntry(name).catch(() => undefined)
    const file = await folder.getFileHandle(mark, { create: true })
    if (!isOfWorker(file)) return false
    access = await file.createSyncAccessHandle()
    access.write(new TextEncoder().encode(mark), { at: 0 })
    access.flush()
    return true
  } catch {
    return false // no storage for this page, or no room in it
  }
}

/** A piece as long as asked for; an empty one when not all could be read or there is no memory for it, which ends the stream. */
function read({ at, length, into }: Extract<ToScreenFile, { at: number }>): ArrayBuffer {
  try {
    const piece = into ?? new ArrayBuffer(length)
    if (access?.read(new Uint8Array(piece), { at }) === piece.byteLength) return piece
  } catch {
    // as if nothing had been there
  }
  return new ArrayBuffer(0)
}

const answer = (told: FromScreenFile, moved: Transferable[] = []) => globalThis.postMessage(told, { transfer: moved })

addEventListener('message', async ({ data }: MessageEvent<ToScreenFile>) => {
  if ('mark' in data) return answer({ made: await make(data.mark) })
  const piece = read(data)
  answer({ piece }, [piece])
})
