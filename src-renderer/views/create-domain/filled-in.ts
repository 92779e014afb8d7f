// What files fill in of a new machine: those its window was opened with, and those dropped onto it. The first kernel and the first ramdisk go
// into their fields, every disk image becomes a disk of its own; the first into a disk whose file is still to be named.
// Invariant: what a form has is kept unless a file takes its place; disks beyond the last device name are left out.
// Runs in: create-domain window and tests; `filledIn` is pure.

import { useEffect, useRef } from 'react'
import type { Client } from '../../../src-main/public/client'
import type { ImageFormat } from '../../../src-main/public/device'
import type { HostFile } from '../../../src-main/public/list'
import { useClient } from '../../client/Client'
import { type DiskForm, diskOfFile, freeDev, otherFile } from '../../features/disks/disk-form'
import type { Form } from './check-form'

export interface FilledIn {
  readonly fields: Partial<Form>
  readonly disks: readonly DiskForm[]
}

export interface LookedAt extends HostFile {
  /** Of a disk image; null when it could not be looked into. */
  readonly format: ImageFormat | null
  /** An ISO image that a machine can be made from. */
  readonly starts?: boolean
}

export function filledIn(files: readonly LookedAt[], before: readonly DiskForm[]): FilledIn {
  const kernel = files.find(({ kind }) => kind === 'kernel')?.path
  const ramdisk = files.find(({ kind }) => kind === 'ramdisk')?.path
  const disks = [...before]
  for (const { kind, path, format } of files) {
    if (kind !== 'disk') continue
    const waiting = disks.findIndex(
      ({ source, path: named }) => (source === 'file' || source === 'copy') && named.trim() === '',
    )
    const begun = disks[waiting]
    const dev = freeDev(disks.map((disk) => disk.dev))
    if (begun !== undefined) disks[waiting] = { ...begun, ...otherFile(path, format) }
    else if (dev !== undefined) disks.push(diskOfFile(dev, path, format))
  }
  return { fields: { ...(kernel !== undefined && { kernel }), ...(ramdisk !== undefined && { ramdisk }) }, disks }
}

/** The first ISO image of those that a machine can be made from; none where a kernel was given too. */
export function startingMedia(files: readonly LookedAt[]): LookedAt | undefined {
  return files.some(({ kind }) => kind === 'kernel') ? undefined : files.find(({ starts }) => starts === true)
}

/** Looks into the images among them, as far as can be. */
export function lookAtFiles(client: Client, files: readonly HostFile[]): Promise<readonly LookedAt[]> {
  const looked = files.map(async (file): Promise<LookedAt> => {
    const image = file.kind === 'disk' ? await client.call('imageInspect', { path: file.path }) : null
    const starts = image?.ok === true && /\.iso$/i.test(file.path) && (await client.call('mediaLook', { path: file.path })).ok
    return { ...file, format: image?.ok === true ? image.value.format : null, starts }
  })
  return Promise.all(looked)
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
      taker.current(await lookAtFiles(client, files.value))
    }
    void ask()
    return client.subscribe('createDomainFilled', () => void ask())
  }, [client])
}
