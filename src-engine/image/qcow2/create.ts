// A new qcow2 image: header, refcount table, refcount blocks and an L1 table, nothing mapped.
// The file is written from its tables to its header and synced, so a crash leaves no image rather than half of one.
// Spec: QEMU docs/interop/qcow2.txt. Runs in: the image's thread.
import { fromUtf8 } from '../../lib/bytes'
import type { ImageFormat } from '../../public/protocol/device'
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import { setU64, viewOf } from '../views'
import { nameOfFormat } from './format-name'
import { AT, bytesPerTable, EXTENSION, type Extension, MAGIC } from './header'
import { refcountWidth } from './refcount-bits'

export interface NewQcow2 {
  readonly size: number
  readonly clusterSize: number
  readonly refcountBits?: number
  readonly backing?: { readonly name: string; readonly format: ImageFormat }
}

const HEADER_LENGTH = 112
const L1_LIMIT = 32 * 1024 * 1024

export async function createQcow2(file: File, options: NewQcow2): Promise<ImageResult<void>> {
  const { size, clusterSize } = options
  const clusterBits = Math.log2(clusterSize)
  const refcountOrder = Math.log2(options.refcountBits ?? 16)
  if (!Number.isInteger(clusterBits) || clusterBits < 9 || clusterBits > 21) {
    return fail('unsupported', `Clusters of ${clusterSize} bytes: it must be a power of two from 512 to 2097152.`)
  }
  if (!Number.isInteger(refcountOrder) || refcountOrder < 0 || refcountOrder > 6) {
    return fail('unsupported', `Refcounts of ${options.refcountBits} bits: it must be a power of two from 1 to 64.`)
  }
  const l1Size = Math.ceil(size / bytesPerTable(clusterBits, false))
  if (l1Size * 8 > L1_LIMIT) return fail('unsupported', `${size} bytes are too many for clusters of ${clusterSize} bytes.`)

  const clustersOf = (bytes: number) => Math.ceil(bytes / clusterSize)
  const l1Clusters = Math.max(clustersOf(8 * l1Size), 1)
  const perBlock = 2 ** (clusterBits + 3 - refcountOrder)
  let blocks = 1
  let tableClusters = 1
  const total = () => 1 + tableClusters + blocks + l1Clusters
  while (blocks * perBlock < total() || tableClusters * clusterSize < 8 * blocks) {
    blocks = Math.ceil(total() / perBlock)
    tableClusters = clustersOf(8 * blocks)
  }

  const header = encodeHeader(options, { clusterBits, refcountOrder, l1Size, tableClusters, blocks })
  if (!header.ok) return header
  const meta = new Uint8Array((tableClusters + blocks) * clusterSize)
  const width = refcountWidth(refcountOrder)
  for (let i = 0; i < blocks; i++) {
    setU64(viewOf(meta), 8 * i, (1 + tableClusters + i) * clusterSize)
    const block = meta.subarray((tableClusters + i) * clusterSize, (tableClusters + i + 1) * clusterSize)
    for (let at = 0; at < perBlock && i * perBlock + at < total(); at++) width.set(block, at, 1)
  }
  const sized = await file.truncate(total() * clusterSize)
  if (!sized.ok) return sized
  const tables = await file.write(clusterSize, [meta])
  if (!tables.ok) return tables
  const before = await file.sync()
  if (!before.ok) return before
  const written = await file.write(0, [header.value])
  return written.ok ? file.sync() : written
}

interface Layout {
  readonly clusterBits: number
  readonly refcountOrder: number
  readonly l1Size: number
  readonly tableClusters: number
  readonly blocks: number
}

function encodeHeader(options: NewQcow2, layout: Layout): ImageResult<Uint8Array> {
  const { clusterSize, backing } = options
  const bytes = new Uint8Array(clusterSize)
  const view = viewOf(bytes)
  view.setUint32(AT.magic, MAGIC)
  view.setUint32(AT.version, 3)
  view.setUint32(AT.clusterBits, layout.clusterBits)
  setU64(view, AT.size, options.size)
  view.setUint32(AT.l1Size, layout.l1Size)
  setU64(view, AT.l1Offset, (1 + layout.tableClusters + layout.blocks) * clusterSize)
  setU64(view, AT.refcountTableOffset, clusterSize)
  view.setUint32(AT.refcountTableClusters, layout.tableClusters)
  view.setUint32(AT.refcountOrder, layout.refcountOrder)
  view.setUint32(AT.headerLength, HEADER_LENGTH)
  const named = encodeNames(bytes, HEADER_LENGTH, [], backing)
  return named.ok ? ok(bytes) : named
}

/**
 * Writes header extensions from `at` on, then the name of the backing file, and the fields that point to it.
 * `kept` are extensions of an existing header; its backing format is replaced.
 */
export function encodeNames(
  bytes: Uint8Array,
  at: number,
  kept: readonly Extension[],
  backing: { readonly name: string; readonly format: ImageFormat } | undefined,
): ImageResult<void> {
  const view = viewOf(bytes)
  const extensions = kept.filter(({ type }) => type !== EXTENSION.backingFormat)
  if (backing) extensions.unshift({ type: EXTENSION.backingFormat, bytes: fromUtf8(nameOfFormat(backing.format)) })
  const name = fromUtf8(backing?.name ?? '')
  const room = extensions.reduce((sum, one) => sum + 8 + Math.ceil(one.bytes.length / 8) * 8, 8) + name.length
  if (name.length > 1023 || at + room > bytes.length) {
    return fail('unsupported', `The backing file's name is too long for the header: ${backing?.name}.`)
  }
  bytes.fill(0, at)
  for (const extension of extensions) {
    view.setUint32(at, extension.type)
    view.setUint32(at + 4, extension.bytes.length)
    bytes.set(extension.bytes, at + 8)
    at += 8 + Math.ceil(extension.bytes.length / 8) * 8
  }
  at += 8
  bytes.set(name, at)
  setU64(view, AT.backingOffset, backing ? at : 0)
  view.setUint32(AT.backingSize, name.length)
  return ok(undefined)
}
