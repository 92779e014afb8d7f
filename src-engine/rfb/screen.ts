// The picture as all viewers of a server share it: the last one given out (`shown`) and the one being fetched. A refresh says
// which tiles really changed, however much the guest claimed, and whether a part was scrolled.
// Invariant: outside refresh() both pictures are equal, and equal to what the source gave last.
// Runs in: the process of the source.
import type { PixelSource } from './pixel-source'
import { ScrollFinder } from './scroll'
import { type Rectangle, TILE_HEIGHT, TILE_WIDTH, TileSet } from './tile-set'

/** Of the changed tiles a copy may leave this many to be sent, as a viewer's copy is not for nothing either; what leaves more was no scroll. */
const COPY_LEAVES = 0.5
const SCROLL_LEAVES = 0.75

/** A part of the screen whose new content is what was `distance` rows further down. */
export interface Copy {
  readonly target: Rectangle
  readonly distance: number
  /** What differs when the copy has been done. */
  readonly rest: TileSet
}

export interface Change {
  /** The size is another one: everything else is to be sent anew. */
  readonly resized: boolean
  readonly tiles: TileSet
  readonly copy: Copy | undefined
  /** By how many rows a part of the picture went up, also where a copy of it is not worth sending; negative: down; 0: nothing found. */
  readonly scrolled: number
}

export class Screen {
  private readonly source: PixelSource
  private readonly scrolls = new ScrollFinder()
  shown: Uint32Array
  width: number
  height: number
  private next: Uint32Array
  private changedRows: Uint8Array

  constructor(source: PixelSource) {
    this.source = source
    this.width = source.width
    this.height = source.height
    this.shown = new Uint32Array(this.width * this.height)
    this.next = this.shown.slice()
    this.changedRows = new Uint8Array(this.height)
  }

  get all(): Rectangle {
    return { x: 0, y: 0, width: this.width, height: this.height }
  }

  /** Fetches; undefined when nothing changed. */
  refresh(): Change | undefined {
    const { source } = this
    source.look?.()
    const resized = source.width !== this.width || source.height !== this.height
    if (resized) {
      this.width = source.width
      this.height = source.height
      this.shown = new Uint32Array(this.width * this.height)
      this.next = this.shown.slice()
      this.changedRows = new Uint8Array(this.height)
    }
    this.changedRows.fill(0)
    source.fetch(this.next, this.changedRows)
    const tiles = new TileSet(this.width, this.height)
    if (resized) {
      tiles.mark(this.all)
      this.shown.set(this.next)
      return { resized, tiles, copy: undefined, scrolled: 0 }
    }
    const top = this.changedRows.indexOf(1)
    if (top < 0) return undefined
    const bottom = this.changedRows.lastIndexOf(1) + 1
    this.compare(tiles, top, bottom)
    const copy = this.findCopy(tiles, top, bottom)
    for (let y = top; y < bottom; y++) {
      if (!this.changedRows[y]) continue
      this.shown.set(this.next.subarray(y * this.width, (y + 1) * this.width), y * this.width)
    }
    if (tiles.empty) return undefined
    const left = copy ? copy.rest.size / tiles.size : 1
    return {
      resized,
      tiles,
      copy: left <= COPY_LEAVES ? copy : undefined,
      scrolled: copy && left <= SCROLL_LEAVES ? copy.distance : 0,
    }
  }

  /** Marks the tiles of rows [top, bottom) in which the two pictures differ. */
  private compare(tiles: TileSet, top: number, bottom: number): void {
    const { shown, next, width } = this
    const { marks, columns } = tiles
    for (let y = top; y < bottom; y++) {
      if (!this.changedRows[y]) continue
      const row = Math.floor(y / TILE_HEIGHT) * columns
      for (let column = 0; column < columns; column++) {
        if (marks[row + column]) continue
        const end = y * width + Math.min((column + 1) * TILE_WIDTH, width)
        for (let at = y * width + column * TILE_WIDTH; at < end; at++) {
          if (shown[at] === next[at]) continue
          marks[row + column] = 1
          break
        }
      }
    }
  }

  /**
   * The largest part that was moved. Rows within it are equal to the old ones they come from, so what remains are the changed tiles
   * that are not wholly inside.
   */
  private findCopy(tiles: TileSet, top: number, bottom: number): Copy | undefined {
    const bounds = columnBounds(tiles)
    if (!bounds) return undefined
    const left = bounds.left * TILE_WIDTH
    const right = Math.min(bounds.right * TILE_WIDTH, this.width)
    const scroll = this.scrolls.find(this.shown, this.next, this.width, left, right, top, bottom)
    if (!scroll) return undefined
    const rest = new TileSet(this.width, this.height)
    for (let row = 0; row < tiles.rows; row++) {
      const y = row * TILE_HEIGHT
      if (y >= scroll.top && Math.min(y + TILE_HEIGHT, this.height) <= scroll.bottom) continue
      for (let i = row * tiles.columns; i < (row + 1) * tiles.columns; i++) rest.marks[i] = tiles.marks[i] ?? 0
    }
    const target: Rectangle = { x: left, y: scroll.top, width: right - left, height: scroll.bottom - scroll.top }
    return { target, distance: scroll.distance, rest }
  }
}

function columnBounds({ marks, columns }: TileSet): { left: number; right: number } | undefined {
  let left = columns
  let right = 0
  for (let i = 0; i < marks.length; i++) {
    if (!marks[i]) continue
    left = Math.min(left, i % columns)
    right = Math.max(right, (i % columns) + 1)
  }
  return left < right ? { left, right } : undefined
}
