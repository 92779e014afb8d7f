// Files dropped onto the window of a new machine fill in its fields, as they do when they are dropped onto the list: kernel, ramdisk, disks, an ISO image
// to start from, a configuration. A saved machine is gone on with. Main looks at each file and says what it is.
// Invariant: a path from a drop gives no right to write: main asks for that as for a path that was typed.
// Runs in: create-domain window.

import type { CallResult } from '../../../src-main/public/calls'
import { CONFIG_TEXT_MOST } from '../../../src-main/public/definition'
import { type ErrorReport, errorReport } from '../../../src-main/public/error-code'
import type { HostFile } from '../../../src-main/public/list'
import { useClient } from '../../client/Client'
import { byPath, type FileDrag, useFileDrag } from '../../components/FileDrag'
import { type LookedAt, lookAtFiles } from './filled-in'

/** A configuration that was dropped, and that can be read. */
export interface DroppedConfig {
  readonly path: string
  readonly text: string
  readonly look: CallResult<'configLook'>
}

export interface DroppedFiles {
  readonly files: readonly LookedAt[]
  /** The page is filled in from the first: a machine has one. */
  readonly configs: readonly DroppedConfig[]
}

/** `onRefused` hears of each file that nothing can be made of, after what could be filled in was. */
export function useDropped(take: (dropped: DroppedFiles) => void, onRefused: (error: ErrorReport) => void): FileDrag {
  const client = useClient()
  const read = async (dropped: readonly File[]) => {
    const named = byPath(dropped)
    const looks = await Promise.all([...named.keys()].map((path) => client.call('fileLook', { path })))
    const files: HostFile[] = []
    const refused: ErrorReport[] = []
    const configs: DroppedConfig[] = []
    for (const look of looks) {
      if (!look.ok) {
        refused.push(look.error)
        continue
      }
      const { path, kind } = look.value
      const file = named.get(path)
      if (kind === 'config' && file !== undefined && file.size <= CONFIG_TEXT_MOST) {
        const text = await file.text()
        const found = await client.call('configLook', { uuid: null, text })
        if (found.ok) configs.push({ path, text, look: found.value })
        else refused.push(found.error)
      } else if (kind === 'saved') {
        const restored = await client.call('domainRestore', { path })
        if (!restored.ok) refused.push(restored.error)
      } else if (kind === 'unknown' || kind === 'config') refused.push(errorReport('file-kind-unknown', { path }))
      else files.push(look.value)
    }
    if (files.length > 0 || configs.length > 0) take({ files: await lookAtFiles(client, files), configs })
    for (const error of refused) onRefused(error)
  }
  return useFileDrag({ onFiles: (files) => void read(files) })
}
