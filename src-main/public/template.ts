// Templates: definitions that new machines are filled in from, with what is to be on their disks.
// Runs in: main, preload, renderer, command line. No platform.
import { NAME_BYTES_MOST } from '../../src-engine/public/name'
import { fields, list, number, optional, shortText, type TypeOf, within } from '../../src-engine/public/shape'
import { configTextShape } from './definition'
import { IMAGE_SIZE_MOST_MIB } from './device'
import { domainConfigShape, uuidShape } from './types'

export const TEMPLATES_MOST = 256
export const templateNameShape = shortText(NAME_BYTES_MOST)

/** A disk that its machines write to: each gets an image of its own. */
export const templateDiskShape = fields({
  dev: shortText(8),
  sizeMiB: within(1, IMAGE_SIZE_MOST_MIB),
  /** What such an image begins with, a file that belongs to the template; empty without. */
  image: optional(shortText(4096)),
})

export const templateShape = fields({
  id: uuidShape,
  name: templateNameShape,
  /** Milliseconds since 1970. */
  savedAt: number,
  config: domainConfigShape,
  /** The definition's text, without passwords: what forms do not show of it is kept for new machines. */
  text: configTextShape,
  disks: list(templateDiskShape, 64),
})
export type Template = TypeOf<typeof templateShape>

/** As they are stored. */
export const templatesShape = fields({ templates: list(templateShape, TEMPLATES_MOST) })
