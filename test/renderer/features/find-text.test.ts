// Finding words in the text console: in xterm's own buffer, headless, so rows, wraps and wide characters are what a window has.
// Runs in: vitest, plain Node.
import { Terminal } from '@xterm/xterm'
import { describe, expect, it } from 'vitest'
import { type Found, findText, nextFound } from '../../../src-renderer/features/console/find-text'

/** Twenty columns, five rows; the text has gone through the terminal's parser. */
async function screen(text: string): Promise<Terminal> {
  const terminal = new Terminal({ cols: 20, rows: 5, scrollback: 100, logLevel: 'off', allowProposedApi: true })
  await new Promise<void>((done) => terminal.write(text, done))
  return terminal
}
const find = async (text: string, words: string) => findText((await screen(text)).buffer.active, words)

describe('text in the console', () => {
  it('is found in rows that have left the screen, whatever its case, in order', async () => {
    const lines = Array.from({ length: 40 }, (_, line) => `line ${line}`).join('\r\n')
    expect(await find(lines, 'LINE 3')).toEqual(
      [3, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39].map((row) => ({ row, column: 0, width: 6 })),
    )
    expect(await find(lines, '')).toEqual([])
    expect(await find(lines, 'line 40')).toEqual([])
  })

  it('is found across the end of a row the terminal broke, and not across two lines', async () => {
    expect(await find(`${'x'.repeat(17)}needle in it`, 'needle')).toEqual([{ row: 0, column: 17, width: 6 }])
    expect(await find(`${'x'.repeat(25)}needle`, 'needle')).toEqual([{ row: 1, column: 5, width: 6 }])
    expect(await find('nee\r\ndle', 'needle')).toEqual([])
  })

  it('counts cells, of which wide characters take two and joined ones one', async () => {
    expect(await find('日本 log 日本', 'log')).toEqual([{ row: 0, column: 5, width: 3 }])
    expect(await find('日本 log', '本')).toEqual([{ row: 0, column: 2, width: 2 }])
    expect(await find('e\u0301 log', 'log')).toEqual([{ row: 0, column: 2, width: 3 }])
  })

  it('is no pattern', async () => {
    expect(await find('a+b (c) [d]', '(c)')).toEqual([{ row: 0, column: 4, width: 3 }])
    expect(await find('aab', 'a+b')).toEqual([])
  })
})

describe('the next place', () => {
  const found: Found[] = [1, 5, 9].map((row) => ({ row, column: 2, width: 1 }))
  it('is the newest first, then older ones, and around', () => {
    expect(nextFound(found, null, true)).toBe(2)
    expect(nextFound(found, { row: 9, column: 2 }, true)).toBe(1)
    expect(nextFound(found, { row: 1, column: 2 }, true)).toBe(2)
    expect(nextFound(found, { row: 9, column: 2 }, false)).toBe(0)
    expect(nextFound(found, { row: 4, column: 0 }, false)).toBe(1)
  })
  it('is none where nothing was found', () => {
    for (const from of [null, { row: 1, column: 0 }])
      for (const back of [true, false]) expect(nextFound([], from, back)).toBe(-1)
  })
})
