// What lies in the trash, machines and disk images alike, newest first, and what is done with it.
// Runs in: manager window.
import { useCallback, useEffect, useState } from 'react'
import type { TrashEntry } from '../../../src-main/public/definition'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { Result } from '../../../src-main/public/result'
import { DEFAULT_POOL, type TrashedVolume } from '../../../src-main/public/storage'
import { useClient } from '../../client/Client'
import { useWords } from '../../components/Language'

export interface TrashRow {
  readonly key: string
  readonly name: string
  /** What it is, since when, how large. */
  readonly words: readonly string[]
  /** Set when it cannot be restored. */
  readonly problem: string | null
  /** Null for a disk image. */
  readonly machine: TrashEntry | null
  readonly volume: TrashedVolume | null
}

type Done = Promise<Result<unknown, ErrorReport>>

export interface Trash {
  /** Null until it is known. */
  readonly rows: readonly TrashRow[] | null
  readonly restore: (row: TrashRow) => Done
  /** For good; ends with the first that cannot be removed. */
  readonly erase: (rows: readonly TrashRow[]) => Done
}

export function useTrash(): Trash {
  const { t, formats } = useWords()
  const client = useClient()
  const [machines, setMachines] = useState<readonly TrashEntry[] | null>(null)
  const [volumes, setVolumes] = useState<readonly TrashedVolume[] | null>(null)
  const loadMachines = useCallback(async () => {
    const result = await client.call('trashList', {})
    setMachines(result.ok ? result.value : [])
  }, [client])
  const loadVolumes = useCallback(async () => {
    const result = await client.call('volumeTrash', {})
    setVolumes(result.ok ? result.value : [])
  }, [client])
  useEffect(() => {
    void loadMachines()
    void loadVolumes()
    const ends = [
      client.subscribe('trashChanged', () => void loadMachines()),
      client.subscribe('storageChanged', () => void loadVolumes()),
    ]
    return () => {
      for (const end of ends) end()
    }
  }, [client, loadMachines, loadVolumes])

  const deleted = (time: number): string => t('trash.deleted', { time: formats.dateTime(time) })
  const dated: (TrashRow & { readonly at: number })[] = [
    ...(machines ?? []).map((machine) => ({
      key: machine.id,
      at: machine.deletedAt,
      name: machine.name,
      words: [
        deleted(machine.deletedAt),
        formats.size(machine.size),
        ...(machine.hasManagedSave ? [t('trash.with-save')] : []),
        ...(machine.disks.length > 0 ? [t.count('trash.with-disks', machine.disks.length)] : []),
      ],
      problem: machine.problem,
      machine,
      volume: null,
    })),
    ...(volumes ?? []).map((volume) => {
      const pool = volume.pool === DEFAULT_POOL ? t('storage.default-pool') : volume.pool
      return {
        key: `${volume.pool}/${volume.id}`,
        at: volume.id,
        name: volume.name,
        words: [t('trash.volume', { pool }), deleted(volume.id), formats.size(volume.size)],
        problem: null,
        machine: null,
        volume,
      }
    }),
  ]
  const restore = ({ machine, volume }: TrashRow): Done =>
    volume === null
      ? client.call('trashRestore', { id: machine?.id ?? '' })
      : client.call('volumeRestore', { pool: volume.pool, id: volume.id })
  const erase = async (rows: readonly TrashRow[]): Done => {
    const ids = rows.flatMap(({ machine }) => (machine === null ? [] : [machine.id]))
    let done: Result<unknown, ErrorReport> = await client.call('trashEmpty', { ids })
    for (const { volume } of rows) {
      if (done.ok && volume !== null) done = await client.call('volumeErase', { pool: volume.pool, id: volume.id })
    }
    return done
  }
  const rows = machines === null || volumes === null ? null : dated.sort((a, b) => b.at - a.at)
  return { rows, restore, erase }
}
