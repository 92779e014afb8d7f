// What belongs to the list of domains and to no domain's definition: folder and tags of each domain, the list's
// columns, order and saved filters, and files dropped onto it. Runs in: main, preload, renderer. No platform.
import { isVisible, NEVER_IN_NAMES as NEVER } from '../../src-engine/public/name'
import { count, fields, flag, list, matching, oneOf, shortText, type TypeOf, within } from '../../src-engine/public/shape'

/** Names of folders from the outermost, joined by `/`; empty is the top. A folder is there as long as something is in it. */
export const folderShape = matching(
  'a folder as Work/Web',
  new RegExp(`^(?!.{300})(?:[^\\s/${NEVER}](?:[^/${NEVER}]{0,62}[^\\s/${NEVER}])?(?:/(?!$)|$))*$`, 'u'),
  (folder) => folder === '' || folder.split('/').every(isVisible),
)
export const tagShape = matching('a tag', new RegExp(`^[^\\s,${NEVER}](?:[^,${NEVER}]{0,38}[^\\s,${NEVER}])?$`, 'u'), isVisible)
export const TAGS_MOST = 32

export const metadataShape = fields({
  folder: folderShape,
  tags: list(tagShape, TAGS_MOST),
})
export type Metadata = TypeOf<typeof metadataShape>
export const noMetadata: Metadata = { folder: '', tags: [] }

/** Columns by identifier: the window knows them; one it does not know is left out. */
export const listLayoutShape = fields({
  columns: list(fields({ id: shortText(32), width: within(40, 2000), shown: flag }), 32),
  sort: fields({ column: shortText(32), descending: flag }),
  /** Rows that hide what is below them, by their keys. */
  collapsed: list(shortText(400), 2000),
  filters: list(fields({ name: shortText(64), text: shortText(256) }), 64),
})
export type ListLayout = TypeOf<typeof listLayoutShape>
export const defaultListLayout: ListLayout = {
  columns: [],
  sort: { column: 'name', descending: false },
  collapsed: [],
  filters: [],
}

/** What a file is, by its first bytes. `saved` is a saved machine, `config` a definition as text. */
export const hostFileKinds = ['kernel', 'ramdisk', 'disk', 'config', 'saved', 'unknown'] as const
export const hostFileShape = fields({ path: shortText(4096), kind: oneOf(...hostFileKinds), size: count })
export type HostFile = TypeOf<typeof hostFileShape>
