// One open qcow2 image: its parts, which the files of this folder share. Made by open-qcow2.ts.
// Runs in: the image's thread.

import type { ImageResult } from '../error'
import type { File } from '../file'
import type { Image } from '../image'
import { Ranges } from '../ranges'
import { SyncGroup } from '../sync-group'
import { ClusterCache } from './decompress'
import { Epochs } from './epochs'
import { Frees } from './frees'
import type { Header } from './header'
import { Refcounts } from './refcounts'
import { Reserve } from './reserve'
import { type L2Table, Tables } from './tables'

export class State {
  header: Header
  readonly file: File
  /** Where guest data lies: the image itself or its external data file. */
  readonly data: File
  readonly backing: Image | undefined
  readonly tables: Tables
  readonly refcounts: Refcounts
  readonly sync: SyncGroup
  readonly reserve: Reserve
  readonly frees: Frees
  readonly epochs = new Epochs()
  /** Clusters whose mapping is being changed. */
  readonly allocating = new Ranges()
  /** L2 tables being made or copied, by L1 index. */
  readonly makingTables = new Map<number, Promise<ImageResult<L2Table>>>()
  readonly decompressed = new ClusterCache()
  readonly clusterSize: number
  /** A subcluster with extended L2 entries, otherwise a cluster: what is mapped as one. */
  readonly unit: number

  constructor(
    header: Header,
    file: File,
    dataFile: File | undefined,
    backing: Image | undefined,
    l1: Uint8Array,
    table: Float64Array,
  ) {
    this.header = header
    this.file = file
    this.data = dataFile ?? file
    this.backing = backing
    this.clusterSize = header.clusterSize
    this.unit = header.extendedL2 ? header.clusterSize / 32 : header.clusterSize
    this.tables = new Tables(file, header, l1)
    this.refcounts = new Refcounts(file, header, table)
    this.sync = new SyncGroup(dataFile ? [dataFile, file] : [file])
    this.reserve = new Reserve({
      file,
      header,
      refcounts: this.refcounts,
      sync: this.sync,
      released: (cluster, count) => this.frees.add(cluster, count),
    })
    this.frees = new Frees(this.sync, this.refcounts, this.reserve, this.epochs)
  }

  /** Data and tables of different files, or a backing file's end: how far the backing image reaches. */
  get backingSize(): number {
    return this.backing?.size ?? 0
  }
}
