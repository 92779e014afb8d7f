// Opens an image of a told format with all that it refers to: `openImage`, what block backends and tools call.
// Runs in: the image's thread.
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File, OpenFile } from './file'
import type { Format } from './format'
import type { Image, OpenOptions } from './image'
import { openNodeFile } from './node-file'
import { OrderedImage } from './ordered-image'
import { formatOfName } from './qcow2/format-name'
import { INCOMPATIBLE, readHeader } from './qcow2/header'
import { clearAutoclear, openQcow2State } from './qcow2/open-qcow2'
import { Qcow2Format } from './qcow2/qcow2'
import { repairQcow2 } from './qcow2/repair'
import type { State } from './qcow2/state'
import { openRaw } from './raw'
import { printable, Reachable } from './reachable'
import { openVhd } from './vhd'
import { openVmdk } from './vmdk'

export async function openImage(
  path: string,
  options: OpenOptions,
  openFile: OpenFile = openNodeFile,
): Promise<ImageResult<Image>> {
  const reachable = await Reachable.from(path, options.allowed ?? [])
  if (!reachable.ok) return reachable
  return openAt(path, options, reachable.value, openFile)
}

async function openAt(
  path: string,
  options: OpenOptions,
  reachable: Reachable,
  openFile: OpenFile,
): Promise<ImageResult<Image>> {
  const file = await openFile(path, options.readonly ? 'read' : 'write')
  if (!file.ok) return file
  const format = await openFormat(file.value, options, reachable, openFile)
  if (format.ok) return ok(new OrderedImage(format.value, path, options.readonly))
  await file.value.close()
  return format
}

async function openFormat(
  file: File,
  options: OpenOptions,
  reachable: Reachable,
  openFile: OpenFile,
): Promise<ImageResult<Format>> {
  switch (options.format) {
    case 'raw':
      return openRaw(file)
    case 'qcow2': {
      const state = await openQcow2(file, options, reachable, openFile)
      return state.ok ? ok(new Qcow2Format(state.value, options.readonly)) : state
    }
    case 'vhd':
      return options.readonly ? openVhd(file) : onlyRead(file, options)
    case 'vmdk':
      return options.readonly ? openVmdk(file, reachable, (path) => openFile(path, 'read')) : onlyRead(file, options)
  }
}

function onlyRead(file: File, { format }: OpenOptions) {
  return fail('read-only', `${file.path} is of format ${format}, which is only read; convert it to write to it.`)
}

/** The inner state, for the operations of this folder that change more than a guest may. */
export async function openQcow2(
  file: File,
  options: OpenOptions,
  reachable: Reachable,
  openFile: OpenFile,
): Promise<ImageResult<State>> {
  const ready = options.readonly ? ok(undefined) : await repairIfDirty(file)
  if (!ready.ok) return ready
  const state = await openQcow2State(file, options.readonly, {
    openBacking: async (name, told) => {
      const format = told === undefined ? options.backingFormat : formatOfName(told)
      if (format === undefined) {
        const why =
          told === undefined ? 'does not say the format of its backing file' : `has a backing file of format ${printable(told)}`
        return fail('unsupported', `${file.path} ${why}.`)
      }
      const found = await reachable.find(name)
      if (!found.ok) return found
      const { writableBacking = false, judgeAsWritten: _above, ...below } = options
      return openAt(found.value, { ...below, format, readonly: !writableBacking }, reachable.below(found.value), openFile)
    },
    openDataFile: async (name) => {
      const purpose = options.readonly ? 'read' : 'write'
      const found = await reachable.find(name, options.judgeAsWritten === true ? 'write' : purpose)
      return found.ok ? openFile(found.value, purpose) : found
    },
  })
  if (!state.ok || options.readonly) return state
  const cleared = await clearAutoclear(file, state.value.header)
  if (cleared.ok) return state
  const { data, backing } = state.value
  if (data !== file) await data.close()
  await backing?.close()
  return cleared
}

/** With lazy refcounts the last writer may have left them behind. We never leave an image so: see reserve.ts. */
async function repairIfDirty(file: File): Promise<ImageResult<void>> {
  const header = await readHeader(file)
  if (!header.ok) return header
  const { incompatible } = header.value
  return incompatible & INCOMPATIBLE.dirty && !(incompatible & INCOMPATIBLE.corrupt) ? repairQcow2(file, 'all') : ok(undefined)
}
