// Formats by the names that qcow2 headers have for them. Runs in: any thread.
import { IMAGE_FORMATS, type ImageFormat } from '../../public/protocol/device'

export function formatOfName(name: string): ImageFormat | undefined {
  return name === 'vpc' ? 'vhd' : IMAGE_FORMATS.find((format) => format === name)
}

export function nameOfFormat(format: ImageFormat): string {
  return format === 'vhd' ? 'vpc' : format
}
