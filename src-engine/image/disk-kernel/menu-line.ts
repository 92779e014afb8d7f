// A line of a boot menu as extlinux and the Boot Loader Specification have them: a word, and what follows it.
// Invariant: read in one pass. An expression that finds the end of a value by trying would look at a line of blanks as often as it has
// blanks, and a disk is hostile. Runs in: the image process.

export interface MenuLine {
  /** Empty: so is the line. */
  readonly key: string
  readonly value: string
}

export function menuLine(line: string): MenuLine {
  const text = line.trim()
  const end = text.search(/\s/)
  return end < 0 ? { key: text, value: '' } : { key: text.slice(0, end), value: text.slice(end).trim() }
}
