// The backends domain 0 has, by the device type of their xenstore directories. The primary console needs no row: it is served from
// boot, with the ring page the toolstack made, and has no xenbus handshake. The pumps on the guests' side: pumps.ts.
// A new device type adds a row here and one there (README.md). Runs in: domain 0.
import { openLockedFile } from '../image/locked-files'
import { openMerging } from '../image/merging-image'
import { openImage } from '../image/open'
import type { Networks } from '../net/networks'
import { blkRow } from './blk/row'
import type { BackendRow } from './device'
import { fbRow } from './fb/row'
import { kbdRow } from './kbd/row'
import { netRow } from './net/row'

export function backendRows(networks: Networks): readonly BackendRow[] {
  const blk = blkRow({
    open: (path, options) => openImage(path, options, openLockedFile),
    merge: (path, options) => openMerging(path, options, openLockedFile),
  })
  return [blk, netRow(networks), fbRow, kbdRow]
}
