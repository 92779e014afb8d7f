// Compares two states field by field, for a message that names what differs.
// Runs in: vitest.
import { STATE } from './native'

/** Differences of two states as text; empty when they agree. */
export function differences(expected: Uint8Array, actual: Uint8Array): string {
  const hex = (bytes: Uint8Array): string => Buffer.from(bytes).reverse().toString('hex')
  const found: string[] = []
  const compare = (name: string, at: number, length: number): void => {
    const a = expected.subarray(at, at + length)
    const b = actual.subarray(at, at + length)
    if (Buffer.compare(a, b) !== 0) found.push(`${name}: host ${hex(a)} ours ${hex(b)}`)
  }
  compare('FCW', 0, 2)
  compare('FSW', 2, 2)
  compare('FTW', 4, 1)
  compare('MXCSR', 24, 4)
  for (let i = 0; i < 8; i++) compare(`ST${i}`, 32 + 16 * i, 10)
  for (let i = 0; i < 16; i++) compare(`XMM${i}`, 160 + 16 * i, 16)
  compare('RAX', STATE.RAX, 8)
  compare('RCX', STATE.RCX, 8)
  compare('RDX', STATE.RDX, 8)
  compare('RFLAGS', STATE.RFLAGS, 2)
  for (let i = 0; i < 128; i += 16) compare(`memory ${i}`, STATE.MEMORY + i, 16)
  return found.join('; ')
}
