// ELF kernels of both widths with notes of both widths, and every way a file can be wrong.
import { describe, expect, it } from 'vitest'
import { readElf } from '../../../src-engine/builder/elf'
import { makeElf, NOTE_PHYS32_ENTRY, number } from '../../support/elf-image'

const segment = { address: 0x10_0000, content: new Uint8Array(100).fill(0x90), memorySize: 5000 }

describe('an ELF kernel', () => {
  for (const bits of [32, 64] as const) {
    for (const width of [4, 8] as const) {
      for (const notesInSection of [false, true]) {
        it(`of ${bits} bits with a ${width}-byte note in a ${notesInSection ? 'section' : 'segment'} tells its entry`, () => {
          const notes = [
            { type: NOTE_PHYS32_ENTRY, value: number(0xbad, 4), owner: 'GNU' },
            { type: 6, value: Buffer.from('linux\0') },
            { type: NOTE_PHYS32_ENTRY, value: number(0x10_0850, width) },
          ]
          const elf = readElf(makeElf({ bits, segments: [segment], notes, notesInSection }))
          expect(elf.ok && elf.value.bits).toBe(bits)
          expect(elf.ok && elf.value.notes.get('PHYS32_ENTRY')).toBe(0x10_0850n)
          expect(elf.ok && elf.value.notes.get('GUEST_OS')).toBe('linux')
          expect(elf.ok && elf.value.segments).toMatchObject([{ address: 0x10_0000, fileSize: 100, memorySize: 5000 }])
        })
      }
    }
  }

  it('cut off anywhere is an error or, past what it loads, the same kernel', () => {
    const file = makeElf({ bits: 64, segments: [segment], notes: [{ type: NOTE_PHYS32_ENTRY, value: number(0x10_0000, 8) }] })
    for (let length = 4; length < file.length - 16; length++) {
      expect(readElf(file.subarray(0, length)).ok, `${length} bytes`).toBe(false)
    }
  })

  it('with any byte changed is read or refused without an exception', () => {
    for (const bits of [32, 64] as const) {
      const file = makeElf({ bits, segments: [segment], notes: [{ type: NOTE_PHYS32_ENTRY, value: number(0x10_0000, 8) }] })
      for (let at = 4; at < file.length; at++) {
        for (const value of [0, 0x7f, 0xff]) {
          const damaged = Uint8Array.from(file)
          damaged[at] = value
          const elf = readElf(damaged)
          if (!elf.ok) expect(elf.error.message).toMatch(/\.$/)
          else for (const { offset, fileSize } of elf.value.segments) expect(offset + fileSize).toBeLessThanOrEqual(file.length)
        }
      }
    }
  })

  it('for another machine is refused', () => {
    const elf = readElf(makeElf({ bits: 64, segments: [segment], machine: 183 }))
    expect(elf).toMatchObject({ ok: false, error: { kind: 'KERNEL_UNSUPPORTED' } })
  })

  it('with nothing to load is refused', () => {
    const elf = readElf(makeElf({ bits: 64, segments: [] }))
    expect(elf).toMatchObject({ ok: false, error: { kind: 'KERNEL_INVALID' } })
  })
})
