// What boot menus are read from, and what comes of it. Runs in: the image process.
import type { FileSystem, FoundNode } from './file-system'

export const MENU_KINDS = ['grub', 'loader-entries', 'extlinux', 'files'] as const
export type MenuKind = (typeof MENU_KINDS)[number]

export interface OpenedPart {
  readonly number: number
  readonly system: FileSystem
}

export interface Bootable {
  readonly from: MenuKind
  readonly title: string
  readonly system: FileSystem
  readonly kernel: FoundNode
  readonly ramdisks: readonly FoundNode[]
  readonly cmdline: string
}
