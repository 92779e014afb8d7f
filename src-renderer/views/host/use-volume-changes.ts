// What the Storage page does to pools and volumes, each with its way back: what was made goes to the trash, what was deleted comes
// out of it, what was enlarged becomes what it was as long as nobody wrote to it.
// Invariant: a step of undo is there once the work has been done, not when it was begun; main refuses to take back what has come
// into use since, and that is said. Runs in: host window.
import { useMemo } from 'react'
import type { WrittenFormat } from '../../../src-main/public/device'
import type { ErrorReport } from '../../../src-main/public/error-code'
import { ok, type Result } from '../../../src-main/public/result'
import { type NewVolume, type PoolInfo, type Volume, volumeNameShape } from '../../../src-main/public/storage'
import type { JobInfo } from '../../../src-main/public/types'
import { useClient } from '../../client/Client'
import { useWords } from '../../components/Language'
import { type AppStore, offerUndo, useAppStore } from '../../state/store'

const MIB = 1024 * 1024

export interface VolumeCopy {
  readonly to: string
  readonly format: WrittenFormat
}

type Done<T = unknown> = Promise<Result<T, ErrorReport>>

export interface VolumeChanges {
  readonly create: (order: NewVolume) => Done
  /** `allowedBacking`: files that the user let the image refer to. */
  readonly resize: (volume: Volume, sizeMiB: number, allowedBacking: readonly string[]) => Done
  readonly rebase: (volume: Volume, backing: string | null, allowedBacking: readonly string[]) => Done
  readonly clone: (volume: Volume, copy: VolumeCopy, allowedBacking: readonly string[]) => Done
  readonly upload: (pool: string, from: string, name: string) => Done
  /** Its end: whether no errors were found. What was found is told as any failure. */
  readonly check: (volume: Volume) => Done<boolean>
  readonly remove: (volume: Volume) => Done
  readonly addPool: (name: string, path: string) => Done
  readonly removePool: (pool: PoolInfo) => Done
}

/** Whether it was done; waits for its end. */
function ended({ api }: AppStore, job: number): Promise<boolean> {
  const state = (): JobInfo['state'] | undefined => api.getState().jobs[job]?.state
  return new Promise((resolve) => {
    const look = (): void => {
      const now = state()
      if (now === undefined || now === 'running') return
      end()
      resolve(now === 'done')
    }
    const end = api.subscribe(look)
    look()
  })
}

export function useVolumeChanges(): VolumeChanges {
  const { t } = useWords()
  const client = useClient()
  const store = useAppStore()
  return useMemo(() => {
    /** Answers when the job has begun; offers to undo it when it has been done. */
    const job = async (begun: Done<{ readonly job: number }>, label: string, back: () => Done): Done => {
      const result = await begun
      if (result.ok) {
        void ended(store, result.value.job).then((done) => {
          if (done) offerUndo(store, label, back)
        })
      }
      return result
    }
    const step = async <T>(work: Done<T>, label: string, back: (value: T) => Done): Done<T> => {
      const result = await work
      if (result.ok) offerUndo(store, label, () => back(result.value))
      return result
    }
    const made = (pool: string, name: string, begun: Done<{ readonly job: number }>): Done =>
      job(begun, t('undo.volume-made', { name }), () => client.call('volumeDelete', { pool, name }))
    return {
      create: (order) => made(order.pool, order.name, client.call('volumeCreate', order)),
      clone: ({ pool, name }, copy, allowedBacking) =>
        made(pool, copy.to, client.call('volumeClone', { pool, name, ...copy, allowedBacking: [...allowedBacking] })),
      upload: (pool, from, name) => made(pool, name, client.call('volumeUpload', { pool, from, name })),
      resize: ({ pool, name, capacity }, sizeMiB, allowedBacking) => {
        const order = { pool, name, allowedBacking: [...allowedBacking] }
        const back = (): Done => client.call('volumeResize', { ...order, sizeMiB: Math.ceil(capacity / MIB) })
        return job(client.call('volumeResize', { ...order, sizeMiB }), t('undo.volume-resized', { name }), back)
      },
      rebase: async ({ pool, name, backing: before }, backing, allowedBacking) => {
        const order = { pool, name, allowedBacking: [...allowedBacking] }
        const begun = client.call('volumeRebase', { ...order, backing })
        // One outside the pool cannot be named again.
        if (before !== null && !volumeNameShape.is(before)) return begun
        const back = (): Done => client.call('volumeRebase', { ...order, backing: before })
        return job(begun, t('undo.volume-rebased', { name }), back)
      },
      check: async ({ pool, name }) => {
        const begun = await client.call('volumeCheck', { pool, name, repair: false })
        return begun.ok ? ok(await ended(store, begun.value.job)) : begun
      },
      remove: ({ pool, name }) =>
        step(client.call('volumeDelete', { pool, name }), t('undo.delete', { name }), (trashed) =>
          client.call('volumeRestore', trashed),
        ),
      addPool: (name, path) =>
        step(client.call('poolDefine', { name, path }), t('undo.pool-added', { name }), () =>
          client.call('poolUndefine', { name }),
        ),
      removePool: ({ name, path }) =>
        step(client.call('poolUndefine', { name }), t('undo.pool-removed', { name }), () =>
          client.call('poolDefine', { name, path }),
        ),
    }
  }, [client, store, t])
}
