// The end of a console as a picture has it. Runs in: vitest, plain Node.

import { describe, expect, it } from 'vitest'
import { lastLines } from '../../../src-renderer/features/thumbnail/last-lines'

describe('the end of a text console', () => {
  it('is its last lines, without escape sequences and what was overwritten', () => {
    const text = 'old\r\n\u001b[1;32mgreen\u001b[0m\r\n10%\r20%\r30%\r\n\u001b]0;title\u0007prompt# \u001b[K\r\n\r\n'
    expect(lastLines(text, 3)).toBe('green\n30%\nprompt#')
    expect(lastLines('', 3)).toBe('')
  })

  it('is short whatever a guest writes', () => {
    expect(lastLines('x'.repeat(1 << 20), 3).length).toBe(100)
    expect(lastLines('\u001b['.repeat(1 << 16), 3).length).toBeLessThan(400)
    expect(lastLines(`${'\n'.repeat(1 << 16)}end`, 3)).toBe('\n\nend')
  })
})
