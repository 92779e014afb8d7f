// Holds the refcounts of an image against what it refers to, as `qemu-img check` does: a refcount too low is an error that
// loses data one day, one too high a leak that only costs room. The COPIED flags must say whether a refcount is one.
// Reads only; repair.ts mends. Runs in: the image's thread, with nobody writing.
import { ok } from '../../public/result'
import { fail, type ImageResult } from '../error'
import type { File } from '../file'
import { due, turn } from '../turn'
import { type Header, INCOMPATIBLE } from './header'
import { Refcounts, readRefcountTable } from './refcounts'
import { countReferences } from './references'
import { walkTree } from './walk'

export interface CheckReport {
  /** One sentence each; no more than some hundred are kept, `errorCount` counts all of the refcounts. */
  readonly errors: readonly string[]
  readonly errorCount: number
  /** Clusters that are counted too high. */
  readonly leaks: number
  readonly dirty: boolean
  readonly corrupt: boolean
}

export interface Comparison {
  readonly report: CheckReport
  /** Runs of clusters whose refcount is too high, with what it should be. */
  readonly leaked: readonly { readonly cluster: number; readonly count: number; readonly references: number }[]
  /** Where in the file there is an entry of the disk's tables with the wrong COPIED flag. */
  readonly wrongFlags: readonly { readonly at: number; readonly should: boolean }[]
  /** A refcount is too low, the structures themselves are damaged, or too many are too high: lowering some is not enough. */
  readonly rebuild: boolean
}

const ERRORS_KEPT = 100
const FLAGS_KEPT = 1_000_000
/** Runs of leaks kept: a crash leaves a few. With more all counts are made anew, which costs no memory for each. */
const LEAKS_KEPT = 100_000
/** A sparse file may claim any length. */
const BLOCKS_LIMIT = 2 ** 24

export async function compareRefcounts(file: File, header: Header, signal?: AbortSignal): Promise<ImageResult<Comparison>> {
  const table = await readRefcountTable(file, header)
  if (!table.ok) return table
  const counted = await countReferences(file, header, { refcountStructures: table.value, ...(signal ? { signal } : {}) })
  if (!counted.ok) return counted
  const { references } = counted.value
  const errors = [...counted.value.errors]
  let errorCount = errors.length
  const wrong = (text: string) => {
    errorCount++
    if (errors.length < ERRORS_KEPT) errors.push(text)
  }
  const refcounts = new Refcounts(file, header, table.value)
  const leaked: { cluster: number; count: number; references: number }[] = []
  let leaks = 0
  let rebuild = errors.length > 0
  if (file.size / header.clusterSize / refcounts.perBlock > BLOCKS_LIMIT) {
    return fail('unsupported', `${file.path} is too large to be checked.`)
  }
  const last = Math.max(references.end, Math.ceil(file.size / header.clusterSize))
  const seen = new Set<number>()
  for (let index = 0; index < table.value.length || index * refcounts.perBlock < last; index++) {
    const first = index * refcounts.perBlock
    if (signal?.aborted) return fail('cancelled', `The walk through ${file.path} was called off.`)
    const offset = table.value[index] ?? 0
    if (offset !== 0 && seen.has(offset)) {
      // Going through it again could go on for as long as the table is.
      wrong(`the refcount block of clusters ${first} on is that of others too`)
      rebuild = true
      continue
    }
    seen.add(offset)
    const block = await refcounts.load(index)
    if (!block.ok && block.error.code !== 'corrupt') return block
    if (!block.ok) {
      wrong(`the refcount block of clusters ${first} on is nowhere`)
      rebuild = true
    }
    const bytes = block.ok ? block.value?.bytes : undefined
    if (!bytes && first >= references.end) continue
    for (let at = 0; at < refcounts.perBlock; at++) {
      if (due(at)) await turn()
      const count = bytes ? refcounts.width.get(bytes, at) : 0
      const wanted = references.get(first + at)
      if (count < wanted) {
        wrong(`cluster ${first + at} is counted ${count} times but used ${wanted} times`)
        rebuild = true
      } else if (count > wanted) {
        leaks++
        const run = leaked[leaked.length - 1]
        if (run && run.cluster + run.count === first + at && run.references === wanted) run.count++
        else if (leaked.length < LEAKS_KEPT) leaked.push({ cluster: first + at, count: 1, references: wanted })
        else rebuild = true
      }
    }
    await turn()
  }
  // With the counts wrong, what the flags should be is not known yet.
  const flags = rebuild ? ok([]) : await judgeFlags(file, header, refcounts, wrong, signal)
  if (!flags.ok) return flags
  return ok({
    report: {
      errors,
      errorCount,
      leaks,
      dirty: (header.incompatible & INCOMPATIBLE.dirty) !== 0,
      corrupt: (header.incompatible & INCOMPATIBLE.corrupt) !== 0,
    },
    leaked,
    wrongFlags: flags.value,
    rebuild,
  })
}

/** Refcounts of the disk's tables and clusters are in the cache or read again: nothing is kept per entry. */
async function judgeFlags(
  file: File,
  header: Header,
  refcounts: Refcounts,
  wrong: (text: string) => void,
  signal?: AbortSignal,
): Promise<ImageResult<{ at: number; should: boolean }[]>> {
  const flags: { at: number; should: boolean }[] = []
  let batch: { at: number; cluster: number; copied: boolean }[] = []
  const visit = (at: number, host: number, copied: boolean) => batch.push({ at, cluster: host / header.clusterSize, copied })
  const judge = async (): Promise<ImageResult<void>> => {
    for (const { at, cluster, copied } of batch) {
      const count = refcounts.peek(cluster) ?? (await refcounts.get(cluster))
      if (!count.ok) return count
      if ((count.value === 1) === copied) continue
      wrong(`the entry at ${at} says ${copied ? 'ours alone' : 'shared'}, but its cluster is counted ${count.value} times`)
      if (flags.length < FLAGS_KEPT) flags.push({ at, should: count.value === 1 })
    }
    batch = []
    return ok(undefined)
  }
  const walked = await walkTree(file, header, header.l1Offset, header.l1Size, {
    table: visit,
    cluster: visit,
    each: judge,
    signal,
  })
  return walked.ok ? ok(flags) : walked
}
