// Opens an image of a told format with all that it refers to: `openImage`, what block backends and tools call.
// Runs in: the image's thread.
import { IMAGE_FORMATS, type ImageFormat } from '../public/protocol/device'
import { ok } from '../public/result'
import { fail, type ImageResult } from './error'
import type { File, OpenFile } from './file'
import type { Format } from './format'
import type { Image, OpenOptions } from './image'
import { openNodeFile } from './node-file'
import { OrderedImage } from './ordered-image'
import { clearAutoclear, openQcow2State } from './qcow2/open-qcow2'
import { Qcow2Format } from './qcow2/qcow2'
import type { State } from './qcow2/state'
import { openRaw } from './raw'
import { printable, Reachable } from './reachable'

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
    case 'vmdk':
      return fail('unsupported', `${options.format} images are not read yet.`)
  }
}

/** The inner state, for the operations of this folder that change more than a guest may. */
export async function openQcow2(
  file: File,
  options: OpenOptions,
  reachable: Reachable,
  openFile: OpenFile,
): Promise<ImageResult<State>> {
  const state = await openQcow2State(file, options.readonly, {
    openBacking: async (name, told) => {
      const format = told === undefined ? options.backingFormat : imageFormat(told)
      if (format === undefined) {
        const why =
          told === undefined ? 'does not say the format of its backing file' : `has a backing file of format ${printable(told)}`
        return fail('unsupported', `${file.path} ${why}.`)
      }
      const found = await reachable.find(name)
      if (!found.ok) return found
      return openAt(found.value, { ...options, format, readonly: true }, reachable.below(found.value), openFile)
    },
    openDataFile: async (name) => {
      const found = await reachable.find(name)
      return found.ok ? openFile(found.value, options.readonly ? 'read' : 'write') : found
    },
  })
  if (!state.ok || options.readonly) return state
  const cleared = await clearAutoclear(file, state.value.header)
  return cleared.ok ? state : cleared
}

/** A format by the name an image header has for it. */
function imageFormat(name: string): ImageFormat | undefined {
  if (name === 'vpc') return 'vhd'
  return IMAGE_FORMATS.find((format) => format === name)
}
