// The console stream at the window's end: input in pieces, output once, acknowledged when drawn, garbage refused.

import { MessageChannel } from 'node:worker_threads'
import { describe, expect, it } from 'vitest'
import { CONSOLE_INPUT_LIMIT } from '../../../src-main/public/stream'
import { cutInput } from '../../../src-renderer/client/console-stream'

function text(parts: readonly Uint8Array[]): readonly string[] {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  return parts.map((part) => decoder.decode(part))
}

describe('typed and pasted text', () => {
  it('goes in pieces within the limit and arrives whole', () => {
    const long = 'x'.repeat(CONSOLE_INPUT_LIMIT * 2 + 5)
    const parts = cutInput(long)
    expect(parts.map(({ length }) => length)).toEqual([CONSOLE_INPUT_LIMIT, CONSOLE_INPUT_LIMIT, 5])
    expect(text(parts).join('')).toBe(long)
  })

  it.each(['é', '€', '😀'])('is never cut inside a character (%s)', (character) => {
    for (let limit = 4; limit < 12; limit += 1)
      expect(text(cutInput(`ab${character.repeat(9)}c`, limit)).join('')).toBe(`ab${character.repeat(9)}c`)
  })

  it('of no length sends nothing', () => {
    expect(cutInput('')).toEqual([])
  })

  it('survives a port as it is', async () => {
    const { port1, port2 } = new MessageChannel()
    const arrived = new Promise((resolve) => port2.once('message', resolve))
    port1.postMessage(cutInput('hé')[0])
    expect(await arrived).toEqual(new TextEncoder().encode('hé'))
    port1.close()
  })
})
