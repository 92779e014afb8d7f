// The end of a text console as plain lines, for a picture of it: what terminals do with escape sequences is left out, what a line
// was overwritten with stands. Invariant: hostile input: a guest writes it; the result is short. Runs in: renderer and tests; pure.

const COLUMNS = 100
/** CSI and OSC sequences, and the short ones. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: escape sequences begin with one
const ESCAPES = /\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)?|[ -/]*[0-~])/g
// biome-ignore lint/suspicious/noControlCharactersInRegex: what is not shown
const CONTROLS = /[\x00-\x08\x0b-\x1f\x7f]/g

export function lastLines(text: string, count: number): string {
  const lines = text
    .slice(-16_384)
    .replace(ESCAPES, '')
    .split('\n')
    .map((line) => {
      const shown = line.replace(/\r+$/, '')
      return shown
        .slice(shown.lastIndexOf('\r') + 1)
        .replace(CONTROLS, '')
        .trimEnd()
        .slice(0, COLUMNS)
    })
  while (lines.length > 0 && lines.at(-1) === '') lines.pop()
  return lines.slice(-count).join('\n')
}
