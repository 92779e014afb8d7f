// What a machine with this disk would start from it, a moment after the disk was named. Runs in: every window.

import { useEffect, useRef, useState } from 'react'
import type { DiskKernel } from '../../../src-main/public/device'
import type { ErrorReport } from '../../../src-main/public/error-code'
import type { BootDisk } from '../../../src-main/public/own-disk'
import { useClient } from '../../client/Client'

const TYPING_MS = 200

export interface DiskKernelLook {
  /** Null: there is none. */
  readonly found: DiskKernel | null
  /** What the disk has instead, as `FAT (xvda1)`. */
  readonly holds: readonly string[]
  readonly error: ErrorReport | null
}

/** Undefined: nobody has looked yet. */
export function useDiskKernel(disk: BootDisk | undefined): DiskKernelLook | undefined {
  const client = useClient()
  const [look, setLook] = useState<(DiskKernelLook & { readonly key: string }) | null>(null)
  const key = disk === undefined ? '' : JSON.stringify([disk.dev, disk.path, disk.format, disk.allowedBacking ?? []])
  const wanted = useRef(disk)
  wanted.current = disk
  useEffect(() => {
    const { current } = wanted
    if (key === '' || current === undefined) return
    const { dev, path, format, allowedBacking = [] } = current
    let gone = false
    const timer = setTimeout(() => {
      void client.call('diskKernelLook', { dev, path, format, allowedBacking: [...allowedBacking] }).then((answer) => {
        if (gone) return
        setLook(
          answer.ok
            ? { key, found: answer.value.found ?? null, holds: answer.value.holds, error: null }
            : { key, found: null, holds: [], error: answer.error },
        )
      })
    }, TYPING_MS)
    return () => {
      gone = true
      clearTimeout(timer)
    }
  }, [client, key])
  return look?.key === key ? look : undefined
}
