// What an RFB server shows: something with 32-bit XRGB pixels that says when they may have changed.
// Runs in: anything.

export interface PixelSource {
  readonly width: number
  readonly height: number
  /**
   * Before the size is read for a fetch: takes in what has been drawn and not been told. A source that tells everything at once has none.
   */
  look?(): void
  /**
   * Brings `pixels` (width × height, what this gave last time) up to date, and sets changedRows[y] to 1 for each row in which it
   * changed something. Called only when a viewer wants a frame, so a source that nobody looks at costs nothing.
   */
  fetch(pixels: Uint32Array, changedRows: Uint8Array): void
  /**
   * The listener is told when a fetch may bring something new, or the size has changed, and answers for how many milliseconds it need not
   * be told again: it will have looked by then. One listener; a later one replaces it.
   */
  onChange(listener: () => number): void
  /** Whether any viewer is there: a source that must look for changes itself need not while nobody is. */
  watched(on: boolean): void
}
