// A byte ring wherever its page is: a guest of more than 2 GiB has pages whose addresses are no signed 32-bit numbers.
import { expect, it } from 'vitest'
import { BROKEN, ByteRing } from '../../../src-engine/ring/byte-ring'

const SIZE = 16

it.each([4096, 2 ** 31 + 4096])('carries bytes and finds wrong indexes at address %i', (page) => {
  const memory = new SharedArrayBuffer(page + 4096)
  const ring = new ByteRing({ memory, page, data: 0, size: SIZE, consumer: 64, producer: 68 })
  const into = new Uint8Array(SIZE)
  expect(ring.put(Uint8Array.of(1, 2, 3), 0)).toBe(3)
  expect(ring.waiting()).toBe(3)
  expect([ring.take(into, 0, 8), ...into.subarray(0, 3)]).toEqual([3, 1, 2, 3])
  new DataView(memory).setUint32(page + 68, 3 + SIZE + 1, true)
  expect([ring.waiting(), ring.take(into, 0, 8), ring.put(into, 0)]).toEqual([BROKEN, BROKEN, BROKEN])
})
