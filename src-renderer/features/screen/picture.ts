// The picture of a guest's screen, in place of noVNC's display (core/display.js): pixels are put together in the page's own memory, and
// an update is given to the canvas once, as the smallest rectangle around what it changed. noVNC's draws on a second canvas, which the
// browser copies whole when a part is moved within it and again when it is drawn on the one that is seen. Ours is an offscreen one: it has a
// surface of its own, so that where there is no graphics card the page's raster threads do not draw each frame once more.
// Invariant: after `flip` the canvas shows `words`; nothing is ever written outside of them. Runs in: domain window.

/** What of a drawing context is needed. */
export interface PictureContext {
  putImageData(image: ImageData, x: number, y: number, left: number, top: number, width: number, height: number): void
}

/** What is drawn on, and the element that shows it. */
export interface PictureCanvas {
  width: number
  height: number
}
export interface PictureElement {
  readonly style: { width: string; height: string }
}

/** A pixel in the byte order red, green, blue, opacity, as a number of this computer. */
const pixelOf = (red: number, green: number, blue: number): number =>
  new Uint32Array(Uint8Array.of(red, green, blue, 255).buffer)[0] ?? 0

export class Picture {
  width = 0
  height = 0
  /** The pixels, row by row. */
  words = new Uint32Array(0)
  /** noVNC asks for it: what is larger than its box is scaled here and never cut. */
  clipViewport = false
  private image: ImageData | undefined
  private ratio = 1
  private left = 0
  private top = 0
  private right = 0
  private bottom = 0

  constructor(
    private readonly element: PictureElement,
    private readonly canvas: PictureCanvas,
    private readonly context: PictureContext,
  ) {}

  /** Black until it is drawn: with a new size our server sends everything. */
  resize(width: number, height: number): void {
    if (width === this.width && height === this.height) return
    this.width = width
    this.height = height
    const image = new ImageData(Math.max(1, width), Math.max(1, height))
    this.image = image
    this.words = new Uint32Array(image.data.buffer, 0, width * height)
    this.words.fill(pixelOf(0, 0, 0))
    this.canvas.width = width
    this.canvas.height = height
    this.forget()
    this.touch(0, 0, width, height)
    this.scale = this.ratio
    this.flip()
  }

  /** Says that a part is about to be written; throws where it is none of the picture. */
  touch(x: number, y: number, width: number, height: number): void {
    if (x + width > this.width || y + height > this.height) throw new RangeError('a rectangle beyond the screen')
    this.left = Math.min(this.left, x)
    this.top = Math.min(this.top, y)
    this.right = Math.max(this.right, x + width)
    this.bottom = Math.max(this.bottom, y + height)
  }

  // --- what decoders do ---

  blitImage(x: number, y: number, width: number, height: number, bytes: Uint8Array, offset: number): void {
    this.touch(x, y, width, height)
    const from = bytes.byteOffset + offset
    const given = new Uint32Array(
      from % 4 === 0 ? bytes.buffer : bytes.slice(offset).buffer,
      from % 4 === 0 ? from : 0,
      width * height,
    )
    for (let line = 0; line < height; line++) {
      this.words.set(given.subarray(line * width, (line + 1) * width), (y + line) * this.width + x)
    }
  }

  fillRect(x: number, y: number, width: number, height: number, [red = 0, green = 0, blue = 0]: readonly number[]): void {
    this.touch(x, y, width, height)
    const pixel = pixelOf(red, green, blue)
    for (let line = y; line < y + height; line++) {
      this.words.fill(pixel, line * this.width + x, line * this.width + x + width)
    }
  }

  /** The two may overlap. */
  copyImage(oldX: number, oldY: number, x: number, y: number, width: number, height: number): void {
    if (oldX + width > this.width || oldY + height > this.height) throw new RangeError('a copy from beyond the screen')
    this.touch(x, y, width, height)
    for (let i = 0; i < height; i++) {
      const line = oldY < y ? height - 1 - i : i
      const from = (oldY + line) * this.width + oldX
      this.words.copyWithin((y + line) * this.width + x, from, from + width)
    }
  }

  // --- what noVNC does ---

  /** An update is complete: shows it. */
  flip(): void {
    const { image, left, top, right, bottom } = this
    if (image && left < right && top < bottom) this.context.putImageData(image, 0, 0, left, top, right - left, bottom - top)
    this.forget()
  }

  /** Nothing waits: each rectangle is in the picture when its decoder is done. */
  pending(): boolean {
    return false
  }

  set scale(ratio: number) {
    this.ratio = ratio
    this.element.style.width = `${ratio * this.width}px`
    this.element.style.height = `${ratio * this.height}px`
  }

  /** As large as goes into a box. */
  autoscale(width: number, height: number): void {
    this.scale = this.width > 0 && this.height > 0 ? Math.min(width / this.width, height / this.height) : 1
  }

  /** From a place on the canvas, in CSS pixels, to the guest's pixel. */
  absX(x: number): number {
    return this.ratio === 0 ? 0 : Math.trunc(x / this.ratio)
  }

  absY(y: number): number {
    return this.ratio === 0 ? 0 : Math.trunc(y / this.ratio)
  }

  private forget(): void {
    this.left = this.width
    this.top = this.height
    this.right = 0
    this.bottom = 0
  }
}
