// How much memory a domain may have, and the map the guest sees.
import { describe, expect, it } from 'vitest'
import { checkMemory, GUEST_PLACE, MEMORY_MAP_TYPE, memoryMap } from '../../../src-engine/builder/memory-map'
import { ramBase } from '../../../src-engine/isa/state-layout'

const MIB = 1024 * 1024
const most = (4096 * MIB - ramBase(1)) / MIB

describe('the amount of memory', () => {
  const rows: [asked: number, expected: true | RegExp][] = [
    [4, true],
    [128, true],
    [most, true],
    [0, /too little.*at least 4 MiB/],
    [3, /too little/],
    [-1, /too little/],
    [Number.NaN, /too little/],
    [100.5, /whole number/],
    [most + 1, new RegExp(`beyond the limit of ${most} MiB \\(4096 MiB less ${4096 - most} MiB of engine state\\)`)],
    [1e9, /beyond the limit/],
  ]
  for (const [asked, expected] of rows) {
    it(`of ${asked} MiB is ${expected === true ? 'accepted' : `refused: ${expected.source}`}`, () => {
      const checked = checkMemory(asked, ramBase(1))
      if (expected === true) expect(checked).toEqual({ ok: true, value: asked * MIB })
      else expect(checked.ok ? '' : checked.error.message).toMatch(expected)
    })
  }
})

describe('the memory map', () => {
  it('has one RAM range, and nothing else in it overlaps', () => {
    for (const ram of [64 * MIB, most * MIB]) {
      const map = [...memoryMap(ram, 4096)].sort((a, b) => a.address - b.address)
      expect(map.filter((entry) => entry.type === MEMORY_MAP_TYPE.RAM)).toEqual([{ address: 0, size: ram, type: 1 }])
      for (let index = 1; index < map.length; index++) {
        const before = map[index - 1]
        expect((before?.address ?? 0) + (before?.size ?? 0)).toBeLessThanOrEqual(map[index]?.address ?? 0)
      }
    }
  })

  it('reserves the XenStore and console pages', () => {
    const map = memoryMap(64 * MIB, 4096)
    for (const gfn of [GUEST_PLACE.STORE_GFN, GUEST_PLACE.CONSOLE_GFN]) {
      const entry = map.find(({ address, size }) => address <= gfn * 4096 && gfn * 4096 < address + size)
      expect(entry?.type).toBe(MEMORY_MAP_TYPE.RESERVED)
    }
  })
})
