// Installation trees of the network are named where ISO images are, by their address instead of a path.
// Runs in: main, preload, renderer, command line. No platform.
import { TREE_ADDRESS_MOST } from '../../src-engine/public/protocol/image-control'
import { fields, list, shortText, type TypeOf } from '../../src-engine/public/shape'

export { TREE_ADDRESS_MOST }
export const TREES_REMEMBERED = 10

/** An address and no path. */
export function isTreeAddress(text: string): boolean {
  return /^https?:\/\//i.test(text.trim())
}

/** The host an address names, port included; undefined for what is no address. */
export function treeHost(address: string): string | undefined {
  return /^https?:\/\/([^/?#]*)/i.exec(address.trim())?.[1]
}

/** Addresses that machines were made from, the last one first. */
export const recentTreesShape = fields({ addresses: list(shortText(TREE_ADDRESS_MOST), TREES_REMEMBERED) })
export type RecentTrees = TypeOf<typeof recentTreesShape>
