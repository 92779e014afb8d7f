// Files of the host that are dragged onto a window: whether they hang above it, and what was dropped; and the cover that says where they go.
// Invariant: what is dragged within the window itself (rows, tags, columns) is left to others.
// Runs in: manager and create-domain windows.

import { type DragEvent, useState } from 'react'

/** More than anyone means. */
const MOST_FILES = 64

export interface FileDrag {
  /** Files are over the window. */
  readonly over: boolean
  readonly handlers: {
    readonly onDragEnter: (event: DragEvent) => void
    readonly onDragOver: (event: DragEvent) => void
    readonly onDragLeave: (event: DragEvent) => void
    readonly onDrop: (event: DragEvent) => void
  }
}

export interface FileDragUse {
  /** Files hang above this place. */
  readonly onMove?: (event: DragEvent) => void
  readonly onFiles: (files: readonly File[], event: DragEvent) => void
}

const hasFiles = (event: DragEvent): boolean => event.dataTransfer.types.includes('Files')

export function useFileDrag({ onMove, onFiles }: FileDragUse): FileDrag {
  const [over, setOver] = useState(false)
  const onDrag = (event: DragEvent) => {
    if (!hasFiles(event)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'copy'
    setOver(true)
    onMove?.(event)
  }
  return {
    over,
    handlers: {
      onDragEnter: onDrag,
      onDragOver: onDrag,
      onDragLeave: (event) => {
        if (event.relatedTarget === null) setOver(false)
      },
      onDrop: (event) => {
        if (!hasFiles(event)) return
        event.preventDefault()
        setOver(false)
        onFiles([...event.dataTransfer.files].slice(0, MOST_FILES), event)
      },
    },
  }
}

/** The files by their paths; those that are no files of the host (pictures out of a page) have none and are left out. */
export function byPath(files: readonly File[]): ReadonlyMap<string, File> {
  const found = new Map(files.map((file) => [window.ringmasterPathOf?.(file) ?? '', file]))
  found.delete('')
  return found
}

export function DropCover({ words }: { readonly words: string | null }) {
  if (words === null) return null
  return (
    <div className="drop-cover" aria-hidden="true">
      {words}
    </div>
  )
}
