// What a file looks like, for the dialog in which a user chooses it: the answer is shown and confirmed there, and never used
// to open an image by itself, because a guest can write any header into its raw disk. Runs in: the image's thread.
import { latin1 } from '../lib/bytes'
import type { ImageFormat } from '../public/protocol/device'
import { ok } from '../public/result'
import type { ImageResult } from './error'
import { openNodeFile } from './node-file'
import { viewOf } from './views'

export async function probeImage(path: string): Promise<ImageResult<ImageFormat>> {
  const file = await openNodeFile(path, 'read')
  if (!file.ok) return file
  const start = new Uint8Array(512)
  const end = new Uint8Array(512)
  const read = await file.value.read(0, [start])
  const footer = read.ok ? await file.value.read(Math.max(file.value.size - 512, 0), [end]) : read
  await file.value.close()
  return footer.ok ? ok(look(start, end)) : footer
}

function look(start: Uint8Array, end: Uint8Array): ImageFormat {
  const text = latin1(start)
  if (viewOf(start).getUint32(0) === 0x514649fb) return 'qcow2'
  if (text.startsWith('KDMV') || text.startsWith('COWD') || /^\s*# Disk DescriptorFile/.test(text)) return 'vmdk'
  if (text.startsWith('conectix') || latin1(end).startsWith('conectix')) return 'vhd'
  return 'raw'
}
