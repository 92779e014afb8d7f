// A file system on a disk as boot menus need it: files found by path, symbolic links followed, and where their bytes stand.
// Invariant: following links ends; a file read into memory is no longer than was allowed. Runs in: the image process.
import { utf8 } from '../../lib/bytes'
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { DiskReader } from './disk-reader'

export type NodeKind = 'file' | 'folder' | 'link' | 'other'

export interface Node {
  readonly id: number
  readonly kind: NodeKind
  readonly size: number
}

export interface Entry {
  readonly name: string
  readonly id: number
}

/** Bytes of a file that stand together on the disk; without a place they are zeroes. */
export interface Piece {
  readonly place: number | undefined
  readonly length: number
}

export interface FileSystem {
  readonly kind: 'ext' | 'FAT'
  /** As GRUB's `search --fs-uuid` has it. */
  readonly uuid: string
  readonly label: string
  /** Not taken off in order: the latest changes may stand in its journal only, which is not replayed. */
  readonly dirty: boolean
  readonly ignoresCase: boolean
  readonly disk: DiskReader
  readonly root: number
  node(id: number): Promise<ImageResult<Node>>
  list(folder: Node): Promise<ImageResult<readonly Entry[]>>
  target(link: Node): Promise<ImageResult<string>>
  /** They follow each other, and are as long as the file. */
  pieces(file: Node): Promise<ImageResult<readonly Piece[]>>
  /** All of it, in memory: the caller has bounded its size. */
  contents(file: Node): Promise<ImageResult<Uint8Array>>
}

const MOST_LINKS = 40
const MOST_STEPS = 512
const PATH_MOST = 4096

export interface FoundNode {
  /** Without links. */
  readonly path: string
  readonly node: Node
}

/** What stands at a path, seen from the root; undefined: nothing, or a link that leads nowhere. */
export async function findNode(system: FileSystem, path: string): Promise<ImageResult<FoundNode | undefined>> {
  const steps = path.split('/')
  const walked: Node[] = []
  const names: string[] = []
  const root = await system.node(system.root)
  if (!root.ok) return root
  let links = 0
  for (let count = 0; steps.length > 0; count++) {
    if (count > MOST_STEPS) return ok(undefined)
    const step = steps.shift() ?? ''
    if (step === '' || step === '.') continue
    if (step === '..') {
      walked.pop()
      names.pop()
      continue
    }
    const folder = walked.at(-1) ?? root.value
    if (folder.kind !== 'folder') return ok(undefined)
    const entries = await system.list(folder)
    if (!entries.ok) return entries
    const entry = entries.value.find(({ name }) => sameName(system, name, step))
    if (entry === undefined) return ok(undefined)
    const node = await system.node(entry.id)
    if (!node.ok) return node
    if (node.value.kind !== 'link') {
      walked.push(node.value)
      names.push(entry.name)
      continue
    }
    if (++links > MOST_LINKS) return ok(undefined)
    const target = await system.target(node.value)
    if (!target.ok) return target
    if (target.value.length > PATH_MOST) return ok(undefined)
    if (target.value.startsWith('/')) {
      walked.length = 0
      names.length = 0
    }
    steps.unshift(...target.value.split('/'))
  }
  return ok({ path: `/${names.join('/')}`, node: walked.at(-1) ?? root.value })
}

function sameName({ ignoresCase }: FileSystem, a: string, b: string): boolean {
  return ignoresCase ? a.toLowerCase() === b.toLowerCase() : a === b
}

/** Names in a folder; none where there is no such folder. */
export async function namesIn(system: FileSystem, path: string): Promise<ImageResult<readonly string[]>> {
  const found = await findNode(system, path)
  if (!found.ok) return found
  if (found.value?.node.kind !== 'folder') return ok([])
  const entries = await system.list(found.value.node)
  return entries.ok ? ok(entries.value.map(({ name }) => name)) : entries
}

/** A small file; undefined: there is none. */
export async function readText(system: FileSystem, path: string, most: number): Promise<ImageResult<string | undefined>> {
  const found = await findNode(system, path)
  if (!found.ok) return found
  if (found.value?.node.kind !== 'file') return ok(undefined)
  const { node } = found.value
  if (node.size > most) return fail('unsupported', `On ${system.disk.image.path}, ${path} is too long to be a boot menu.`)
  const bytes = await system.contents(node)
  return bytes.ok ? ok(utf8(bytes.value)) : bytes
}

export async function readPieces(disk: DiskReader, pieces: readonly Piece[], size: number): Promise<ImageResult<Uint8Array>> {
  const bytes = new Uint8Array(size)
  let at = 0
  for (const { place, length } of pieces) {
    const read = place === undefined ? undefined : await disk.read(place, length)
    if (read?.ok === false) return read
    if (read) bytes.set(read.value, at)
    at += length
  }
  return ok(bytes)
}
