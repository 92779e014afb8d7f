// What the window of a new machine was opened with: files dropped onto the list. The first kernel and the first ramdisk go into
// their fields, every disk image becomes a disk of its own.
// Invariant: what a form has is kept unless a file takes its place; disks beyond the last device name are left out.
// Runs in: create-domain window and tests; `filledIn` is pure.

import { useEffect, useRef } from 'react'
import type { ImageFormat } from '../../../src-main/public/device'
import type { HostFile } from '../../../src-main/public/list'
import { useClient } from '../../client/Client'
import { type DiskForm, diskOfFile, freeDev } from '../../features/disks/disk-form'
import type { Form } from './check-form'

export interface FilledIn {
  readonly fields: Partial<Form>
  readonly disks: readonly DiskForm[]
}

export interface LookedAt extends HostFile {
  /** Of a disk image; null when it could not be looked into. */
  readonly format: ImageFormat | null
}

export function filledIn(files: readonly LookedAt[], before: readonly DiskForm[]): FilledIn {
  const kernel = files.find(({ kind }) => kind === 'kernel')?.path
  const ramdisk = files.find(({ kind }) => kind === 'ramdisk')?.path
  const disks = [...before]
  for (const { kind, path, format } of files) {
    const dev = freeDev(disks.map((disk) => disk.dev))
    if (kind !== 'disk' || dev === undefined) continue
    disks.push(diskOfFile(dev, path, format))
  }
  return { fields: { ...(kernel !== undefined && { kernel }), ...(ramdisk !== undefined && { ramdisk }) }, disks }
}

/** Asks for the files at the start, and again when others were dropped while the window was open. */
export function useFilledIn(take: (files: readonly LookedAt[]) => void): void {
  const client = useClient()
  const taker = useRef(take)
  taker.current = take
  useEffect(() => {
    const ask = async () => {
      const files = await client.call('createDomainFiles', {})
      if (!files.ok || files.value.length === 0) return
      const looked = files.value.map(async (file): Promise<LookedAt> => {
        const image = file.kind === 'disk' ? await client.call('imageInspect', { path: file.path }) : null
        return { ...file, format: image?.ok === true ? image.value.format : null }
      })
      taker.current(await Promise.all(looked))
    }
    void ask()
    return client.subscribe('createDomainFilled', () => void ask())
  }, [client])
}
