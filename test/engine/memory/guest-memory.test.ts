// Guest physical memory through the p2m. Runs in: vitest.
import { describe, expect, it } from 'vitest'
import { fakeDomain, RAM_MIB } from '../../support/fake-domain'

describe('guest memory', () => {
  it('copies across pages by guest physical address, and refuses what is not there', () => {
    const { memory } = fakeDomain()
    const bytes = Uint8Array.from({ length: 5000 }, (_, i) => i)
    expect(memory.writePhysical(0x3f00, bytes)).toBe(true)
    expect(memory.readPhysical(0x3f00, 5000)).toEqual(bytes)
    const end = RAM_MIB * 1024 * 1024
    expect(memory.writePhysical(end - 2, Uint8Array.of(1, 2, 3))).toBe(false)
    expect(memory.readPhysical(end - 2, 3)).toBeUndefined()
    expect(memory.readPhysical(0x2_0000_0000_0000, 1)).toBeUndefined()
  })

  it('follows the p2m, not the address', () => {
    const { memory, domain } = fakeDomain()
    memory.writePhysical(0x5000, Uint8Array.of(7))
    domain.p2m.move(5, 0x20000)
    expect(memory.readPhysical(0x5000, 1)).toBeUndefined()
    expect(memory.readPhysical(0x2000_0000, 1)).toEqual(Uint8Array.of(7))
  })

  it('marks every page it writes dirty', () => {
    const { memory } = fakeDomain()
    const flags = (gpa: number): number => memory.u8[memory.geometry.pageFlagsBase + (memory.addressOf(gpa) >>> 12)] ?? 0
    memory.writePhysical(0x6ffe, Uint8Array.of(1, 2, 3))
    expect([flags(0x5000), flags(0x6000), flags(0x7000), flags(0x8000)]).toEqual([0, 2, 2, 0])
  })

  it('refuses to write a read-only page', () => {
    const { memory } = fakeDomain()
    memory.setP2mEntry(9, memory.p2mEntry(9) | memory.geometry.p2mReadOnly)
    expect(memory.writePhysical(0x9000, Uint8Array.of(1))).toBe(false)
  })
})
