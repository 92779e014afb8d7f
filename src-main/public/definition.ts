// Definitions as texts: revisions, differences, the trash, and configurations that come and go as files.
// Runs in: main, preload, renderer, command line. No platform.
import { count, fields, flag, list, number, oneOf, shortText, type TypeOf, text } from '../../src-engine/public/shape'
import { configNoteShape } from './config-note'
import { domainConfigShape, nullable, uuidShape } from './types'

/** Longest configuration text, UTF-16 units. */
export const CONFIG_TEXT_MOST = 1 << 20
export const configTextShape = shortText(CONFIG_TEXT_MOST)

/** `xml` is libvirt's domain XML, `xl` an xl.cfg. */
export const CONFIG_FORMATS = ['xml', 'xl'] as const
export type ConfigFormat = (typeof CONFIG_FORMATS)[number]

/** Why a definition became what it is. `outside`: somebody changed the file while the app did not run. */
export const REVISION_CAUSES = ['defined', 'changed', 'text', 'device', 'renamed', 'reverted', 'restored', 'outside'] as const
export type RevisionCause = (typeof REVISION_CAUSES)[number]

export const revisionShape = fields({
  /** Counts up from 1 for each domain; the highest is what is now. */
  revision: count,
  time: number,
  cause: oneOf(...REVISION_CAUSES),
})
export type Revision = TypeOf<typeof revisionShape>

export const diffLineShape = fields({ kind: oneOf('kept', 'removed', 'added'), text })
export type DiffLine = TypeOf<typeof diffLineShape>
export const diffShape = list(diffLineShape, 200_000)

/** A configuration text looked at: what it would become, and what was changed to fit. */
export const readConfigShape = fields({
  name: text,
  format: oneOf(...CONFIG_FORMATS),
  /** The definition's text it becomes. */
  text: configTextShape,
  /** Against the definition's text now; all added for a new domain. */
  diff: diffShape,
  notes: list(configNoteShape, 1000),
  config: domainConfigShape,
})
export type ReadConfigText = TypeOf<typeof readConfigShape>

export const trashEntryShape = fields({
  id: shortText(80),
  uuid: uuidShape,
  name: text,
  deletedAt: number,
  hasManagedSave: flag,
  /** Image files that go when the entry is emptied; the user ticked them when deleting. */
  disks: list(text, 64),
  /** What its own files take, bytes; image files not counted. */
  size: number,
  /** Set when its definition cannot be read any more. */
  problem: nullable(text),
})
export type TrashEntry = TypeOf<typeof trashEntryShape>
