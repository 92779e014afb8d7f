// Which parts of a screen differ from what a client has: one byte for each tile of 64 by 16 pixels (a line of a text console is
// 16 pixels high; zrle's tiles are 64 wide). Rectangles come out of it merged, so that a client gets few of them.
// Invariant: rectangles lie within width × height, do not overlap, and cover exactly the marked tiles. Runs in: anything.

export const TILE_WIDTH = 64
export const TILE_HEIGHT = 16

export interface Rectangle {
  readonly x: number
  readonly y: number
  readonly width: number
  readonly height: number
}

export class TileSet {
  readonly columns: number
  readonly rows: number
  readonly marks: Uint8Array

  constructor(
    readonly width: number,
    readonly height: number,
  ) {
    this.columns = Math.ceil(width / TILE_WIDTH)
    this.rows = Math.ceil(height / TILE_HEIGHT)
    this.marks = new Uint8Array(this.columns * this.rows)
  }

  get empty(): boolean {
    return this.marks.indexOf(1) < 0
  }

  /** How many tiles are marked. */
  get size(): number {
    let size = 0
    for (const mark of this.marks) size += mark
    return size
  }

  clear(): void {
    this.marks.fill(0)
  }

  /** Marks every tile that a rectangle touches. */
  mark({ x, y, width, height }: Rectangle): void {
    if (width <= 0 || height <= 0) return
    const left = Math.max(0, Math.floor(x / TILE_WIDTH))
    const right = Math.min(this.columns, Math.ceil((x + width) / TILE_WIDTH))
    const top = Math.max(0, Math.floor(y / TILE_HEIGHT))
    const bottom = Math.min(this.rows, Math.ceil((y + height) / TILE_HEIGHT))
    for (let row = top; row < bottom; row++) {
      if (left < right) this.marks.fill(1, row * this.columns + left, row * this.columns + right)
    }
  }

  /** Also what `other`, of the same size, has. */
  add(other: TileSet): void {
    for (let i = 0; i < this.marks.length; i++) this.marks[i] = (this.marks[i] ?? 0) | (other.marks[i] ?? 0)
  }

  touches({ x, y, width, height }: Rectangle): boolean {
    const left = Math.max(0, Math.floor(x / TILE_WIDTH))
    const right = Math.min(this.columns, Math.ceil((x + width) / TILE_WIDTH))
    const bottom = Math.min(this.rows, Math.ceil((y + height) / TILE_HEIGHT))
    for (let row = Math.max(0, Math.floor(y / TILE_HEIGHT)); row < bottom; row++) {
      for (let column = left; column < right; column++) if (this.marks[row * this.columns + column]) return true
    }
    return false
  }

  /** Takes the marked tiles that touch `within` out of the set, as rectangles. */
  take(within: Rectangle): Rectangle[] {
    const left = Math.max(0, Math.floor(within.x / TILE_WIDTH))
    const right = Math.min(this.columns, Math.ceil((within.x + within.width) / TILE_WIDTH))
    const top = Math.max(0, Math.floor(within.y / TILE_HEIGHT))
    const bottom = Math.min(this.rows, Math.ceil((within.y + within.height) / TILE_HEIGHT))
    const found: Rectangle[] = []
    for (let row = top; row < bottom; row++) {
      for (let column = left; column < right; column++) {
        if (!this.marks[row * this.columns + column]) continue
        let end = column + 1
        while (end < right && this.marks[row * this.columns + end]) end++
        let below = row + 1
        while (below < bottom && this.whole(below, column, end)) below++
        for (let y = row; y < below; y++) this.marks.fill(0, y * this.columns + column, y * this.columns + end)
        const x = column * TILE_WIDTH
        const y = row * TILE_HEIGHT
        found.push({
          x,
          y,
          width: Math.min(end * TILE_WIDTH, this.width) - x,
          height: Math.min(below * TILE_HEIGHT, this.height) - y,
        })
      }
    }
    return found
  }

  private whole(row: number, from: number, to: number): boolean {
    for (let column = from; column < to; column++) if (!this.marks[row * this.columns + column]) return false
    return true
  }
}
